import { type CommandName, ERROR_CODES, type ErrorCode } from '#contract';

/** The refusals of every command. */
const ANY: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'PAYLOAD_TOO_LARGE',
  'RATE_LIMIT_EXCEEDED',
  'INTERNAL_ERROR',
  'SERVICE_UNAVAILABLE',
];
const STORED: readonly ErrorCode[] = ['SESSION_NOT_FOUND', 'STATE_DESERIALIZATION_ERROR'];
const READ: readonly ErrorCode[] = [...STORED, 'CONFLICT'];
const WRITE: readonly ErrorCode[] = [...READ, 'IDEMPOTENCY_MISMATCH', 'INVALID_STATE_TRANSITION'];

interface Note {
  summary: string;
  /** The refusals beyond those of every command. */
  refusals: readonly ErrorCode[];
  example: object;
}

const session_id = 'chess-game-123';

/** The summary of each command, its refusals and an example. */
export const notes: Record<CommandName, Note> = {
  'session:create': {
    summary: 'Create a session',
    refusals: ['SESSION_EXISTS', 'PARTICIPANT_NOT_FOUND', 'IDEMPOTENCY_MISMATCH', 'STATE_DESERIALIZATION_ERROR', 'SESSION_NOT_FOUND'],
    example: {
      session_id,
      sync_mode: 'per_participant',
      increment_ms: 2_000,
      participants: [
        { participant_id: 'white', total_time_ms: 300_000 },
        { participant_id: 'black', total_time_ms: 300_000 },
      ],
    },
  },
  'session:join': {
    summary: "Enter a session's room and get its state",
    refusals: READ,
    example: { session_id, last_known_version: 3 },
  },
  'session:leave': { summary: "Leave a session's room", refusals: [], example: { session_id } },
  'session:get': { summary: "Get a session's state", refusals: READ, example: { session_id } },
  'session:start': { summary: 'Start the clock', refusals: [...WRITE, 'PARTICIPANT_NOT_FOUND'], example: { session_id } },
  'session:switch': {
    summary: 'End the turn and begin the next one',
    refusals: [...WRITE, 'PARTICIPANT_NOT_FOUND', 'NOT_ACTIVE_PARTICIPANT', 'PARTICIPANT_EXPIRED'],
    example: { session_id, current_participant_id: 'white' },
  },
  'session:pause': { summary: 'Stop the clock for a while', refusals: [...WRITE, 'PARTICIPANT_NOT_FOUND'], example: { session_id } },
  'session:resume': { summary: 'Let the clock go on', refusals: [...WRITE, 'PARTICIPANT_NOT_FOUND'], example: { session_id } },
  'session:finish': {
    summary: 'Stop the clock of a participant of a concurrent session for good',
    refusals: [...WRITE, 'PARTICIPANT_NOT_FOUND'],
    example: { session_id: 'exam-123', participant_id: 'ann' },
  },
  'session:adjust': {
    summary: 'Add time to a clock, or take some',
    refusals: [...WRITE, 'PARTICIPANT_NOT_FOUND'],
    example: { session_id, participant_id: 'black', delta_ms: 30_000, reason: 'arbiter' },
  },
  'session:extend': {
    summary: 'Extend the cycle or countdown, as its soft close has it',
    refusals: [...WRITE, 'PARTICIPANT_NOT_FOUND'],
    example: { session_id, participant_id: 'bidder-7', cycle_count: 3 },
  },
  'session:undo': {
    summary: 'Take back the last turns',
    refusals: WRITE,
    example: { session_id, turns: 1, clock: 'restore' },
  },
  'session:schedule': {
    summary: 'Plan when a session starts by itself, or take the plan away; say when clocks are closed',
    refusals: [...WRITE, 'PARTICIPANT_NOT_FOUND'],
    example: { session_id, starts_at: '2030-01-01T12:00:00.000Z' },
  },
  'session:edit': {
    summary: 'Change metadata, or what has not begun of a programme',
    refusals: WRITE,
    example: { session_id, metadata: { round: 7, hall: null } },
  },
  'session:complete': { summary: 'End a session', refusals: WRITE, example: { session_id, outcome: { winner: 'white' } } },
  'session:cancel': { summary: 'Call a session off', refusals: WRITE, example: { session_id, reason: 'nobody came' } },
  'session:delete': { summary: 'Delete a session; also what does not exist', refusals: WRITE, example: { session_id } },
  'session:message': {
    summary: "Relay a message to a session's room",
    refusals: [...READ, 'IDEMPOTENCY_MISMATCH'],
    example: { session_id, message: { draw: 'offered' } },
  },
  'session:history': {
    summary: 'What happened in a session, from the audit trail',
    refusals: STORED,
    example: { session_id, after_version: 0, limit: 100 },
  },
  'session:share': {
    summary: 'Make a link that lets somebody in',
    refusals: [...READ, 'PARTICIPANT_NOT_FOUND'],
    example: { session_id, role: 'viewer', expires_in: 3_600 },
  },
  'session:links': { summary: "A session's links that are still good", refusals: READ, example: { session_id } },
  'session:revoke': {
    summary: 'End a link, and the connections that came by it',
    refusals: READ,
    example: { session_id, link_id: '0191f2d6-7c1e-7a54-8f0e-5a3c5d3f1b9a' },
  },
  'session:code': {
    summary: 'Make a short code that leads others to a session',
    refusals: [...READ, 'PARTICIPANT_NOT_FOUND'],
    example: { session_id, way: 'watch', expires_in: 3_600 },
  },
  'code:open': { summary: 'What a join code leads to', refusals: ['NOT_FOUND'], example: { code: 'CFHJKL' } },
  'auth:refresh': { summary: 'Give a socket another token', refusals: [], example: { token: 'eyJhbGciOiJIUzI1NiJ9…' } },
  'time:sync': { summary: 'The time of the one clock, as NTP would tell it', refusals: [], example: { client_time_ms: 1795363912727 } },
};

/** All codes with which a command may be refused, in the contract's order. */
export function refusalsOf(name: CommandName): ErrorCode[] {
  const codes = new Set([...ANY, ...notes[name].refusals]);
  return ERROR_CODES.filter((code) => codes.has(code));
}
