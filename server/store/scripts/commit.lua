-- Commits one decision atomically: the state, its deadline, its events and the memory of its command, or nothing.
--
-- KEYS[1] session  KEYS[2] deadlines  KEYS[3] outbox  KEYS[4] memory of the command_id (the session again where there is none)
-- ARGV[1]  version the decision was made on, 0 where no session may exist
-- ARGV[2]  epoch the decision was made on
-- ARGV[3]  token of this commit: a repetition after a lost reply is recognised by it
-- ARGV[4]  instant that was judged, Unix ms
-- ARGV[5]  session id
-- ARGV[6]  new version   ARGV[7] new epoch   ARGV[8] new state, '' deletes the session
-- ARGV[9]  lifetime of the session (of the tombstone, when deleted), ms
-- ARGV[10] deadline, Unix ms, '' for none
-- ARGV[11] what to remember under the command_id, '' for nothing   ARGV[12] for how long, ms
-- ARGV[13] new status   ARGV[14] type of the last event
-- ARGV[15] furthest an instant may be ahead of this clock, ms   ARGV[16] furthest behind, ms
-- ARGV[17…] pairs of event and the state after it; '' for the new state
-- Returns {'ok'} | {'repeated', version|false, epoch|false, state|false, memory of the command_id}
--   | {'conflict', version|false, epoch|false, state|false} | {'clock'}
local stored = redis.call('HMGET', KEYS[1], 'v', 'e', 's', 't')
local version, epoch, state = stored[1], stored[2], stored[3]
if stored[4] == ARGV[3] then
  return {'ok'}
end
if ARGV[11] ~= '' then
  local memory = redis.call('GET', KEYS[4])
  if memory then
    return {'repeated', version, epoch, state, memory}
  end
end
if (state and version or '0') ~= ARGV[1] or (state and epoch ~= ARGV[2]) then
  return {'conflict', version, epoch, state}
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ahead = ARGV[4] - now
if ahead > tonumber(ARGV[15]) or -ahead > tonumber(ARGV[16]) then
  return {'clock'}
end

-- An id that was deleted and comes back must not repeat an epoch, else its versions would mean two things.
if not state and epoch and tonumber(epoch) >= tonumber(ARGV[7]) then
  return {'conflict', version, epoch, false}
end

if ARGV[8] == '' then
  redis.call('HDEL', KEYS[1], 's')
  redis.call('HSET', KEYS[1], 'v', ARGV[6], 'e', ARGV[7], 't', ARGV[3], 'st', ARGV[13], 'k', ARGV[14])
else
  redis.call('HSET', KEYS[1], 'v', ARGV[6], 'e', ARGV[7], 't', ARGV[3], 'st', ARGV[13], 'k', ARGV[14], 's', ARGV[8])
end
redis.call('PEXPIRE', KEYS[1], ARGV[9])
if ARGV[10] == '' then
  redis.call('ZREM', KEYS[2], ARGV[5])
else
  redis.call('ZADD', KEYS[2], ARGV[10], ARGV[5])
end
for i = 17, #ARGV, 2 do
  redis.call('XADD', KEYS[3], '*', 'event', ARGV[i], 'state', ARGV[i + 1] == '' and ARGV[8] or ARGV[i + 1])
end
if ARGV[11] ~= '' then
  redis.call('SET', KEYS[4], ARGV[11], 'PX', ARGV[12])
end
return {'ok'}
