-- Commits one decision atomically: the state, its place in the due set, its events and the idempotency record of its
-- command, or nothing.
--
-- KEYS[1] session: facts and state (keys.ts)  KEYS[2] due set  KEYS[3] outbox
-- KEYS[4] idempotency record of the command_id (the session again where there is none)
-- KEYS[5] pieces of the state  KEYS[6] when somebody was last connected
-- KEYS[7…] idempotency records of several commands that are committed together
-- ARGV[1]  version the decision was made on, 0 where no session may exist
-- ARGV[2]  epoch the decision was made on, 0 for a session that is new altogether
-- ARGV[3]  token of this commit, as long as any other: a repetition after a lost reply is recognised by it
-- ARGV[4]  session id
-- ARGV[5]  new version   ARGV[6] new epoch   ARGV[7] new status   ARGV[8] type of the last event
-- ARGV[9]  new state without its pieces, '' deletes the session
-- ARGV[10] lifetime of the session (of the tombstone, when deleted), ms
-- ARGV[11] when the session is due next, Unix ms, '' for never
-- ARGV[12] warning thresholds to arm, comma list; after a '+' they join those that are armed
-- ARGV[13] what to remember under the command_id, '' for nothing   ARGV[14] for how long, ms
-- ARGV[15] earliest instant of this node's clock at which this may be committed, Unix ms   ARGV[16] the latest
-- ARGV[17] hash of the last event   ARGV[18] token of the commit the decision was made on, '' where unknown
-- ARGV[19] how many events   ARGV[20] where the contract's part of the new state begins, behind its brace
-- ARGV[21] '1' where no piece of what is stored stays; '2' where pieces stay, and a conflict is told without the session
-- ARGV[22] how many pieces of the new state
-- ARGV[23] the version before an unbroken run of expiries and when it was made, as codec.ts has it, so that a command
--          which lost against nothing else can tell, and it is known since when nobody played; '-' where the last event
--          is no expiry
-- ARGV[24] what stands behind the state: what is kept to take turns back, with a line's end before it; '' for nothing
-- ARGV[25…] for each of KEYS[7…]: what to remember under it, and for how long, ms
-- ARGV[…]  for each piece that is new: its field, and it (layout.ts)
-- ARGV[…]  for each event: it, and the state after it or a brief of it; '' for the new state
-- ARGV[…]  for each message to other instances: channel, head, and a tail where the new state belongs between the two,
--          else ''
-- Returns {'ok'} | {'clock'} | {'other_run'} | {'behind'}: a conflict without the session | {'conflict', <session>} |
--         {'repeated', <session>, idempotency record of the command_id}
--   where <session> is the facts and the whole state as stored, false where missing; behind the record, or false in its
--   place, what is kept to take turns back, where anything is

