-- Reads a session whose state is in pieces, and an idempotency record, at one instant.
-- KEYS[1] session  KEYS[2] pieces of its state
-- KEYS[3] idempotency record of the command (the session again if none is asked for)
-- Returns the session's text, the record, and the pieces in order
local found = {redis.call('GET', KEYS[1]), redis.call('GET', KEYS[3])}
repeat
  local piece = redis.call('HGET', KEYS[2], 'p' .. #found - 2)
  found[#found + 1] = piece or nil
until not piece
return found
