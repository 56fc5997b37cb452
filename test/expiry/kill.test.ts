import { expect } from 'chai';
import { runDeadlinesThroughKill } from './deadlines-through-kill.ts';

const SESSIONS = 500;

describe('an instance killed with -9 while deadlines are armed', () => {
  it(`E-40 W-8 each of ${SESSIONS} sessions over two instances is warned once, expires once, never early and as of its deadline, and every client knows`, async () => {
    const result = await runDeadlinesThroughKill({
      sessions: SESSIONS,
      spreadMs: 4_000,
      leadMs: 5_000,
      exiledEvery: 5,
      thresholds: [900, 600],
    });
    console.log(`      ${JSON.stringify(result)}`);
    expect(result).to.include({ rows: SESSIONS, rowSessions: SESSIONS, rowsAtDeadline: SESSIONS, toldTwice: 0, toldEarly: 0 });
    expect(result.watchers).to.equal(SESSIONS + SESSIONS / 5);
    expect(result.knew.count).to.equal(result.watchers);
    expect(result.orphans.count, 'deadlines after the kill').to.be.above(SESSIONS / 20);
    expect(result.warnedTwice).to.equal(0);
    // A warning that the killed instance had claimed and not yet sent is lost, since each is sent at most once.
    expect(result.warnings).to.be.within(2 * SESSIONS - 10, 2 * SESSIONS);
    // What is promised is 5 s, on a machine that has time for it.
    expect(result.knew.max, 'ms until every client knows').to.be.below(15_000);
  });
});
