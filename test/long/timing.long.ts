import fc from 'fast-check';
import { everyLawHolds, everyProgrammeHolds } from '../timing/every-law.ts';
import { MODES } from '../timing/random-games.ts';

const SEQUENCES = 100_000;

describe(`${SEQUENCES} random sequences of commands`, function () {
  this.timeout(0);
  for (const mode of MODES) {
    it(`T-70 T-71 T-72 T-73 T-74 in ${mode} every state and event is the one that counting each millisecond gives`, () => {
      fc.assert(everyLawHolds(mode), { numRuns: SEQUENCES / MODES.length });
    });
  }

  it('T-70 T-71 T-72 T-73 T-74 PG-1 in a programme every state and event is the one that counting each millisecond gives', () => {
    fc.assert(everyProgrammeHolds(), { numRuns: SEQUENCES / MODES.length });
  });
});
