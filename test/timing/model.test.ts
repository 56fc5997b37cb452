import fc from 'fast-check';
import { duel } from './duel.ts';
import { checkConservation, checkLateness, checkNeverBelowFloor, checkReplay, checkVersions } from './laws.ts';
import { MODES, randomGame, randomSteps } from './random-games.ts';

/**
 * Sequences a mode; `npm run test:long` plays 20,000. A failure prints the seed, which `fc.assert(…, { seed, path })`
 * plays again.
 */
const SEQUENCES = 250;

describe('any sequence of commands and outages, at any instants', () => {
  for (const mode of MODES) {
    it(`T-70 T-71 T-72 T-73 T-74 ${mode}: every state is as if somebody had counted each millisecond, and every law of time holds`, () => {
      const property = fc.property(randomGame(mode), randomSteps, fc.integer({ min: 1, max: 40 }), (game, steps, stride) => {
        const played = duel(game, steps);
        const { events } = played.table;
        checkConservation(game, events);
        checkVersions(events);
        checkNeverBelowFloor(events);
        checkLateness(game, played, stride);
        checkReplay(events);
      });
      fc.assert(property, { numRuns: SEQUENCES });
    });
  }
});
