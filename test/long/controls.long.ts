import fc from 'fast-check';
import { duelOfControl } from '../timing/control-duel.ts';
import { duel } from '../timing/duel.ts';
import { checkNeverBelowFloor, checkReplay, checkVersions } from '../timing/laws.ts';
import { randomControl, randomControlGame, randomMoves } from '../timing/random-controls.ts';
import { randomSteps } from '../timing/random-games.ts';

const SEQUENCES = 100_000;

describe(`${SEQUENCES} random games on random time controls`, function () {
  this.timeout(0);
  for (const mode of ['per_participant', 'per_group'] as const) {
    it(`T-202 T-203 in ${mode} every state is the one that counting each millisecond gives, whatever several players do`, () => {
      const property = fc.property(randomControlGame(mode), randomSteps, (game, steps) => {
        const { events } = duel(game, steps).table;
        checkVersions(events);
        checkNeverBelowFloor(events);
        checkReplay(events);
      });
      fc.assert(property, { numRuns: SEQUENCES / 4 });
    });
  }

  it('T-202 T-203 T-232 every bucket holds what taking each millisecond from it leaves, its books balance, and the trail gives it again', () => {
    const property = fc.property(randomControl, randomMoves, (control, moves) => checkReplay(duelOfControl(control, moves).events));
    fc.assert(property, { numRuns: SEQUENCES / 2 });
  });
});
