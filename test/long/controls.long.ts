import fc from 'fast-check';
import { duelOfControl } from '../timing/control-duel.ts';
import { checkReplay } from '../timing/laws.ts';
import { randomControl, randomMoves } from '../timing/random-controls.ts';

const SEQUENCES = 100_000;

describe(`${SEQUENCES} random games on random time controls`, function () {
  this.timeout(0);
  it('T-202 T-203 every bucket is as if somebody had taken each millisecond from it, and the trail gives it again', () => {
    const property = fc.property(randomControl, randomMoves, (control, moves) => checkReplay(duelOfControl(control, moves).events));
    fc.assert(property, { numRuns: SEQUENCES });
  });
});
