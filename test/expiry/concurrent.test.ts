import { expect } from 'chai';
import { runClocksThroughKill } from './clocks-through-kill.ts';

describe('concurrent clocks while an instance is killed with -9', () => {
  it('CC-61 each of 200 clocks in two sessions falls once, at its deadline, and those that share an instant share a version', async () => {
    const report = await runClocksThroughKill({ sessions: 2, clocks: 100, leadMs: 3_000, spreadMs: 2_000 });
    expect(report).to.include({ fallen: 200, once: 200, atDeadline: 200, over: 2, verified: 2 });
    expect(report.rows).to.equal(report.instants);
  });
});
