import { z } from 'zod';
import {
  ACTION_TYPES,
  type ActionOnTimeout,
  ANSWER_MAX_BYTES,
  CODE_DEFAULT_SECONDS,
  CODE_LENGTH,
  CODE_MAX_SECONDS,
  CODE_MIN_SECONDS,
  CODE_WAYS,
  CLOCK_MAX_MS,
  CLOCK_MIN_MS,
  CYCLES_MAX,
  type CommandName,
  type Commands,
  EVENT_TYPES,
  HISTORY_LIMIT_DEFAULT,
  HISTORY_LIMIT_MAX,
  ID_PATTERN,
  IDLE_END_MAX_MS,
  IDLE_END_MIN_MS,
  INCREMENT_MAX_MS,
  LATE_FINISH_MAX_MS,
  ITEM_METADATA_MAX_BYTES,
  ITEMS_MAX,
  MESSAGE_MAX_BYTES,
  METADATA_MAX_BYTES,
  NAME_PATTERN,
  OUTAGE_POLICIES,
  OUTCOME_MAX_BYTES,
  OVERRUN_MAX_MS,
  PARTICIPANT_METADATA_MAX_BYTES,
  PARTICIPANTS_MAX,
  ROUNDS_MAX,
  SHARE_DEFAULT_SECONDS,
  SHARE_MAX_SECONDS,
  SHARE_MIN_SECONDS,
  SHARED_ROLES,
  SNAPSHOTS,
  SYNC_MODES,
  TIME_FACTOR_MAX,
  TITLE_MAX_CHARS,
  UNDO_CLOCKS,
  UNDO_DEPTH_MAX,
  WARNINGS_MAX,
} from '#contract';
import { extension, timeControl } from './control-schemas.ts';
import { freeJson, freeObject } from './free-json.ts';

const id = z.string().regex(ID_PATTERN, 'Must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ | ~ -');
const version = z.int().min(1);
const count = z.int().min(0);
const clock = z.int().min(CLOCK_MIN_MS).max(CLOCK_MAX_MS);
/** A bank that the mode may not use: 0 says so. Where the mode does use it, the domain asks for a real one. */
const bank = z.int().min(0).max(CLOCK_MAX_MS);

const instant = z.iso.datetime({ precision: 3 });
const factor = z
  .number()
  .min(1)
  .max(TIME_FACTOR_MAX)
  .refine((value) => Math.abs(100 * value - Math.round(100 * value)) < 1e-9, 'Must have at most two decimals');

const options = { expected_version: version.optional(), command_id: id.optional() };
const session = { session_id: id, ...options };

const participant = z.strictObject({
  participant_id: id,
  participant_index: z.int().min(0).optional(),
  total_time_ms: bank.optional(),
  group_id: id.optional(),
  time_control: timeControl.optional(),
  time_factor: factor.optional(),
  extra_time_ms: z.int().min(0).max(CLOCK_MAX_MS).optional(),
  closes_at: instant.optional(),
  name: z.string().regex(NAME_PATTERN, 'Must be 1 to 100 characters').optional(),
  metadata: freeObject(PARTICIPANT_METADATA_MAX_BYTES).optional(),
});

const group = z.strictObject({
  group_id: id,
  total_time_ms: clock.optional(),
  members: z.array(id).max(PARTICIPANTS_MAX).optional(),
  time_control: timeControl.optional(),
});

const item = z.strictObject({
  item_id: id.optional(),
  title: z.string().min(1).max(TITLE_MAX_CHARS).optional(),
  time_ms: clock.optional(),
  participant_id: id.optional(),
  auto_advance: z.boolean().optional(),
  metadata: freeObject(ITEM_METADATA_MAX_BYTES).optional(),
});
const items = z.array(item).min(1).max(ITEMS_MAX);

const action = freeObject(METADATA_MAX_BYTES)
  .meta({ required: ['type'], properties: { type: { type: 'string', minLength: 1, examples: [...ACTION_TYPES] } } })
  .refine((value) => typeof value['type'] === 'string' && value['type'] !== '', { path: ['type'], message: 'Must be a string' })
  .transform((value) => value as ActionOnTimeout);

const thresholds = (least: number) =>
  z
    .array(z.int().min(least))
    .max(WARNINGS_MAX)
    .refine((all) => new Set(all).size === all.length, 'Must be unique')
    .optional();

