import fc from 'fast-check';
import { duelOfControl } from './control-duel.ts';
import { duel } from './duel.ts';
import { checkNeverBelowFloor, checkReplay, checkVersions } from './laws.ts';
import { randomControl, randomControlGame, randomMoves } from './random-controls.ts';
import { randomSteps } from './random-games.ts';

/** Sequences; `npm run test:long` plays 100,000. */
const SEQUENCES = 500;

describe('any time control, and any turns on it', () => {
  for (const mode of ['per_participant', 'per_group'] as const) {
    it(`T-202 in ${mode} every state and every event is the one that taking each millisecond from its bucket gives, whatever several players do`, () => {
      const property = fc.property(randomControlGame(mode), randomSteps, (game, steps) => {
        const { events } = duel(game, steps).table;
        checkVersions(events);
        checkNeverBelowFloor(events);
        checkReplay(events);
      });
      fc.assert(property, { numRuns: SEQUENCES / 2 });
    });
  }

  it('T-202 T-232 every bucket holds what taking each millisecond from it leaves, and its books balance, whatever turns, pauses and adjustments follow', () => {
    fc.assert(
      fc.property(randomControl, randomMoves, (control, moves) => void duelOfControl(control, moves)),
      { numRuns: SEQUENCES },
    );
  });

  it('T-203 the trail of a session with a time control gives every state again', () => {
    const property = fc.property(randomControl, randomMoves, (control, moves) => {
      checkReplay(duelOfControl(control, moves).events);
    });
    fc.assert(property, { numRuns: SEQUENCES / 5 });
  });
});
