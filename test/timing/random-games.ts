import fc from 'fast-check';
import type { ActionOnTimeout, SyncMode, UndoClock } from '#contract';
import type { Payload } from './reference-seats.ts';

const DAY = 86_400_000;
/** When every random game is created. */
export const ORIGIN = Date.parse('2026-06-01T12:00:00.000Z');
export const SEATS = ['ann', 'bob', 'cem', 'dua', 'eli'];
const TEAMS = ['red', 'blue', 'gold'];
export const MODES: SyncMode[] = ['per_participant', 'per_cycle', 'per_group', 'global', 'count_up'];

/** How long somebody waits before a command: so long, or until about when the running clock is at zero or runs out. */
export type Wait = { ms: number } | { pastZero: number } | { pastDeadline: number };

/** By how much an adjustment changes a clock: by so much, or to so much until zero, or until it falls. */
export type Change = { delta: number } | { leave: number } | { leaveUntilFall: number };

/** Which cycle a command is meant for: the present one, the one before it, or any. */
export type CycleGuard = 'present' | 'former' | undefined;

/** A command as it is drawn; participants and groups by number, `STRANGER` for somebody who isn't there. */
export type Wish =
  | { type: 'start'; who: number | undefined }
  | { type: 'switch'; guard: number | 'active' | undefined; next: number | undefined; item?: number | undefined; cycle: CycleGuard }
  | { type: 'extend'; who: number | undefined; cycle: CycleGuard }
  | { type: 'edit'; without: number[]; more: number[]; swap: boolean; rename: boolean }
  | { type: 'undo'; turns: number | undefined; clock: UndoClock | undefined }
  | { type: 'schedule'; ahead: number | undefined }
  | { type: 'adjust'; owner: 'right' | 'none' | 'participant' | 'group' | 'both'; who: number; change: Change }
  | { type: 'pause' | 'resume' | 'complete' | 'cancel' | 'delete' };

/** A time in which no instance serves anybody, so long (ms) after whatever came before it. */
export interface Gap {
  wait: number;
  lasts: number;
}

/**
 * One step of a sequence: outages, a wait, by how much the command's instant lies before the last one (a clock that ran
 * backwards), the command.
 */
export interface Step {
  outages: Gap[];
  wait: Wait;
  back: number;
  wish: Wish;
  /** Whether a command that the status forbids is replaced by one that goes on with the game. */
  apt: boolean;
  /** At most so many expiries are applied at once, as a commit has a limit. */
  limit: number;
}

export const STRANGER = 20;
const seat = fc.integer({ min: 0, max: STRANGER });
const someone = fc.option(seat, { nil: undefined, freq: 2 });

const cycle: fc.Arbitrary<CycleGuard> = fc.constantFrom(undefined, undefined, undefined, undefined, 'present', 'present', 'former');

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ delta: fc.integer({ min: -1_500, max: 1_500 }) }) },
  { weight: 2, arbitrary: fc.record({ leave: fc.constantFrom(0, 1, 2, 30, DAY, DAY + 1, -1) }) },
  { weight: 1, arbitrary: fc.record({ leaveUntilFall: fc.constantFrom(0, 1, 2) }) },
);

/** A start so many milliseconds ahead, or none. */
export const scheduling: fc.Arbitrary<Wish> = fc.record({
  type: fc.constant('schedule' as const),
  ahead: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 90 }) },
    { weight: 2, arbitrary: fc.constantFrom(undefined, 0, -1, 400 * DAY, 400 * DAY + 1) },
  ),
});

export const wish: fc.Arbitrary<Wish> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      type: fc.constant('switch' as const),
      guard: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(undefined, 'active' as const) }, { weight: 1, arbitrary: seat }),
      next: fc.option(seat, { nil: undefined, freq: 2 }),
      cycle,
    }),
  },
  { weight: 10, arbitrary: fc.record({ type: fc.constant('extend' as const), who: someone, cycle }) },
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('adjust' as const),
      owner: fc.oneof(
        { weight: 8, arbitrary: fc.constant('right' as const) },
        { weight: 1, arbitrary: fc.constantFrom('none', 'participant', 'group', 'both') },
      ),
      who: seat,
      change,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('undo' as const),
      turns: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      clock: fc.constantFrom(undefined, 'restore' as const, 'charge' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('start' as const), who: someone }) },
  { weight: 4, arbitrary: scheduling },
  { weight: 4, arbitrary: fc.constant({ type: 'pause' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'resume' as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('complete' as const, 'cancel' as const, 'delete' as const) }) },
);

