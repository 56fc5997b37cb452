import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { FewAtOnce } from '../../server/util/few-at-once.ts';
import { SharedWork } from '../../server/util/shared-work.ts';

/** Runs that end when they are told to, each with its number. */
function runs() {
  const ends: ((error?: Error) => void)[] = [];
  const work = () => {
    const number = ends.length + 1;
    return new Promise<number>((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve(number) : reject(error)));
    });
  };
  return { work, begun: () => ends.length, end: (number: number, error?: Error) => ends[number - 1]?.(error) };
}

describe('work that many share', () => {
  it('Q-81 calls during a run share the next run, which begins when this one has ended', async () => {
    const shared = new SharedWork<number>();
    const { work, begun, end } = runs();
    const first = shared.run('a', work);
    const others = [shared.run('a', work), shared.run('a', work)];
    expect(begun(), 'one at a time').to.equal(1);
    end(1);
    expect(await first).to.equal(1);
    await turn();
    expect(begun()).to.equal(2);
    const late = shared.run('a', work);
    end(2);
    expect(await Promise.all(others)).to.deep.equal([2, 2]);
    await turn();
    expect(begun(), 'who came during the second run waits for the third').to.equal(3);
    end(3);
    expect(await late).to.equal(3);
    await turn();
    const alone = shared.run('a', work);
    expect(begun(), 'nothing is kept').to.equal(4);
    end(4);
    expect(await alone).to.equal(4);
  });

  it('Q-81 a run that fails rejects for all that shared it, and different keys are independent', async () => {
    const shared = new SharedWork<number>();
    const { work, begun, end } = runs();
    const first = shared.run('a', work).catch((error: Error) => error.message);
    const next = shared.run('a', work);
    const other = shared.run('b', work);
    expect(begun()).to.equal(2);
    end(2);
    expect(await other).to.equal(2);
    end(1, new Error('lost'));
    expect(await first).to.equal('lost');
    await turn();
    end(3);
    expect(await next).to.equal(3);
  });
});

describe('few at once', () => {
  it('Q-82 only so many pieces of work of a key run at a time; the others follow in the order in which they came', async () => {
    const few = new FewAtOnce(2);
    const { work, begun, end } = runs();
    const results = Array.from({ length: 4 }, () => few.run('a', work));
    expect(begun()).to.equal(2);
    const other = few.run('b', work);
    expect(begun(), 'of another key').to.equal(3);
    end(2);
    expect(await results[1]).to.equal(2);
    await turn();
    expect(begun()).to.equal(4);
    end(1, new Error('lost'));
    expect(await results[0]?.catch((error: Error) => error.message)).to.equal('lost');
    await turn();
    expect(begun(), 'one that fails makes room too').to.equal(5);
    for (const number of [3, 4, 5]) end(number);
    expect(await Promise.all([other, results[2], results[3]])).to.deep.equal([3, 4, 5]);
    void few.run('a', work);
    void few.run('a', work);
    void few.run('a', work);
    expect(begun(), 'all places are back').to.equal(7);
    for (const number of [6, 7]) end(number);
  });

  it('Q-83 all work that waits behind an outage is rejected at once, instead of meeting the outage one after the other', async () => {
    const outage = new Error('Redis is out of reach');
    const few = new FewAtOnce(1, (error) => error === outage);
    const { work, begun, end } = runs();
    const results = Array.from({ length: 3 }, () => few.run('a', work).catch((error: unknown) => error));
    const other = few.run('b', work);
    end(1, outage);
    expect(await Promise.all(results)).to.deep.equal([outage, outage, outage]);
    expect(begun(), 'nothing more was tried for a').to.equal(2);
    end(2);
    expect(await other, 'others are not concerned').to.equal(2);
    const next = few.run('a', work);
    expect(begun(), 'the place is back').to.equal(3);
    end(3);
    expect(await next).to.equal(3);
  });
});
