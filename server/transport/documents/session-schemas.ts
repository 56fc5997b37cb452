import { z } from 'zod';
import {
  ACTION_TYPES,
  type ActionOnTimeout,
  CLOCK_STATUSES,
  type ClockState,
  EVENT_TYPES,
  type BriefHistoryEvent,
  type HistoryChanges,
  type HistoryEvent,
  ITEM_STATUSES,
  type ItemState,
  type JsonObject,
  type JsonValue,
  OUTAGE_POLICIES,
  type SessionState,
  type StateChanges,
  STATUSES,
  type SwitchData,
  SYNC_MODES,
} from '#contract';
import { extension, timeControl } from '../control-schemas.ts';

/** A session as the server sends it. */

export const id = z.string().meta({ examples: ['chess-game-123'] });
export const instant = z
  .string()
  .meta({ format: 'date-time', description: 'ISO 8601, UTC, milliseconds', examples: ['2026-11-22T16:11:52.727Z'] });
export const ms = z.int();
export const version = z.int().min(1);
export const unixMs = z.number().meta({ description: 'Unix milliseconds of the one clock', examples: [1795363912727] });
const anything = z.custom<JsonValue>();
const free = z.custom<JsonObject>().meta({ type: 'object' });
export const action = z
  .custom<ActionOnTimeout>()
  .meta({ type: 'object', required: ['type'], properties: { type: { type: 'string', examples: [...ACTION_TYPES] } } });

const clock = z.object({
  turns: z.int(),
  stage: z.int(),
  stage_turns: z.int(),
  turn_used_ms: ms,
  periods_left: z.int().exactOptional(),
  period_left_ms: ms.exactOptional(),
  block_turns_left: z.int().exactOptional(),
  block_left_ms: ms.exactOptional(),
  turn_main_ms: ms.exactOptional(),
  turn_reserve_ms: ms.exactOptional(),
}) satisfies z.ZodType<ClockState>;

export const participant = z.object({
  participant_id: id,
  participant_index: z.int(),
  group_id: id.nullable(),
  total_time_ms: ms.nullable(),
  time_used_ms: ms,
  time_remaining_ms: ms.nullable(),
  cycle_count: z.int(),
  is_active: z.boolean(),
  has_expired: z.boolean(),
  has_gone: z.boolean(),
  time_control: timeControl.exactOptional(),
  clock: clock.exactOptional(),
  clock_status: z.enum(CLOCK_STATUSES).exactOptional(),
  cycle_started_at: instant.nullable().exactOptional(),
  deadline_at: instant.nullable().exactOptional(),
  zero_at: instant.nullable().exactOptional(),
  finished_at: instant.nullable().exactOptional(),
  expired_at: instant.nullable().exactOptional(),
  given_ms: ms.nullable().exactOptional(),
  late_by_ms: ms.exactOptional(),
  answer: anything.exactOptional(),
  cycle_time_used_ms: ms.exactOptional(),
  time_factor: z.number().exactOptional(),
  extra_time_ms: ms.exactOptional(),
  closes_at: instant.exactOptional(),
  name: z.string().exactOptional(),
  metadata: free.exactOptional(),
  withdrawn: z.literal(true).exactOptional(),
  sits_out: z.literal(true).exactOptional(),
});

export const group = z.object({
  group_id: id,
  total_time_ms: ms,
  time_used_ms: ms,
  is_active: z.boolean(),
  has_expired: z.boolean(),
  members: z.array(id),
  time_control: timeControl.exactOptional(),
  clock: clock.exactOptional(),
});

export const item = z.object({
  item_id: id,
  title: z.string().exactOptional(),
  time_ms: ms,
  participant_id: id.exactOptional(),
  auto_advance: z.boolean().exactOptional(),
  metadata: free.exactOptional(),
  status: z.enum(ITEM_STATUSES),
  started_at: instant.nullable(),
  ended_at: instant.nullable(),
  used_ms: ms,
}) satisfies z.ZodType<ItemState>;

