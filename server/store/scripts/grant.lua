-- Adds a share link to those of its session, after taking out the ones that have expired.
--
-- KEYS[1] links of the session
-- ARGV[1] id of the link  ARGV[2] the link as JSON  ARGV[3] when it expires, Unix ms
-- ARGV[4] how many there may be of its session
-- ARGV[5] when that session was created, as its links have it: those of other sessions that have had the id don't count
-- Returns 1, or 0 where there are as many as there may be
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local links = redis.call('HGETALL', KEYS[1])
local latest, count = tonumber(ARGV[3]), 0
for i = 1, #links, 2 do
  local link = cjson.decode(links[i + 1])
  local expires = link.expires
  if expires <= now then
    redis.call('HDEL', KEYS[1], links[i])
  else
    count = count + (link.created_at == ARGV[5] and 1 or 0)
    latest = math.max(latest, expires)
  end
end
if count >= tonumber(ARGV[4]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', latest))
return 1
