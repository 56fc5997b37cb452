-- Publishes a message and remembers the command that sent it: both or neither, so that a repetition finds out which.
--
-- KEYS[1] memory of the command; any key of the session where there is none
-- ARGV[1] the memory, '' for none  ARGV[2] how long it stays, ms  ARGV[3] channel  ARGV[4] the message
-- Returns 1, or 0 where the command was used before and nothing is published
if ARGV[1] ~= '' and not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 0
end
redis.call('SPUBLISH', ARGV[3], ARGV[4])
return 1
