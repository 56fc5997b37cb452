import fc from 'fast-check';
import type { SyncMode } from '#contract';
import { duel } from './duel.ts';
import { checkConservation, checkLateness, checkNeverNegative, checkReplay, checkVersions } from './laws.ts';
import { MODES, randomGame, randomSteps } from './random-games.ts';

/**
 * Sequences a mode; `npm run test:long` plays 20,000. A failure prints the seed, which `fc.assert(…, { seed, path })`
 * plays again.
 */
const SEQUENCES = 250;

describe('any sequence of commands, at any instants', () => {
  for (const mode of MODES) {
    it(`T-70 ${mode}: every state and every event is as if somebody had counted each millisecond`, () => {
      fc.assert(
        fc.property(randomGame(mode), randomSteps, (game, steps) => void duel(game, steps)),
        { numRuns: SEQUENCES },
      );
    });
  }

  const anyMode = fc.constantFrom<SyncMode[]>(...MODES).chain(randomGame);
  it('T-71 no time is lost or invented', () => {
    const property = fc.property(anyMode, randomSteps, (game, steps) => checkConservation(game, duel(game, steps).table.events));
    fc.assert(property, { numRuns: SEQUENCES });
  });

  it('T-72 versions grow by one, instants never go back, no clock shows less than nothing', () => {
    const property = fc.property(anyMode, randomSteps, (game, steps) => {
      const { events } = duel(game, steps).table;
      checkVersions(events);
      checkNeverNegative(events);
    });
    fc.assert(property, { numRuns: SEQUENCES });
  });

  it('T-73 how late an expiry is noticed changes nothing', () => {
    const property = fc.property(anyMode, randomSteps, fc.integer({ min: 1, max: 40 }), (game, steps, stride) => {
      const { table, orders } = duel(game, steps);
      checkLateness(game, orders, table.events, stride);
    });
    fc.assert(property, { numRuns: SEQUENCES });
  });

  it('T-74 the trail played again gives every state again', () => {
    fc.assert(
      fc.property(anyMode, randomSteps, (game, steps) => checkReplay(duel(game, steps).table.events)),
      { numRuns: SEQUENCES },
    );
  });
});
