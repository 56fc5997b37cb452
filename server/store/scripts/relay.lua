-- Publishes a message and remembers the command that sent it: both or neither, so that a repetition finds out which.
--
-- KEYS[1] session  KEYS[2] idempotency record of the command (the session again where there is none)
-- ARGV[1] epoch that was looked at  ARGV[2] version that it must have, '' for any
-- ARGV[3] what to remember, '' for nothing  ARGV[4] for how long, ms  ARGV[5] channel  ARGV[6] the message
-- Returns 1, or 0, and nothing is published, where the session has moved on or the command was used before

-- Without a text the trail alone knows the session: there is nothing that could have moved on.
local version, epoch, kind = string.match(redis.call('GETRANGE', KEYS[1], 0, 99), '^(%S+) (%S+) %S+ (%S+)')
if epoch and (epoch ~= ARGV[1] or kind == 'session_deleted' or (ARGV[2] ~= '' and version ~= ARGV[2])) then
  return 0
end
if ARGV[3] ~= '' and not redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[4]) then
  return 0
end
redis.call('SPUBLISH', ARGV[5], ARGV[6])
return 1
