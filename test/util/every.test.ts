import { expect } from 'chai';
import { every } from '../../server/util/every.ts';

describe('every', () => {
  it('D-30 repeated work goes on after an error, ends at once when it is stopped while it waits, and reports no error then', async () => {
    const stop = new AbortController();
    const errors: unknown[] = [];
    let times = 0;
    const work = async () => {
      times++;
      if (times === 1) throw new Error('the first time');
      if (times === 3) stop.abort();
      if (times === 3) throw new Error('the last time');
    };
    await every(1, stop.signal, work, (error) => errors.push((error as Error).message));
    expect(times).to.equal(3);
    expect(errors).to.deep.equal(['the first time']);
    const idle = new AbortController();
    const waiting = every(3_600_000, idle.signal, work, (error) => errors.push(error));
    idle.abort();
    await waiting;
    expect(times).to.equal(3);
    expect(errors).to.have.length(1);
  });
});