const wait: fc.Arbitrary<Wait> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ ms: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ ms: fc.integer({ min: 0, max: 700 }) }) },
  { weight: 1, arbitrary: fc.record({ pastZero: fc.integer({ min: -2, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ pastDeadline: fc.integer({ min: -2, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ ms: fc.constant(0) }) },
);

const back = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 5_000 }) });
const limit = fc.constantFrom(1_000, 1, 2);

const gap: fc.Arbitrary<Gap> = fc.record({ wait: fc.integer({ min: 0, max: 60 }), lasts: fc.integer({ min: 1, max: 300 }) });
const outages: fc.Arbitrary<Gap[]> = fc.oneof(
  { weight: 7, arbitrary: fc.constant<Gap[]>([]) },
  { weight: 1, arbitrary: fc.array(gap, { minLength: 1, maxLength: 2 }) },
);

/**
 * Sequences of steps with these wishes; nearly all begin with a start, now or planned, so that there is something to
 * play.
 */
export function stepsOf(wishes: fc.Arbitrary<Wish>, beginning: fc.Arbitrary<Wish>): fc.Arbitrary<Step[]> {
  const apt = fc.constantFrom(true, true, true, true, false);
  const step: fc.Arbitrary<Step> = fc.record({ outages, wait, back, wish: wishes, limit, apt });
  return fc
    .tuple(fc.array(step, { maxLength: 2 }), beginning, fc.noBias(fc.array(step, { maxLength: 40, size: 'max' })))
    .map(([before, begins, after]) =>
      before.concat({ outages: [], wait: { ms: 3 }, back: 0, wish: begins, apt: false, limit: 1_000 }, after),
    );
}

const beginning: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('start' as const), who: someone }) },
  { weight: 1, arbitrary: scheduling },
);

export const randomSteps = stepsOf(wish, beginning);

const action: fc.Arbitrary<ActionOnTimeout | undefined> = fc.oneof(
  fc.constantFrom<(ActionOnTimeout | undefined)[]>(
    undefined,
    { type: 'end_session' },
    { type: 'skip_cycle' },
    { type: 'auto_action', play: ['pass'] },
  ),
  fc
    .record({ type: fc.string(), outcome: fc.jsonValue({ maxDepth: 1 }) })
    .map((drawn) => JSON.parse(JSON.stringify(drawn)) as ActionOnTimeout),
);

/** What is drawn for a game before it becomes a valid payload. */
const knobs = fc.record({
  order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 0, maxLength: SEATS.length }),
  numbered: fc.boolean(),
  stride: fc.integer({ min: 1, max: 7 }),
  seated: fc.array(fc.nat({ max: TEAMS.length - 1 }), { minLength: SEATS.length, maxLength: SEATS.length }),
  grouping: fc.constantFrom('derived' as const, 'listed' as const, 'joined' as const, 'both' as const),
  turned: fc.boolean(),
  banks: fc.array(fc.integer({ min: 1_000, max: 1_060 }), { minLength: SEATS.length, maxLength: SEATS.length }),
  cycle: fc.oneof({ weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) }, { weight: 5, arbitrary: fc.integer({ min: 6, max: 60 }) }),
  total: fc.integer({ min: 1, max: 3_000 }),
  short: fc.boolean(),
  standIn: fc.boolean(),
  increment: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })),
  room: fc.option(fc.integer({ min: 0, max: 250 }), { nil: undefined }),
  first: fc.option(fc.nat({ max: SEATS.length - 1 }), { nil: undefined }),
  firstBy: fc.constantFrom('participant' as const, 'group' as const, 'both' as const),
  overrun: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(0, 1, 20, 500) }),
  action,
  outage_policy: fc.constantFrom(undefined, 'charge' as const, 'credit' as const, 'pause' as const),
  auto_advance: fc.constantFrom(undefined, false, true, true, true, true),
  undo: fc.constantFrom(undefined, 0, 1, 3, 20),
  last: fc.option(fc.integer({ min: 1, max: 15 }), { nil: undefined, freq: 2 }),
  extension: fc.option(
    fc.record(
      {
        window_ms: fc.integer({ min: 1, max: 100 }),
        by_ms: fc.integer({ min: 1, max: 40 }),
        mode: fc.constantFrom('add' as const, 'reset' as const),
        max_total_ms: fc.integer({ min: 1, max: 50 }),
        max_count: fc.integer({ min: 1, max: 4 }),
      },
      { requiredKeys: ['window_ms', 'by_ms', 'mode'], noNullPrototype: true },
    ),
    { nil: undefined },
  ),
  starts: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined, freq: 2 }),
});

