-- Publishes a message and stores the idempotency record of the command that sent it, both or neither, so that a
-- repetition of the command is recognised.
--
-- KEYS[1] session  KEYS[2] idempotency record of the command (the session again if there is none)
-- ARGV[1] epoch of the session as it was read  ARGV[2] version that it must have, '' for any
-- ARGV[3] the record, '' for none  ARGV[4] how long to keep it, ms  ARGV[5] channel  ARGV[6] the message
-- Returns 1; 0 without publishing if the session has changed or the command was used before

-- If Redis has no such session, it came from the trail, where nothing can have changed.
local version, epoch, kind = string.match(redis.call('GETRANGE', KEYS[1], 0, 99), '^(%S+) (%S+) %S+ (%S+)')
if epoch and (epoch ~= ARGV[1] or kind == 'session_deleted' or (ARGV[2] ~= '' and version ~= ARGV[2])) then
  return 0
end
if ARGV[3] ~= '' and not redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[4]) then
  return 0
end
redis.call('SPUBLISH', ARGV[5], ARGV[6])
return 1