const percents = z
  .array(z.int().min(1).max(99))
  .max(WARNINGS_MAX)
  .refine((all) => new Set(all).size === all.length, 'Must be unique');

const create = z.strictObject({
  session_id: id.optional(),
  ...options,
  sync_mode: z.enum(SYNC_MODES),
  participants: z.array(participant).max(PARTICIPANTS_MAX).optional(),
  groups: z.array(group).max(PARTICIPANTS_MAX).optional(),
  total_time_ms: clock.optional(),
  time_per_cycle_ms: clock.optional(),
  increment_ms: z.int().min(0).max(INCREMENT_MAX_MS).optional(),
  max_time_ms: clock.optional(),
  time_control: timeControl.optional(),
  active_participant_id: id.optional(),
  active_group_id: id.optional(),
  action_on_timeout: action.optional(),
  auto_advance: z.boolean().optional(),
  outage_policy: z.enum(OUTAGE_POLICIES).optional(),
  warning_thresholds_ms: thresholds(1 - OVERRUN_MAX_MS),
  overrun_ms: z.int().min(0).max(OVERRUN_MAX_MS).optional(),
  metadata: freeObject(METADATA_MAX_BYTES).optional(),
  participants_may_pause: z.boolean().optional(),
  participants_may_start: z.boolean().optional(),
  undo_depth: z.int().min(0).max(UNDO_DEPTH_MAX).optional(),
  concurrent: z.boolean().optional(),
  closes_at: instant.optional(),
  warning_thresholds_percent: percents.optional(),
  answers: z.literal('hidden').optional(),
  late_finish_ms: z.int().min(0).max(LATE_FINISH_MAX_MS).optional(),
  extension: extension.optional(),
  starts_at: instant.optional(),
  items: items.optional(),
  rounds: z.int().min(1).max(ROUNDS_MAX).optional(),
  max_cycles: z.int().min(1).max(CYCLES_MAX).optional(),
  idle_end_ms: z.int().min(IDLE_END_MIN_MS).max(IDLE_END_MAX_MS).optional(),
});

/** A create without time controls, where every group needs a bank, and whose clocks end at zero with all thresholds. */
const plainCreate = create.extend({
  groups: z
    .array(group.extend({ total_time_ms: clock }))
    .max(PARTICIPANTS_MAX)
    .optional(),
  warning_thresholds_ms: thresholds(1),
});

const hasName = ({ command_id, session_id }: z.output<typeof create>): boolean => command_id === undefined || session_id !== undefined;
const NAMELESS = { path: ['session_id'], message: 'Required with a command_id' };

