-- Marks that an instance is alive, and records a gap since the last mark as an outage, once.
-- KEYS[1] last mark  KEYS[2] outages  ARGV[1] shortest gap that counts, ms  ARGV[2] how many outages to keep
-- Returns the outages, oldest first, each as 'from-to' in Unix ms
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[1]))
if last and now - last > tonumber(ARGV[1]) then
  redis.call('RPUSH', KEYS[2], string.format('%.0f-%.0f', last, now))
  redis.call('LTRIM', KEYS[2], -tonumber(ARGV[2]), -1)
end
if not last or now > last then
  redis.call('SET', KEYS[1], string.format('%.0f', now))
end
return redis.call('LRANGE', KEYS[2], 0, -1)
