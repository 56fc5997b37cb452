-- KEYS[1] outbox
-- Returns its oldest event without the state, which may be large; false if the outbox is empty

local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
return entry and entry[2][2]