/** One schema a command. What passes is exactly the contract's payload; `null` fields are taken out before. */
export const schemas = {
  'session:create': create.refine(hasName, NAMELESS),
  'session:join': z.strictObject({
    ...session,
    last_known_version: z.int().min(0).optional(),
    last_known_epoch: z.int().min(0).optional(),
    deltas: z.union([z.boolean(), z.literal(2)]).optional(),
  }),
  'session:leave': z.strictObject(session),
  'session:get': z.strictObject(session),
  'session:start': z.strictObject({ ...session, active_participant_id: id.optional(), participant_id: id.optional() }),
  'session:switch': z.strictObject({
    ...session,
    current_participant_id: id.optional(),
    next_participant_id: id.optional(),
    cycle_count: count.optional(),
    next_item_id: id.optional(),
    deltas: z.boolean().optional(),
  }),
  'session:pause': z.strictObject({ ...session, participant_id: id.optional() }),
  'session:resume': z.strictObject({ ...session, participant_id: id.optional() }),
  'session:finish': z.strictObject({
    ...session,
    participant_id: id,
    cycle_count: count.optional(),
    answer: freeJson(ANSWER_MAX_BYTES).optional(),
  }),
  'session:adjust': z.strictObject({
    ...session,
    delta_ms: z.int().min(-CLOCK_MAX_MS).max(CLOCK_MAX_MS),
    participant_id: id.optional(),
    group_id: id.optional(),
    reason: z.string().max(1000).optional(),
  }),
  'session:extend': z.strictObject({
    ...session,
    participant_id: id.optional(),
    reason: z.string().max(1000).optional(),
    cycle_count: count.optional(),
  }),
  'session:undo': z.strictObject({
    ...session,
    turns: z.int().min(1).max(UNDO_DEPTH_MAX).optional(),
    clock: z.enum(UNDO_CLOCKS).optional(),
  }),
  'session:schedule': z.strictObject({
    ...session,
    starts_at: instant.optional(),
    closes_at: instant.optional(),
    participant_id: id.optional(),
  }),
  'session:edit': z
    .strictObject({
      ...session,
      items: items.optional(),
      participants: z
        .array(participant.extend({ withdrawn: z.boolean().optional() }))
        .min(1)
        .max(PARTICIPANTS_MAX)
        .optional(),
      metadata: freeObject(METADATA_MAX_BYTES).optional(),
    })
    .refine(({ items: programme, participants, metadata }) => (programme ?? participants ?? metadata) !== undefined, {
      path: ['items'],
      message: 'One of items, participants and metadata is required',
    }),
  'session:complete': z.strictObject({ ...session, outcome: freeJson(OUTCOME_MAX_BYTES).optional() }),
  'session:cancel': z.strictObject({ ...session, reason: z.string().max(1000).optional() }),
  'session:delete': z.strictObject(session),
  'session:message': z.strictObject({ ...session, message: freeJson(MESSAGE_MAX_BYTES) }),
  'session:history': z.strictObject({
    ...session,
    after_version: z.int().min(0).default(0),
    limit: z.int().min(1).max(HISTORY_LIMIT_MAX).default(HISTORY_LIMIT_DEFAULT),
    event_types: z.array(z.enum(EVENT_TYPES)).min(1).max(EVENT_TYPES.length).optional(),
    created_at: instant.optional(),
    snapshots: z.enum(SNAPSHOTS).default('all'),
  }),
  'session:share': z
    .strictObject({
      ...session,
      role: z.enum(SHARED_ROLES),
      participant_id: id.optional(),
      expires_in: z.int().min(SHARE_MIN_SECONDS).max(SHARE_MAX_SECONDS).default(SHARE_DEFAULT_SECONDS),
    })
    .refine((payload) => payload.role !== 'participant' || payload.participant_id !== undefined, {
      path: ['participant_id'],
      message: 'Required for a participant',
    }),
  'session:links': z.strictObject(session),
  'session:revoke': z.strictObject({ ...session, link_id: id }),
  'session:code': z
    .strictObject({
      ...session,
      way: z.enum(CODE_WAYS),
      participant_id: id.optional(),
      expires_in: z.int().min(CODE_MIN_SECONDS).max(CODE_MAX_SECONDS).default(CODE_DEFAULT_SECONDS),
    })
    .refine(({ way, participant_id }) => (way === 'play') === (participant_id !== undefined), {
      path: ['participant_id'],
      message: 'Required for play, and for nothing else',
    }),
  // As somebody may have written it down: c-f-h-j-k-l.
  'code:open': z.strictObject({
    ...options,
    code: z
      .string()
      .min(1)
      .max(3 * CODE_LENGTH),
  }),
  'auth:refresh': z.strictObject({ token: z.string().min(1) }),
  'time:sync': z.strictObject({ client_time_ms: z.number().optional() }),
} satisfies { [Name in CommandName]: z.ZodType<Commands[Name]['payload']> };

const plainSession = plainCreate.refine(hasName, NAMELESS);

/**
 * The schema of a payload: of a create the stricter one, unless it or one of its groups has a time control, or its
 * clocks go on below zero.
 */
export function schemaOf(name: CommandName, payload: object): z.ZodType {
  if (name !== 'session:create' || hasControl(payload) || goesBelowZero(payload)) return schemas[name];
  const groups: unknown = 'groups' in payload ? payload.groups : undefined;
  return Array.isArray(groups) && groups.some(hasControl) ? schemas[name] : plainSession;
}

function goesBelowZero(payload: object): boolean {
  return 'overrun_ms' in payload && typeof payload.overrun_ms === 'number' && payload.overrun_ms > 0;
}

function hasControl(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'time_control' in value;
}

/** A payload that passed its schema. */
export type Parsed<Name extends CommandName> = z.output<(typeof schemas)[Name]>;

/** Fields that only the schema or only the contract of some command has. Never, unless somebody forgot one. */
type Differing = {
  [Name in CommandName]:
    | Exclude<keyof Parsed<Name>, keyof Commands[Name]['payload']>
    | Exclude<keyof Commands[Name]['payload'], keyof Parsed<Name>>;
}[CommandName];
// Proof at compile time that schemas and contract name the same fields; `satisfies` above ties their types.
const fieldsMatch: [Differing] extends [never] ? true : Differing = true;
void fieldsMatch;
