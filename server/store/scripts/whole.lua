-- Reads a session whose state is in pieces, at one instant.
-- KEYS[1] session  KEYS[2] pieces of its state
-- Returns the session's text and its pieces, in order
local found = {redis.call('GET', KEYS[1])}
repeat
  local piece = redis.call('HGET', KEYS[2], 'p' .. #found - 1)
  found[#found + 1] = piece or nil
until not piece
return found
