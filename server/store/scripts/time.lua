-- The clock of the node that has a key. On a cluster, TIME itself would be answered by any node.
-- KEYS[1] key
-- Returns seconds and microseconds, as TIME does
return redis.call('TIME')
