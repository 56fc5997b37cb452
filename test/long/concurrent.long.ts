import { expect } from 'chai';
import fc from 'fast-check';
import { runExam } from '../clients/exam.ts';
import { runClocksThroughKill } from '../expiry/clocks-through-kill.ts';
import { playHall } from '../timing/concurrent-duel.ts';
import { halls, orders } from '../timing/random-halls.ts';

const SEQUENCES = 50_000;

describe('very many concurrent clocks', function () {
  this.timeout(0);

  it(`CC-60 ${SEQUENCES} random sequences in concurrent sessions lead to what the reference counts`, () => {
    fc.assert(
      fc.property(halls, orders, (game, given) => void playHall(game, given)),
      { numRuns: SEQUENCES },
    );
  });

  it('CC-61 each of 2000 clocks in 20 sessions over two instances, one of them killed with -9, falls once at its deadline', async () => {
    const report = await runClocksThroughKill({ sessions: 20, clocks: 100, leadMs: 10_000, spreadMs: 20_000 });
    console.log(report);
    expect(report).to.include({ fallen: 2_000, once: 2_000, atDeadline: 2_000, over: 20, verified: 20 });
    expect(report.rows).to.equal(report.instants);
  });

  it('CC-68 in an exam of 1000 students over two instances all hand in or fall, screens agree within 50 ms, and the trail has less than 40 MB', async () => {
    const exam = { students: 1_000, processes: 4, startsMs: 20_000, timeMs: 60_000 };
    const { state, refused, seen, apart, versions, rows, findings, megabytes } = await runExam(exam);
    const reasons = [...new Set(refused.map((text) => text.replace(/^s\d+: /, '').replaceAll(/s\d+/g, 'somebody')))];
    console.log({ seen, apart, rows, findings, megabytes, refused: refused.length, reasons: reasons.slice(0, 5) });
    expect(refused).to.deep.equal([]);
    expect(seen).to.equal(1_000);
    expect(state.participants.filter(({ clock_status }) => clock_status === 'finished')).to.have.lengthOf(800);
    expect([...new Set(versions)]).to.deep.equal([state.version]);
    expect([rows, findings]).to.deep.equal([state.version, 0]);
    expect(megabytes).to.be.below(40);
    expect(apart).to.be.at.most(50);
  });
});
