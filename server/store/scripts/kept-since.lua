-- Returns since when this server has kept idle sessions for a given time, without a break. A restart, a promotion, a
-- flush and another time are breaks.
-- KEYS[1] note of it  ARGV[1] how long an idle session is kept, ms  ARGV[2] now, Unix ms by the one clock
-- Returns the instant, Unix ms

-- commit.lua tells what a run is.
local run = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
local kept = run .. ' ' .. ARGV[1] .. ' '
local note = redis.call('GET', KEYS[1])
if note and string.sub(note, 1, #kept) == kept then
  return string.sub(note, #kept + 1)
end
redis.call('SET', KEYS[1], kept .. ARGV[2])
return ARGV[2]
