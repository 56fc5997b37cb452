-- Takes a place for a session that an owner is about to create. All creates of one id share a place. Each has a claim
-- of its own, so that giving one back never frees a place that another create needs.
--
-- KEYS[1] the owner's claims: sorted set of '<session id>/<token>' by the instant at which they were made, Unix ms
-- ARGV[1] session id  ARGV[2] token of this claim  ARGV[3] now, Unix ms  ARGV[4] how many places there are
-- ARGV[5] how long claims are kept after the newest, s  ARGV[6…] claims that hold no place any more
-- Returns 1 if the place was taken; else all claims, each followed by its instant

for i = 6, #ARGV do
  redis.call('ZREM', KEYS[1], ARGV[i])
end
local places = tonumber(ARGV[4])
-- An owner never has more sessions than claims, so fewer claims than places need no count of sessions.
if redis.call('ZCARD', KEYS[1]) >= places then
  local held, count = {}, 0
  for _, claim in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local session = string.match(claim, '^[^/]*')
    if not held[session] then
      held[session] = true
      count = count + 1
    end
  end
  if count >= places and not held[ARGV[1]] then
    return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
  end
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1] .. '/' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
