-- Reads the oldest entries of an outbox, in order: as many as ARGV[1] says and as fit into ARGV[2] bytes, but at least
-- one where there is one.
--
-- KEYS[1] outbox
-- Returns {entries as XRANGE has them, 1 where more are left, else 0}

local entries, bytes, from = {}, 0, '-'
local most, budget = tonumber(ARGV[1]), tonumber(ARGV[2])
while true do
  -- One at a time: an entry may be half a megabyte, and nothing tells how large the next one is.
  local entry = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
  if not entry then
    return {entries, 0}
  end
  for _, field in ipairs(entry[2]) do
    bytes = bytes + #field
  end
  if #entries > 0 and (#entries == most or bytes > budget) then
    return {entries, 1}
  end
  entries[#entries + 1] = entry
  from = '(' .. entry[1]
end
