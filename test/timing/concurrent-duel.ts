import { expect } from 'chai';
import fc from 'fast-check';
import type { CreatePayload, SessionState } from '#contract';
import { catchUp } from '../../server/domain/catch-up.ts';
import { create } from '../../server/domain/create.ts';
import { decide, type TimerCommand } from '../../server/domain/decide.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import type { Outage } from '../../server/domain/outage.ts';
import { checkReplay } from './laws.ts';
import { ORIGIN } from './random-games.ts';
import { Hall, shown, told } from './reference-hall.ts';

/** What happens so many milliseconds after what was before; a command may have arrived before it is decided. */
export interface Order {
  after: number;
  behind: number;
  command: TimerCommand | { type: 'outage'; ms: number };
}

const NAMES = ['ann', 'ben', 'cem', 'dan'];
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const name = fc.constantFrom(...NAMES);
const span = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 900 }));

const command: fc.Arbitrary<Order['command']> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('start' as const), participant_id: maybe(name) }) },
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
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('switch' as const),
      current_participant_id: maybe(name),
      cycle_count: maybe(fc.integer({ min: 0, max: 3 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('complete' as const, 'cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('outage' as const), ms: fc.integer({ min: 1, max: 700 }) }) },
);

export const orders: fc.Arbitrary<Order[]> = fc.array(
  fc.record({
    after: span,
    behind: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) }),
    command,
  }),
  { minLength: 1, maxLength: 14 },
);

/** A concurrent session of any mode; few milliseconds, so that much happens at one instant. */
export const halls: fc.Arbitrary<CreatePayload> = fc
  .record({
    sync_mode: fc.constantFrom('per_participant' as const, 'per_cycle' as const, 'count_up' as const),
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
  })
  .map(({ sync_mode, time, seats, closes, auto_advance, hasCeiling, late_finish_ms, ends, outage_policy }) => {
    const game: CreatePayload = { sync_mode, concurrent: true, auto_advance, outage_policy, closes_at: isoAfter(closes) };
    if (sync_mode === 'per_cycle') game.time_per_cycle_ms = time;
    if (sync_mode === 'count_up' && hasCeiling) game.max_time_ms = time;
    if (sync_mode === 'per_participant') game.late_finish_ms = late_finish_ms;
    if (ends !== undefined) game.action_on_timeout = { type: ends };
    const total_time_ms = sync_mode === 'per_participant' ? time : undefined;
    game.participants = seats.map(({ closes: own, time_factor, extra_time_ms }, n) => {
      return { participant_id: NAMES[n] ?? '', total_time_ms, time_factor, extra_time_ms, closes_at: isoAfter(own) };
    });
    return game;
  });

function isoAfter(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ORIGIN + ms).toISOString();
}

/** Plays the same on the server's rules and on the reference, and compares after each event. */
export function playHall(game: CreatePayload, given: readonly Order[]): SessionEvent[] {
  const created = create({ ...game, session_id: 'hall' }, ORIGIN);
  if (!created.ok) throw new Error(created.message);
  const hall = new Hall(game, ORIGIN);
  const events = [created.event];
  const outages: Outage[] = [];
  let { state } = created.event;
  let now = ORIGIN;
  const add = (event: SessionEvent): void => {
    events.push(event);
    state = event.state;
  };
  const catchUpTo = (until: number): void => {
    for (const event of catchUp(state, until, outages)) add(event);
  };
  for (const { after, behind, command: order } of given) {
    now += after;
    hall.pass(now);
    catchUpTo(now);
    if (order.type === 'outage') {
      outages.push({ from: now, to: now + order.ms });
      hall.outage(order.ms);
      now += order.ms;
      catchUpTo(now);
    } else {
      const arrival = Math.max(ORIGIN, now - behind);
      const decision = decide(state, order, order.type === 'finish' ? arrival : now);
      // Whoever decides a command that arrived earlier records it no earlier than the last event.
      const isEarly = order.type === 'finish' && Math.max(arrival, Date.parse(state.updated_at)) < now;
      if (isEarly) continue;
      const effect = hall.play(order, arrival);
      expect(decision.ok, `${JSON.stringify(order)} at ${now - ORIGIN}`).to.equal(effect);
      if (decision.ok) add(decision.event);
    }
    compare(hall, state, events);
  }
  checkReplay(events);
  return events;
}

function compare(hall: Hall, state: SessionState, events: readonly SessionEvent[]): void {
  expect(events.map(({ event_type, at }) => `${event_type} ${at - ORIGIN}`)).to.deep.equal(
    hall.notes.map(({ type, at }) => `${type} ${at - ORIGIN}`),
  );
  expect(state).to.include({ status: hall.status, cycle_count: hall.cycle, version: hall.notes.length });
  for (const [n, { ids }] of hall.notes.entries()) {
    const { metadata, participant_id } = events[n] ?? {};
    if (ids.length > 0) expect(metadata?.['participant_ids'] ?? [participant_id]).to.deep.equal(ids);
  }
  if (Date.parse(state.updated_at) !== hall.now) return;
  expect(shown(state)).to.deep.equal(told(hall));
}
