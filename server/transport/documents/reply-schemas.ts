import { z } from 'zod';
import {
  type ChangesEvent,
  CLOCK_STATUSES,
  CODE_WAYS,
  type CommandName,
  type Commands,
  ERROR_CODES,
  EVENT_TYPES,
  type ErrorCode,
  type ErrorDetails,
  type HistoryEvent,
  type JsonValue,
  NOTICE_CODES,
  type Notice,
  type ReachData,
  ROLES,
  type ServerToClientEvents,
  type SessionState,
  SHARED_ROLES,
  type TimeData,
  type UpdateEvent,
} from '#contract';
import {
  action,
  briefHistoryEvent,
  type Differing,
  group,
  historyEvent,
  id,
  instant,
  item,
  ms,
  participant,
  position,
  state,
  status,
  stateChanges,
  switched,
  unixMs,
  version,
} from './session-schemas.ts';

/** Schemas of replies and events. The documents and the tests use them; a running server checks nothing by them. */

const anything = z.custom<JsonValue>();
/** The sender of a command, as their token or link says. */
const actor = z.object({
  role: z.enum(ROLES),
  sub: z.string().exactOptional(),
  participant_id: id.exactOptional(),
  link_id: id.exactOptional(),
});
const notice = z.object({
  code: z.enum(NOTICE_CODES),
  field: z.string(),
  message: z.string(),
  participant_id: id.exactOptional(),
  lost_ms: ms.exactOptional(),
}) satisfies z.ZodType<Notice>;
const empty = z.record(z.string(), z.never());
const envelope = { ...position, server_time_ms: unixMs };

const link = { link_id: id, role: z.enum(SHARED_ROLES), participant_id: id.nullable(), expires_at: instant };

/**
 * The state; where the command names a participant of a concurrent session, a switch result with that participant only.
 */
const stateOrClock = z.union([state, switched]) as z.ZodType<SessionState>;

/** An event of a history; without the whole state if it was asked for with `snapshots: changes` or `none`. */
const event = z.union([historyEvent, briefHistoryEvent]) as z.ZodType<HistoryEvent>;

/** The `data` of each command's success. */
export const answers = {
  'session:create': state,
  'session:join': z.object({ state, missed: z.int().nullable() }),
  'session:leave': empty,
  'session:get': state,
  'session:start': stateOrClock,
  'session:switch': switched,
  'session:pause': stateOrClock,
  'session:resume': stateOrClock,
  'session:finish': switched,
  'session:adjust': state,
  'session:extend': z.object({ state, extended_ms: ms.nullable() }),
  'session:undo': state,
  'session:schedule': state,
  'session:edit': state,
  'session:complete': state,
  'session:cancel': state,
  'session:delete': empty,
  'session:message': empty,
  'session:history': z.object({ events: z.array(event), next_after_version: z.int() }),
  'session:share': z.object({ ...link, token: z.string() }),
  'session:links': z.object({ links: z.array(z.object(link)) }),
  'session:revoke': empty,
  'session:code': z.object({ code: z.string(), way: z.enum(CODE_WAYS), participant_id: id.nullable(), expires_at: instant }),
  'code:open': z.object({ session_id: id, way: z.enum(CODE_WAYS), participant_id: id.nullable(), token: z.string().nullable() }),
  'auth:refresh': z.object({ expires_at: instant.nullable() }),
  'time:sync': z.object({
    client_time_ms: z.number().nullable(),
    server_receive_time_ms: unixMs,
    server_send_time_ms: unixMs,
    error_bound_ms: z.number(),
  }),
} satisfies { [Name in CommandName]: z.ZodType<Commands[Name]['data']> };

const cycleAnswers = z.array(z.object({ participant_id: z.string(), finished_at: instant.nullable(), answer: anything })).exactOptional();
const update = z.object({ ...envelope, event_type: z.enum(EVENT_TYPES), answers: cycleAnswers, state }) satisfies z.ZodType<UpdateEvent>;
const changed = z.object({
  ...envelope,
  event_type: z.enum(EVENT_TYPES),
  answers: cycleAnswers,
  deltas: z.literal(2).exactOptional(),
  since_version: version,
  changes: stateChanges,
}) satisfies z.ZodType<ChangesEvent>;

type RoomEvent = keyof ServerToClientEvents;