type Knobs = typeof knobs extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/**
 * Random games of one mode, all of them valid. Banks are the smallest that can be created, cycles and countdowns far
 * smaller.
 */
export function randomGame(sync_mode: SyncMode): fc.Arbitrary<Payload> {
  return knobs.map((drawn) => gameOf(sync_mode, drawn));
}

function gameOf(sync_mode: SyncMode, drawn: Knobs): Payload {
  const bankMode = sync_mode === 'per_participant' || sync_mode === 'per_group';
  const order = bankMode && drawn.order.length === 0 ? [2] : drawn.order;
  const grouping = sync_mode === 'per_group' ? drawn.grouping : 'joined';
  const teamOf = (place: number) => TEAMS[drawn.seated[place] ?? 0] ?? 'red';
  const bankOf = (place: number) => drawn.banks[place] ?? 1_000;
  const participants = order.map((index, place) => ({
    participant_id: SEATS[place] ?? '',
    participant_index: drawn.numbered ? index * drawn.stride : undefined,
    group_id: grouping === 'listed' ? undefined : teamOf(place),
    total_time_ms: sync_mode === 'per_participant' ? bankOf(place) : grouping === 'derived' ? bankOf(drawn.seated[place] ?? 0) : undefined,
  }));
  const used = TEAMS.filter((id) => participants.some((_, place) => teamOf(place) === id));
  if (drawn.turned) used.reverse();
  const lists = grouping === 'listed' || grouping === 'both';
  const groups = used.map((group_id, place) => {
    const members = participants.map(({ participant_id }) => participant_id).filter((_, seatNumber) => teamOf(seatNumber) === group_id);
    const total_time_ms = drawn.short ? bankOf(place) - 999 : bankOf(place);
    return { group_id, total_time_ms, members: lists ? (drawn.turned ? members.toReversed() : members) : undefined };
  });
  const clock: Partial<Payload> = sync_mode === 'per_cycle' ? { time_per_cycle_ms: drawn.cycle } : {};
  if (sync_mode === 'global')
    Object.assign(clock, drawn.standIn ? { time_per_cycle_ms: drawn.total } : { total_time_ms: drawn.total, time_per_cycle_ms: 7 });
  if (drawn.room !== undefined) clock.max_time_ms = sync_mode === 'count_up' ? drawn.total : 1_060 + drawn.room;
  return {
    session_id: 'random-game',
    sync_mode,
    participants,
    ...(sync_mode === 'per_group' && grouping !== 'derived' ? { groups } : {}),
    ...clock,
    increment_ms: drawn.increment,
    ...beginner(drawn, participants, teamOf),
    ...ending(sync_mode, drawn),
    ...(drawn.last === undefined ? {} : { max_cycles: drawn.last }),
    action_on_timeout: drawn.action,
    outage_policy: drawn.outage_policy,
    auto_advance: drawn.auto_advance,
    ...(drawn.undo === undefined ? {} : { undo_depth: drawn.undo }),
    ...(drawn.starts === undefined ? {} : { starts_at: new Date(ORIGIN + drawn.starts).toISOString() }),
  };
}

/** How a clock goes on at its end: below zero, or by extensions. */
function ending(sync_mode: SyncMode, { overrun, extension }: Knobs): Partial<Payload> {
  if (sync_mode === 'count_up') return {};
  const isExtended = extension !== undefined && (sync_mode === 'per_cycle' || sync_mode === 'global');
  return isExtended ? { extension } : { overrun_ms: overrun };
}

/** Who begins, by name, by group or by both. */
function beginner(
  { first, firstBy }: Knobs,
  participants: { participant_id: string }[],
  teamOf: (place: number) => string,
): Partial<Payload> {
  const named = first === undefined ? undefined : participants[first];
  if (first === undefined || named === undefined) return {};
  return {
    ...(firstBy === 'group' ? {} : { active_participant_id: named.participant_id }),
    ...(firstBy === 'participant' ? {} : { active_group_id: teamOf(first) }),
  };
}
