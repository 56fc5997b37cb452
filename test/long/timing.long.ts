import fc from 'fast-check';
import { duel } from '../timing/duel.ts';
import { checkConservation, checkLateness, checkNeverBelowFloor, checkReplay, checkVersions } from '../timing/laws.ts';
import { MODES, randomGame, randomSteps } from '../timing/random-games.ts';

const SEQUENCES = 100_000;

describe(`${SEQUENCES} random sequences of commands`, function () {
  this.timeout(0);
  for (const mode of MODES) {
    it(`T-70 T-71 T-72 T-73 T-74 ${mode}`, () => {
      const property = fc.property(randomGame(mode), randomSteps, fc.integer({ min: 1, max: 40 }), (game, steps, stride) => {
        const played = duel(game, steps);
        const { events } = played.table;
        checkConservation(game, events);
        checkVersions(events);
        checkNeverBelowFloor(events);
        checkLateness(game, played, stride);
        checkReplay(events);
      });
      fc.assert(property, { numRuns: SEQUENCES / MODES.length });
    });
  }
});
