import fc from 'fast-check';
import type { CreatePayload, ItemInput, ParticipantEdit } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { ORIGIN } from './random-games.ts';
import type { Hall } from './reference-hall.ts';

const DAY = 86_400_000;

/** What happens so many milliseconds after what was before; a command may have arrived before it is decided. */
export interface Order {
  after: number;
  behind: number;
  command: TimerCommand | Wish;
}

/** What is drawn for a step whose command depends on the moment and on the programme as it then is; times from now. */
export type Wish =
  | { type: 'outage'; ms: number }
  | { type: 'jump'; item: number }
  | { type: 'plan'; starts: number | undefined; closes: number | undefined; participant_id: string | undefined }
  | {
      type: 'people';
      entries: { participant_id: string; does: 'join' | 'withdraw' | 'return'; factor: number | undefined; closes: number | undefined }[];
    }
  | { type: 'rewrite'; without: number[]; more: number[]; swap: boolean };

const NAMES = ['ann', 'ben', 'cem', 'dan'];
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const seldom = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const name = fc.constantFrom(...NAMES);
const span = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 900 }));

/** So many milliseconds from now; mostly soon, at times now or too far ahead. */
const ahead = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 900 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 400 * DAY, 400 * DAY + 1) },
);

const start = fc.record({ type: fc.constant('start' as const), participant_id: maybe(name) });
const plan = fc.record({ type: fc.constant('plan' as const), starts: maybe(ahead), closes: maybe(ahead), participant_id: maybe(name) });

const entry = fc.record({
  participant_id: fc.constantFrom(...NAMES, 'eve', 'fay'),
  does: fc.constantFrom('join' as const, 'withdraw' as const, 'withdraw' as const, 'return' as const),
  factor: maybe(fc.constantFrom(1, 1.25, 1.33)),
  closes: seldom(fc.integer({ min: 1, max: 3_000 })),
});

