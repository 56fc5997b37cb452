-- Takes one use of a limit that refills steadily, if there is one: the generic cell rate algorithm (ITU-T I.371), which
-- is a token bucket in one number.
-- KEYS[1] the instant at which the limit is full again, Unix microseconds; missing when it is full
-- ARGV[1] how long a use takes to refill, microseconds
-- ARGV[2] how many uses a full limit has
-- Returns whether the use was taken (1 or 0), and in how many microseconds the limit is full again
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
local refill = tonumber(ARGV[1])
if full + refill - now > refill * ARGV[2] then return {0, full - now} end
full = full + refill
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {1, full - now}
