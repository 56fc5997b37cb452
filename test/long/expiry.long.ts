import { expect } from 'chai';
import { runDeadlinesThroughKill } from '../expiry/deadlines-through-kill.ts';

const SESSIONS = 10_000;

describe('an instance killed with -9 while very many deadlines are armed', () => {
  it(`E-40 each of ${SESSIONS} sessions over two instances expires once, never early, as of its deadline and punctually, and every client knows`, async function () {
    this.timeout(300_000);
    const result = await runDeadlinesThroughKill({ sessions: SESSIONS, spreadMs: 20_000, leadMs: 45_000, exiledEvery: 10, thresholds: [] });
    console.log(result);
    expect(result).to.include({ rows: SESSIONS, rowSessions: SESSIONS, rowsAtDeadline: SESSIONS, toldTwice: 0, toldEarly: 0 });
    expect(result.watchers).to.equal(SESSIONS * 1.1);
    expect(result.knew.count).to.equal(result.watchers);
    expect(result.knew.max, 'every client knows within 5 s').to.be.below(5_000);
    // Ten milliseconds, beyond what the thinnest program needs on a machine as busy as this one is now.
    expect(result.living.p99, 'of the instance that lives').to.be.below(10 + result.control.p99);
    expect(result.orphans.p99, 'of the one that died').to.be.below(1_000);
  });
});
