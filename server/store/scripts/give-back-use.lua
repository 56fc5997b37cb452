-- Gives back a use that take-use.lua took.
-- KEYS[1] the instant at which the limit is full again, Unix microseconds; missing when it is full
-- ARGV[1] how long a use takes to refill, microseconds
-- Returns nothing
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1]) or 0) - ARGV[1]
if full > now then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
else
  redis.call('DEL', KEYS[1])
end
