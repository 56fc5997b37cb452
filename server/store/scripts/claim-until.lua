-- Claims the warnings of a concurrent session up to an instant, and writes when its session is due next.
--
-- KEYS[1] session  KEYS[2] due set
-- ARGV[1] version and ARGV[2] epoch of the session as it was read  ARGV[3] session id
-- ARGV[4] when the session is due next, Unix ms; '' for never
-- ARGV[5] until when warnings were claimed as the session was read, Unix ms; '' where none were
-- ARGV[6] until when they are claimed now
-- Returns 1 if they are claimed; false if somebody else has claimed some, or the session has another version or is gone
local stored = redis.call('GET', KEYS[1])
local facts = stored and string.match(stored, '^[^\n]+')
if not facts then
  redis.call('ZREM', KEYS[2], ARGV[3])
  return false
end
local version, epoch, before, claimed, tokens = string.match(facts, '^(%S+) (%S+) (.+) (%S+) (%S+)$')
if version ~= ARGV[1] or epoch ~= ARGV[2] then
  return false
end
-- A commit may have added one that it knew from before.
local newest = nil
for instant in string.gmatch(claimed, '%d+') do
  if not newest or tonumber(instant) > newest then
    newest = tonumber(instant)
  end
end
if newest ~= tonumber(ARGV[5]) then
  return false
end
local changed = table.concat({version, epoch, before, ARGV[6], tokens}, ' ')
redis.call('SET', KEYS[1], changed .. string.sub(stored, #facts + 1), 'KEEPTTL')
if ARGV[4] == '' then
  redis.call('ZREM', KEYS[2], ARGV[3])
else
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
end
return 1
