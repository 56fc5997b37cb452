-- Says whether another run of Redis (commit.lua tells what a run is) took a session's last commit. Redis may then have
-- lost commits of that session.
-- KEYS[1] session
-- Returns 1 if so, else 0
local run = string.sub(string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)'), 1, 16)
local stored = string.match(redis.call('GETRANGE', KEYS[1], 0, 511), '^%S+ %S+ %S+ %S+ (%S+)') or '-'
return stored ~= '-' and stored ~= run and 1 or 0
