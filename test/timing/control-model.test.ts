import fc from 'fast-check';
import { checkReplay } from './laws.ts';
import { duelOfControl } from './control-duel.ts';
import { randomControl, randomMoves } from './random-controls.ts';

/** Sequences; `npm run test:long` plays 100,000. */
const SEQUENCES = 500;

describe('any time control, and any turns on it', () => {
  it('T-202 every state is as if somebody had taken each millisecond from its bucket', () => {
    fc.assert(
      fc.property(randomControl, randomMoves, (control, moves) => void duelOfControl(control, moves)),
      { numRuns: SEQUENCES },
    );
  });

  it('T-203 the trail of a game with a time control gives every state again', () => {
    const property = fc.property(randomControl, randomMoves, (control, moves) => {
      checkReplay(duelOfControl(control, moves).events);
    });
    fc.assert(property, { numRuns: SEQUENCES / 5 });
  });
});