-- The pieces of the state as stored; nil where it has none: then it ends with a brace.
local function pieces_of(state)
  if string.sub(state, -1) ~= '[' then
    return nil
  end
  local pieces = {}
  local piece = redis.call('HGET', KEYS[5], 'p0')
  while piece do
    pieces[#pieces + 1] = piece
    piece = redis.call('HGET', KEYS[5], 'p' .. #pieces)
  end
  return pieces
end
-- A state with its pieces in place. Without any it stays open, which nobody takes for a state.
local function joined(state, pieces)
  return pieces and #pieces > 0 and state .. table.concat(pieces, ',') .. ']}' or state
end

-- The state behind the facts, and what is kept behind that, are only read where they are asked for.
local text = redis.call('GETRANGE', KEYS[1], 0, 511)
-- Without a line's end it is no session; to take it for none would be to write over it.
local facts = text ~= '' and string.sub(text, 1, (string.find(text, '\n', 1, true) or 0) - 1)
local function answer(outcome, record)
  if ARGV[21] == '2' then
    return {'behind'}
  end
  if not facts then
    return {outcome, false, false, record}
  end
  local state, kept = string.sub(redis.call('GET', KEYS[1]), #facts + 2), false
  -- A state ends with a brace, or opens its participants: only what stands behind it ends so.
  local line_end = string.sub(state, -1) == ']' and string.find(state, '\n', 1, true)
  if line_end then
    state, kept = string.sub(state, 1, line_end - 1), string.sub(state, line_end + 1)
  end
  return {outcome, facts, state ~= '' and joined(state, pieces_of(state)), record, kept}
end

-- Patterns cost by the character: the tokens, which are longest, are not looked at by one.
local version, epoch, kind, stored_run, armed, tokens
if facts then
  local tokens_at
  version, epoch, kind, stored_run, armed, tokens_at = string.match(facts, '^(%S+) (%S+) %S+ (%S+) (%S+) %S+ %S+ (%S+) ()')
  tokens = string.sub(facts, tokens_at)
end
local live = facts and kind ~= 'session_deleted'
-- Others may have committed since.
if facts and string.find(tokens, ARGV[3], 1, true) then
  return {'ok'}
end
if ARGV[13] ~= '' then
  local record = redis.call('GET', KEYS[4])
  if record then
    return answer('repeated', record)
  end
end
-- Which of several commands was applied before, each finds out alone.
for i = 7, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    return answer('conflict', false)
  end
end
if (live and version or '0') ~= ARGV[1] or (live and (epoch ~= ARGV[2] or string.sub(tokens, 1, #ARGV[18]) ~= ARGV[18])) then
  return answer('conflict', false)
end
-- Whoever deleted the pieces left nothing that the new ones would belong to.
if string.sub(ARGV[9], -1) == '[' and ARGV[21] ~= '1' and redis.call('EXISTS', KEYS[5]) == 0 then
  return answer('conflict', false)
end
-- An id that was deleted and comes back must not repeat an epoch, else its versions would mean two things; and what
-- follows a session of the trail (no version here, but an epoch) must not bring back one that was deleted meanwhile.
if facts and not live and (ARGV[2] ~= '0' or tonumber(epoch) >= tonumber(ARGV[6])) then
  return {'conflict', facts, false}
end
-- The id of this server's unbroken history of writes: another one after each restart and each promotion of a replica.
-- Commits that the session was seen with under another one may be lost here, so its version numbers must not be given
-- out again under the same epoch.
local replication = redis.call('INFO', 'replication')
local _, name_end = string.find(replication, 'master_replid:', 1, true)
local run = string.sub(replication, name_end + 1, name_end + 16)
if live and stored_run ~= '-' and stored_run ~= run and epoch == ARGV[6] then
  return {'other_run'}
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now < tonumber(ARGV[15]) or now > tonumber(ARGV[16]) then
  return {'clock'}
end

local warnings = ARGV[12]
if string.sub(warnings, 1, 1) == '+' then
  local added = string.sub(warnings, 2)
  warnings = armed and armed ~= '-' and armed or ''
  for threshold in string.gmatch(added, '%-?%d+') do
    if not string.find(',' .. warnings .. ',', ',' .. threshold .. ',', 1, true) then
      warnings = warnings == '' and threshold or warnings .. ',' .. threshold
    end
  end
end
-- Tokens: this one and the seven before it.
tokens = ARGV[3] .. string.sub(tokens or '', 1, 7 * #ARGV[3])
facts = table.concat({ARGV[5], ARGV[6], ARGV[7], ARGV[8], run, ARGV[17] == '' and '-' or ARGV[17], ARGV[23], warnings == '' and '-' or warnings, tokens}, ' ')
-- Redis lets a script that has written go on, even out of memory: the first write must be one that it refuses then.
redis.call('SET', KEYS[1], facts .. '\n' .. ARGV[9] .. ARGV[24], 'PX', ARGV[10])
if ARGV[21] == '1' then
  redis.call('DEL', KEYS[5])
end
local first_piece = 25 + 2 * (#KEYS - 6)
local first_event = first_piece + 2 * ARGV[22]
if first_event > first_piece then
  redis.call('HSET', KEYS[5], unpack(ARGV, first_piece, first_event - 1))
end
if string.sub(ARGV[9], -1) == '[' then
  -- Not before the session.
  redis.call('PEXPIRE', KEYS[5], ARGV[10] + 1000)
end
-- Only asked for while it runs on after commands.
if ARGV[7] ~= 'running' or ARGV[9] == '' then
  redis.call('DEL', KEYS[6])
end
if ARGV[11] == '' then
  redis.call('ZREM', KEYS[2], ARGV[4])
else
  redis.call('ZADD', KEYS[2], ARGV[11], ARGV[4])
end
-- The pieces of the new state are only read where it goes somewhere else, since they may be half a megabyte.
local new_pieces
local function pieces_of_new()
  new_pieces = new_pieces or pieces_of(ARGV[9]) or {}
  return new_pieces
end
local messages = first_event + 2 * ARGV[19]
for i = first_event, messages - 1, 2 do
  if ARGV[i + 1] == '' then
    -- A large state stays in its pieces here: to join them would cost more than everything else.
    local piece_fields = {}
    for n, piece in ipairs(pieces_of_new()) do
      piece_fields[2 * n - 1] = 'piece'
      piece_fields[2 * n] = piece
    end
    redis.call('XADD', KEYS[3], '*', 'event', ARGV[i], 'state', ARGV[9], unpack(piece_fields))
  else
    redis.call('XADD', KEYS[3], '*', 'event', ARGV[i], 'state', ARGV[i + 1])
  end
end
if ARGV[13] ~= '' then
  redis.call('SET', KEYS[4], ARGV[13], 'PX', ARGV[14])
end
for i = 7, #KEYS do
  redis.call('SET', KEYS[i], ARGV[11 + 2 * i], 'PX', ARGV[12 + 2 * i])
end
-- Here nothing can come between a commit and its being told. The channels share the hash tag of the keys.
for i = messages, #ARGV, 3 do
  local tail = ARGV[i + 2]
  redis.call('SPUBLISH', ARGV[i], tail == '' and ARGV[i + 1] or ARGV[i + 1] .. '{' .. string.sub(joined(ARGV[9], pieces_of_new()), ARGV[20]) .. tail)
end
return {'ok'}
