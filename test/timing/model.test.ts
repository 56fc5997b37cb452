import fc from 'fast-check';
import { everyLawHolds, everyProgrammeHolds } from './every-law.ts';
import { MODES } from './random-games.ts';

/**
 * Sequences a mode; `npm run test:long` plays 20,000. A failure prints the seed, which `fc.assert(…, { seed, path })`
 * plays again.
 */
const SEQUENCES = 250;

describe('any sequence of commands and outages, at any instants', () => {
  for (const mode of MODES) {
    it(`T-70 T-71 T-72 T-73 T-74 in ${mode} every state and event is the one that counting each millisecond gives, and every law of time holds`, () => {
      fc.assert(everyLawHolds(mode), { numRuns: SEQUENCES });
    });
  }

  it('T-70 T-71 T-72 T-73 T-74 PG-1 in a programme every state and event is the one that counting each millisecond gives, and every law of time holds', () => {
    fc.assert(everyProgrammeHolds(), { numRuns: SEQUENCES });
  });
});
