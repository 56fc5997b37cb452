-- Adds a share link to a session, after removing links that have expired.
--
-- KEYS[1] links of the session id
-- ARGV[1] id of the link  ARGV[2] the link as JSON  ARGV[3] when it expires, Unix ms
-- ARGV[4] most links of one session
-- ARGV[5] created_at of the session, as in its links: links of other sessions that have had the id do not count
-- Returns 1; 0 if the session has as many links as it may have
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
