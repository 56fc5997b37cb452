-- KEYS[1] outbox
-- Returns its oldest event without the state beside it, which may be large; false where it is empty

local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
return entry and entry[2][2]
