-- Says whether Redis has begun another life since a session's last commit (commit.lua tells what a life is), so that
-- versions of it may be lost here.
-- KEYS[1] session
-- Returns 1 if so, else 0
local life = string.sub(string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)'), 1, 16)
local stored = string.match(redis.call('GETRANGE', KEYS[1], 0, 511), '^%S+ %S+ %S+ %S+ (%S+)') or '-'
return stored ~= '-' and stored ~= life and 1 or 0