const command: fc.Arbitrary<Order['command']> = fc.oneof(
  { weight: 2, arbitrary: start },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const), participant_id: maybe(name) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('finish' as const), participant_id: name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('adjust' as const),
      participant_id: maybe(name),
      delta_ms: fc.integer({ min: -600, max: 600 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('switch' as const),
      current_participant_id: seldom(name),
      cycle_count: seldom(fc.integer({ min: 0, max: 3 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('jump' as const), item: fc.nat({ max: 6 }) }) },
  { weight: 1, arbitrary: plan },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('rewrite' as const),
      without: fc.array(fc.nat({ max: 4 }), { maxLength: 2 }),
      more: fc.array(fc.integer({ min: 1_000, max: 1_003 }), { maxLength: 2 }),
      swap: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('people' as const), entries: fc.array(entry, { minLength: 1, maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('extend' as const), participant_id: maybe(name) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('complete' as const, 'cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('outage' as const), ms: fc.integer({ min: 1, max: 700 }) }) },
);

const behind = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) });
const order = fc.record({ after: span, behind, command });

/** Nearly all begin with a start, now or planned, so that there is something to play. */
const beginning = fc.record({
  after: fc.integer({ min: 0, max: 200 }),
  behind: fc.constant(0),
  command: fc.oneof({ weight: 3, arbitrary: start }, { weight: 1, arbitrary: plan }, { weight: 1, arbitrary: command }),
});

export const orders: fc.Arbitrary<Order[]> = fc
  .tuple(fc.array(order, { maxLength: 2 }), beginning, fc.array(order, { maxLength: 14 }))
  .map(([before, begins, after]) => before.concat(begins, after));

const item = fc.record({ time_ms: maybe(fc.integer({ min: 1_000, max: 1_003 })), auto_advance: maybe(fc.boolean()) });

/**
 * A concurrent session of any mode, with or without a programme and a planned start; few milliseconds, so that much
 * happens at one instant.
 */
export const halls: fc.Arbitrary<CreatePayload> = fc
  .record({
    sync_mode: fc.constantFrom('per_participant' as const, 'per_cycle' as const, 'per_cycle' as const, 'count_up' as const),
    time: fc.integer({ min: 1_000, max: 1_003 }),
    seats: fc.array(
      fc.record({
        time_factor: maybe(fc.constantFrom(1, 1.01, 1.25, 1.33)),
        extra_time_ms: maybe(fc.integer({ min: 0, max: 3 })),
        closes: maybe(fc.integer({ min: 1, max: 3_000 })),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    closes: maybe(fc.integer({ min: 1, max: 3_000 })),
    auto_advance: fc.boolean(),
    hasCeiling: fc.boolean(),
    late_finish_ms: maybe(fc.integer({ min: 0, max: 400 })),
    ends: maybe(fc.constantFrom('end_session', 'skip_cycle')),
    outage_policy: fc.constantFrom('charge' as const, 'credit' as const, 'pause' as const),
    starts: seldom(fc.integer({ min: 1, max: 900 })),
    list: maybe(fc.array(item, { minLength: 1, maxLength: 4 })),
    rounds: fc.constantFrom(undefined, 1, 2),
    last: maybe(fc.integer({ min: 1, max: 3 })),
    overrun: seldom(fc.integer({ min: 1, max: 300 })),
  })
  .map(({ sync_mode, time, seats, auto_advance, hasCeiling, late_finish_ms, ends, outage_policy, list, rounds, last, ...drawn }) => {
    // A closing lies after a planned start.
    const after = (closes: number | undefined) => isoAfter(closes === undefined ? undefined : closes + (drawn.starts ?? 0));
    const game: CreatePayload = { sync_mode, concurrent: true, auto_advance, outage_policy, closes_at: after(drawn.closes) };
    if (drawn.starts !== undefined) game.starts_at = isoAfter(drawn.starts);
    if (sync_mode === 'per_cycle') {
      game.time_per_cycle_ms = time;
      // As it comes over the wire: without fields that are undefined.
      if (list !== undefined) Object.assign(game, JSON.parse(JSON.stringify({ items: list, rounds })));
      else if (last !== undefined) game.max_cycles = last;
    }
    if (sync_mode === 'count_up' && hasCeiling) game.max_time_ms = time;
    if (sync_mode === 'per_participant') game.late_finish_ms = late_finish_ms;
    if (sync_mode !== 'count_up' && drawn.overrun !== undefined) game.overrun_ms = drawn.overrun;
    if (ends !== undefined) game.action_on_timeout = { type: ends };
    const total_time_ms = sync_mode === 'per_participant' ? time : undefined;
    game.participants = seats.map(({ closes: own, time_factor, extra_time_ms }, n) => {
      return { participant_id: NAMES[n] ?? '', total_time_ms, time_factor, extra_time_ms, closes_at: after(own) };
    });
    return game;
  });

function isoAfter(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ORIGIN + ms).toISOString();
}

type Entry = Extract<Wish, { type: 'people' }>['entries'][number];

/** Who joins gives what the mode asks for, and a closing behind a planned start. */
function editOf({ participant_id, does, factor, closes }: Entry, { now, starts, banks, status }: Hall): ParticipantEdit {
  if (does !== 'join') return { participant_id, withdrawn: does === 'withdraw' };
  const from = status === 'pending' ? Math.max(now, starts ?? 0) : now;
  const closing = closes === undefined ? {} : { closes_at: new Date(from + closes).toISOString() };
  return {
    participant_id,
    ...(banks ? { total_time_ms: 1_002 } : {}),
    ...(factor === undefined ? {} : { time_factor: factor }),
    ...closing,
  };
}

/** What a drawn command means at this moment. */
export function commandOf(drawn: Exclude<Order['command'], { type: 'outage' }>, hall: Hall): TimerCommand {
  const { now, sheet } = hall;
  const { lines = [] } = sheet ?? {};
  switch (drawn.type) {
    case 'plan': {
      const from = (ms: number | undefined) => (ms === undefined ? undefined : isoAfter(now - ORIGIN + ms));
      return { type: 'schedule', starts_at: from(drawn.starts), closes_at: from(drawn.closes), participant_id: drawn.participant_id };
    }
    case 'people':
      return { type: 'edit', participants: drawn.entries.map((one) => editOf(one, hall)) };
    case 'jump':
      return { type: 'switch', next_item_id: lines[drawn.item]?.given.item_id ?? 'stranger' };
    case 'rewrite': {
      const kept = lines.filter((_, place) => !drawn.without.includes(place));
      const items: ItemInput[] = structuredClone(kept.map(({ given }) => given));
      if (drawn.swap && items.length > 1) items.push(...items.splice(-2, 1));
      items.push(...drawn.more.map((time_ms, place) => ({ item_id: `more-${place}`, time_ms })));
      return { type: 'edit', items: items.length === 0 ? [{ time_ms: 1_000 }] : items };
    }
    default:
      return drawn;
  }
}