export const status = z.enum(STATUSES);

export const state = z.object({
  session_id: id,
  sync_mode: z.enum(SYNC_MODES),
  status,
  version,
  epoch: z.int(),
  total_time_ms: ms.nullable(),
  time_per_cycle_ms: ms.nullable(),
  increment_ms: ms,
  max_time_ms: ms.nullable(),
  active_participant_id: id.nullable(),
  active_group_id: id.nullable(),
  cycle_started_at: instant.nullable(),
  cycle_time_used_ms: ms,
  cycle_count: z.int(),
  deadline_at: instant.nullable(),
  session_started_at: instant.nullable(),
  session_completed_at: instant.nullable(),
  created_at: instant,
  updated_at: instant,
  action_on_timeout: action.nullable(),
  auto_advance: z.boolean(),
  outage_policy: z.enum(OUTAGE_POLICIES),
  warning_thresholds_ms: z.array(ms),
  participants: z.array(participant),
  groups: z.array(group),
  metadata: free,
  owner_id: z.string().exactOptional(),
  time_control: timeControl.exactOptional(),
  participants_may_pause: z.literal(true).exactOptional(),
  participants_may_start: z.literal(true).exactOptional(),
  undo_depth: z.int().exactOptional(),
  undo_available: z.int().exactOptional(),
  overrun_ms: ms.exactOptional(),
  zero_at: instant.nullable().exactOptional(),
  concurrent: z.literal(true).exactOptional(),
  closes_at: instant.exactOptional(),
  warning_thresholds_percent: z.array(z.int()).exactOptional(),
  answers: z.literal('hidden').exactOptional(),
  late_finish_ms: ms.exactOptional(),
  extension: extension.exactOptional(),
  extended_ms: ms.exactOptional(),
  extension_count: z.int().exactOptional(),
  starts_at: instant.nullable().exactOptional(),
  items: z.array(item).exactOptional(),
  item_index: z.int().nullable().exactOptional(),
  round: z.int().exactOptional(),
  rounds: z.int().exactOptional(),
  max_cycles: z.int().exactOptional(),
  idle_end_ms: ms.exactOptional(),
  outcome: z.custom<JsonValue>().exactOptional(),
}) satisfies z.ZodType<SessionState>;

const { participants: _participants, groups: _groups, items: _items, ...stateFields } = state.shape;
const { item_id, ...itemFields } = item.shape;
const { participant_id, is_active: _active, time_remaining_ms: _remaining, ...participantFields } = participant.shape;
const { group_id, is_active: _groupActive, ...groupFields } = group.shape;

/** Fields of a participant that go again, which null says. */
const mayGo = {
  late_by_ms: ms.nullable().exactOptional(),
  withdrawn: z.literal(true).nullable().exactOptional(),
  sits_out: z.literal(true).nullable().exactOptional(),
};

/** As above, of an item. */
const itemMayLose = {
  title: z.string().nullable().exactOptional(),
  participant_id: id.nullable().exactOptional(),
  auto_advance: z.boolean().nullable().exactOptional(),
  metadata: free.nullable().exactOptional(),
};

/**
 * The fields of a state that a version changed. `is_active` and `time_remaining_ms` follow from the others and are left
 * out, but of whoever joined, who is whole.
 */
export const stateChanges = z.object({
  ...exactOptional(stateFields),
  participants: z
    .array(z.union([z.object({ participant_id, ...exactOptional(participantFields), ...mayGo }), participant.extend(mayGo)]))
    .exactOptional(),
  groups: z.array(z.object({ group_id, ...exactOptional(groupFields) })).exactOptional(),
  items: z.array(z.object({ item_id, ...exactOptional(itemFields), ...itemMayLose })).exactOptional(),
}) satisfies z.ZodType<StateChanges>;

