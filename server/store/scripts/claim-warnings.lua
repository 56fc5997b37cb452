-- Claims warnings of a clock that still runs, and writes when its session is due next.
--
-- KEYS[1] session  KEYS[2] due set
-- ARGV[1] version and ARGV[2] epoch of the session as it was read  ARGV[3] session id
-- ARGV[4] when the session is due next, Unix ms; '' for never
-- ARGV[5…] thresholds to claim
-- Returns the thresholds that nobody had claimed before; false if the session has another version by now or is gone
local stored = redis.call('GET', KEYS[1])
local facts = stored and string.match(stored, '^[^\n]+')
if not facts then
  redis.call('ZREM', KEYS[2], ARGV[3])
  return false
end
local version, epoch, before, armed, tokens = string.match(facts, '^(%S+) (%S+) (.+) (%S+) (%S+)$')
if version ~= ARGV[1] or epoch ~= ARGV[2] then
  return false
end
local claimed = {}
armed = ',' .. (armed == '-' and '' or armed) .. ','
for i = 5, #ARGV do
  local at, stop = string.find(armed, ',' .. ARGV[i] .. ',', 1, true)
  if at then
    table.insert(claimed, ARGV[i])
    armed = string.sub(armed, 1, at) .. string.sub(armed, stop + 1)
  end
end
if #claimed > 0 then
  armed = string.match(armed, '^,*(.-),*$')
  local changed = table.concat({version, epoch, before, armed == '' and '-' or armed, tokens}, ' ')
  redis.call('SET', KEYS[1], changed .. string.sub(stored, #facts + 1), 'KEEPTTL')
end
if ARGV[4] == '' then
  redis.call('ZREM', KEYS[2], ARGV[3])
else
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
end
return claimed
