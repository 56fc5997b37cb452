-- Reads the oldest entries of an outbox, in order: at most ARGV[1] of them and about ARGV[2] bytes, but at least one if
-- there is one.
--
-- KEYS[1] outbox
-- Returns {entries in the form of XRANGE, 1 if more entries are left, else 0}

local entries, bytes, from = {}, 0, '-'
local most, budget = tonumber(ARGV[1]), tonumber(ARGV[2])
while true do
  -- One at a time: an entry may have half a megabyte, and its size is known only after reading it.
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