/** What an event of a history changed: as above, of any session, and null also for a field that is gone. */
export const historyChanges = z.object({
  ...orNull(stateFields),
  participants: z.array(z.object({ ...orNull(participant.shape), participant_id })).exactOptional(),
  groups: z.array(z.object({ ...orNull(group.shape), group_id })).exactOptional(),
  items: z.array(z.object({ ...orNull(item.shape), item_id: item.shape.item_id })).exactOptional(),
  order: z
    .object({ participants: z.array(id).exactOptional(), groups: z.array(id).exactOptional(), items: z.array(z.string()).exactOptional() })
    .exactOptional(),
}) satisfies z.ZodType<HistoryChanges>;

/** Makes every field optional and nullable. */
function orNull<Shape extends Record<string, z.ZodType>>(
  shape: Shape,
): { [Field in keyof Shape]: z.ZodExactOptional<z.ZodNullable<Shape[Field]>> } {
  const fields = Object.entries(shape).map(([field, schema]) => [field, schema.nullable().exactOptional()]);
  return Object.fromEntries(fields) as { [Field in keyof Shape]: z.ZodExactOptional<z.ZodNullable<Shape[Field]>> };
}

/** Makes every field optional; unlike zod's `partial`, it does not allow undefined as a value. */
function exactOptional<Shape extends Record<string, z.ZodType>>(
  shape: Shape,
): { [Field in keyof Shape]: z.ZodExactOptional<Shape[Field]> } {
  const fields = Object.entries(shape).map(([field, schema]) => [field, schema.exactOptional()]);
  return Object.fromEntries(fields) as { [Field in keyof Shape]: z.ZodExactOptional<Shape[Field]> };
}

export const position = { session_id: id, epoch: z.int(), version };

export const switched = z.object({
  ...position,
  status,
  active_participant_id: id.nullable(),
  active_group_id: id.nullable(),
  cycle_started_at: instant.nullable(),
  participants: z.array(participant),
  finished_at: instant.exactOptional(),
  cycle_count: z.int().exactOptional(),
  item_index: z.int().nullable().exactOptional(),
  round: z.int().exactOptional(),
  expired_participant_id: id.nullable().exactOptional(),
  action_applied: action.nullable().exactOptional(),
});

export const historyEvent = z.object({
  ...position,
  event_type: z.enum(EVENT_TYPES),
  timestamp: instant,
  participant_id: id.nullable(),
  group_id: id.nullable(),
  time_elapsed_ms: ms.nullable(),
  time_remaining_ms: ms.nullable(),
  state_snapshot: state,
  metadata: free,
}) satisfies z.ZodType<HistoryEvent>;

export const briefHistoryEvent = historyEvent.extend({
  state_snapshot: state.exactOptional(),
  changes: historyChanges.exactOptional(),
}) satisfies z.ZodType<BriefHistoryEvent>;

/** Fields that only the schema or only the contract has: `never`, unless one was forgotten. */
export type Differing<Contract, Schema> = Exclude<keyof Contract, keyof Schema> | Exclude<keyof Schema, keyof Contract>;
interface Unequal {
  state: Differing<SessionState, z.output<typeof state>>;
  participant: Differing<SessionState['participants'][number], z.output<typeof participant>>;
  group: Differing<SessionState['groups'][number], z.output<typeof group>>;
  item: Differing<ItemState, z.output<typeof item>>;
  stateChanges: Differing<StateChanges, z.output<typeof stateChanges>>;
  switched: Differing<SwitchData, z.output<typeof switched>>;
  historyEvent: Differing<HistoryEvent, z.output<typeof historyEvent>>;
  briefHistoryEvent: Differing<BriefHistoryEvent, z.output<typeof briefHistoryEvent>>;
  historyChanges: Differing<HistoryChanges, z.output<typeof historyChanges>>;
}
// Proof at compile time; `satisfies` ties the types of the fields.
const fieldsMatch: [Unequal[keyof Unequal]] extends [never] ? true : Unequal = true;
void fieldsMatch;
