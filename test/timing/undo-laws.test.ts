import fc from 'fast-check';
import { expect } from 'chai';
import { modeOf } from '#clock';
import type { SessionState, SyncMode, TimeControl, UndoClock } from '#contract';
import { same, Table } from './duel.ts';
import { randomControl } from './random-controls.ts';
import { MODES, randomGame } from './random-games.ts';
import type { Payload } from './reference-seats.ts';

const SEQUENCES = 400;

type Move = 'switch' | 'pause' | 'undo';

const moves = fc.array(
  fc.record({
    wait: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 400 })),
    move: fc.constantFrom<Move[]>('switch', 'switch', 'switch', 'pause', 'undo'),
  }),
  { minLength: 1, maxLength: 25 },
);
const hourglass: fc.Arbitrary<TimeControl> = fc.constant({ stages: [{ time_ms: 2_000 }], hourglass: true });
const controlled = fc
  .record({
    time_control: fc.oneof({ weight: 5, arbitrary: randomControl }, { weight: 1, arbitrary: hourglass }),
    byGroups: fc.boolean(),
  })
  .map(({ time_control, byGroups }): Payload => {
    const participants = ['ann', 'bob', 'cem', 'dua'].map((participant_id, place) => ({
      participant_id,
      group_id: byGroups ? (place % 2 === 0 ? 'red' : 'blue') : undefined,
    }));
    return { session_id: 'controlled', sync_mode: byGroups ? 'per_group' : 'per_participant', participants, time_control };
  });
const anyGame = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<SyncMode[]>(...MODES).chain(randomGame) },
  { weight: 2, arbitrary: controlled },
);
const clocks = fc.constantFrom<UndoClock[]>('restore', 'charge');

/**
 * A game under way, with the states in which its last turns began: as many as can be taken back, and the present one.
 */
function played(game: Payload, steps: { wait: number; move: Move }[]): { table: Table; begun: SessionState[]; now: number } {
  const table = new Table({ ...game, undo_depth: 20 });
  let begun: SessionState[] = [];
  let now = 0;
  const send = (move: Move | 'start' | 'resume') => {
    table.pass(now);
    const refused = table.send({ type: move }, now);
    if (refused !== null) return;
    const { state } = table;
    if (move === 'undo') begun = begun.slice(0, -1);
    else if (move === 'switch') begun.push(state);
  };
  send('start');
  begun = [table.state];
  for (const { wait, move } of steps) {
    now += wait;
    const { cycle_count } = table.state;
    table.pass(now);
    if (table.state.cycle_count !== cycle_count) begun = [table.state];
    if (table.state.status === 'paused') send('resume');
    send(move);
  }
  return { table, begun: begun.slice(-21), now };
}

/** What is left of a state without what names a version, or when it is. */
function whatGoesBack({ version, updated_at, status, cycle_started_at, deadline_at, zero_at, undo_available, ...rest }: SessionState) {
  void [version, updated_at, status, cycle_started_at, deadline_at, zero_at, undo_available];
  if (!modeOf(rest).acrossTurns) return rest;
  const { cycle_time_used_ms, participants, ...turns } = rest;
  void cycle_time_used_ms;
  return {
    ...turns,
    participants: participants.map(({ participant_id, cycle_count, has_gone }) => ({ participant_id, cycle_count, has_gone })),
  };
}

describe('taking back any turns of any game', () => {
  it('UN-2 UN-3 an undo of n turns leads to the state in which the oldest of them began, but for its version and instants', () => {
    fc.assert(
      fc.property(anyGame, moves, fc.integer({ min: 1, max: 20 }), (game, steps, most) => {
        const { table, begun, now } = played(game, steps);
        if (table.state.status !== 'running' && table.state.status !== 'paused') return;
        const available = begun.length - 1;
        expect(table.state.undo_available).to.equal(available);
        const turns = Math.min(most, available);
        if (turns === 0) return;
        const { status } = table.state;
        expect(table.send({ type: 'undo', turns }, now)).to.equal(null);
        same(whatGoesBack(table.state), whatGoesBack(begun.at(-1 - turns) as SessionState), `the state ${turns} turns ago`);
        expect(table.state).to.include({ status, undo_available: available - turns });
        expect(table.state.cycle_started_at).to.equal(status === 'running' ? table.state.updated_at : null);
      }),
      { numRuns: SEQUENCES },
    );
  });

  it('UN-12 taking back a turns and then b turns leads to the same state and history as taking back a + b', () => {
    fc.assert(
      fc.property(anyGame, moves, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), clocks, (game, steps, a, b, clock) => {
        const [twice, once] = [played(game, steps), played(game, steps)];
        const refused = once.table.send({ type: 'undo', turns: a + b, clock }, once.now);
        if (refused !== null) return;
        expect(twice.table.send({ type: 'undo', turns: a, clock }, twice.now)).to.equal(null);
        expect(twice.table.send({ type: 'undo', turns: b, clock }, twice.now)).to.equal(null);
        same({ ...twice.table.state, version: once.table.state.version }, once.table.state, 'the state');
        same(twice.table.history, once.table.history, 'what can still be taken back');
      }),
      { numRuns: SEQUENCES },
    );
  });
});