/** The data of each event to a session's room. */
export const roomEvents = {
  'session:update': z.union([update, changed]),
  'session:expired': z.object({
    ...envelope,
    expired_participant_id: id.nullable(),
    expired_participant_ids: z.array(id).exactOptional(),
    expired_group_id: id.nullable(),
    expired_at: instant,
    action_applied: action.nullable(),
  }),
  'session:warning': z.object({
    ...envelope,
    participant_id: id.nullable(),
    participant_ids: z.array(id).exactOptional(),
    group_id: id.nullable(),
    threshold_ms: ms,
    threshold_percent: z.int().exactOptional(),
    deadline_at: instant,
    zero_at: instant.exactOptional(),
  }),
  'session:deleted': z.object(envelope),
  'session:message': z.object({
    session_id: id,
    message: anything,
    arrived_at_ms: unixMs.exactOptional(),
    server_time_ms: unixMs,
    actor: actor.exactOptional(),
  }),
  'auth:expired': z.object({ reason: z.enum(['expired', 'revoked']), server_time_ms: unixMs }),
  'server:closing': z.object({ reconnect_in_ms: ms }),
} satisfies { [Event in RoomEvent]: z.ZodType<Parameters<ServerToClientEvents[Event]>[0]> };

export const time = z.object({
  timestamp_ms: unixMs,
  server_version: z.string(),
  drift_tolerance_ms: ms,
  error_bound_ms: z.number(),
}) satisfies z.ZodType<TimeData>;

export const reach = z.object({
  public_url: z.string().nullable(),
  loopback_only: z.boolean(),
  addresses: z.array(z.string()),
}) satisfies z.ZodType<ReachData>;

const details = {
  VALIDATION_ERROR: z.array(z.object({ field: z.string(), message: z.string(), code: z.string() })),
  INVALID_STATE_TRANSITION: z.object({
    status,
    command: z.string(),
    clock_status: z.enum(CLOCK_STATUSES).exactOptional(),
    withdrawn: z.literal(true).exactOptional(),
    available: z.int().exactOptional(),
  }),
  CONFLICT: z.object({ expected_version: z.int(), actual_version: z.int(), state }),
  NOT_ACTIVE_PARTICIPANT: z.object({ active_participant_id: id.nullable(), state }),
  RATE_LIMIT_EXCEEDED: z.object({ retry_after_ms: ms }),
} satisfies { [Code in keyof ErrorDetails]: z.ZodType<ErrorDetails[Code]> };

/** The refusal of one code. */
export function failureOf(code: ErrorCode) {
  const error = { code: z.literal(code), message: z.string(), retryable: z.boolean() };
  const detailed = code in details ? { ...error, details: details[code as keyof ErrorDetails] } : error;
  return z.object({ ok: z.literal(false), error: z.object(detailed), server_time_ms: unixMs });
}

const NOTICED: ReadonlySet<CommandName> = new Set([
  'session:create',
  'session:start',
  'session:adjust',
  'session:schedule',
  'session:edit',
]);

/** The success of a command. */
export function successOf(name: CommandName) {
  return z.object({
    ok: z.literal(true),
    data: answers[name],
    server_time_ms: unixMs,
    replayed: z.literal(true).exactOptional(),
    applied_version: version.exactOptional(),
    ...(NOTICED.has(name) ? { notices: z.array(notice).min(1).exactOptional() } : {}),
  });
}

/** A success that no command has. */
export function successWith(data: z.ZodType) {
  return z.object({ ok: z.literal(true), data, server_time_ms: unixMs });
}

/** Schemas with a name of their own in the documents. */
export const named = {
  SessionState: state,
  ParticipantState: participant,
  GroupState: group,
  ItemState: item,
  HistoryEvent: historyEvent,
  BriefHistoryEvent: briefHistoryEvent,
  SwitchResult: switched,
  ...Object.fromEntries(ERROR_CODES.map((code) => [`Failure_${code}`, failureOf(code)] as const)),
};

/** Schemas of events with a name of their own in the AsyncAPI document. */
export const namedEvents = { UpdateEvent: update, ChangesEvent: changed, StateChanges: stateChanges };

interface Unequal {
  answers: { [Name in CommandName]: Differing<Commands[Name]['data'], z.output<(typeof answers)[Name]>> }[CommandName];
  events: { [Event in RoomEvent]: Differing<Parameters<ServerToClientEvents[Event]>[0], z.output<(typeof roomEvents)[Event]>> }[RoomEvent];
  // Above, only the common fields of a union are compared.
  update: Differing<UpdateEvent, z.output<typeof update>>;
  changed: Differing<ChangesEvent, z.output<typeof changed>>;
}
// Proof at compile time; `satisfies` above ties the types of the fields.
const fieldsMatch: [Unequal[keyof Unequal]] extends [never] ? true : Unequal = true;
void fieldsMatch;
