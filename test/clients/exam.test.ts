import { expect } from 'chai';
import { runExam } from './exam.ts';

describe('an exam over two instances, every student with a client of their own', () => {
  it('CC-68 in an exam of forty students, some with more time, some late, every clock ends as its student ends it or falls, and the trail verifies', async () => {
    const { state, refused, seen, versions, rows, findings } = await runExam({
      students: 40,
      processes: 1,
      startsMs: 1_000,
      timeMs: 6_000,
    });
    expect(refused).to.deep.equal([]);
    expect(seen).to.equal(40);
    expect(state.participants.filter(({ clock_status }) => clock_status === 'finished')).to.have.lengthOf(32);
    expect(state.participants.filter(({ clock_status }) => clock_status === 'expired')).to.have.lengthOf(8);
    expect([...new Set(versions)]).to.deep.equal([state.version]);
    expect([rows, findings]).to.deep.equal([state.version, 0]);
  });
});
