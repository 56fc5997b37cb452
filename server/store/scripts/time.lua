-- Reads the clock of the node that has a key. In a cluster any node may answer a plain TIME, which has no key.
-- KEYS[1] key
-- Returns seconds and microseconds, as TIME does
return redis.call('TIME')
