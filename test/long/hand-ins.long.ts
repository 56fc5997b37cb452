import { expect } from 'chai';
import { percentile } from '../../bench/kit/statistics.ts';
import { handInTogether } from '../clients/hand-ins.ts';

const STUDENTS = 1_000;
/** Longest that a switch of another session may take, ms at the 99th percentile. */
const P99_MS = 50;

/** As `npm run start:server` and the image start an instance. */
const AS_STARTED = { NODE_OPTIONS: '--max-semi-space-size=32' };

describe('a thousand students who hand in at once', function () {
  this.timeout(180_000);

  it(`HC-90 all hand-ins of a thousand students are accepted, switches of others stay under ${P99_MS} ms at the 99th percentile, and nothing is an outage`, async () => {
    const report = await handInTogether({ students: STUDENTS, processes: 4, withinMs: 1_000, settings: AS_STARTED });
    const { accepted, refused, took, tookMs, behind, quiet, during, outages, scripts, instanceMs, instanceMiB, state } = report;
    const waits = [0.5, 0.99, 1].map((share) => Math.round(percentile(took, share)));
    console.log({ accepted, refused, tookMs: Math.round(tookMs), waits, behind, quiet, during, outages, scripts, instanceMs, instanceMiB });
    expect({ accepted, refused, behind, outages }).to.deep.equal({ accepted: STUDENTS, refused: {}, behind: 0, outages: [] });
    expect(state.status).to.equal('completed');
    expect(during).to.deep.include({ refused: 0, unanswered: [], skipped: 0 });
    expect(during.p99).to.be.below(P99_MS);
  });
});
