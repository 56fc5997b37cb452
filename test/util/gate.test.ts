import { expect } from 'chai';
import { Gate } from '../../server/util/gate.ts';

/** Work that ends when it is told to. */
function piece() {
  let end = (_result: string): void => {};
  const ended = new Promise<string>((resolve) => (end = resolve));
  let begun = false;
  const work = () => {
    begun = true;
    return ended;
  };
  return { work, end: (result: string) => end(result), isBegun: () => begun };
}

describe('a gate', () => {
  it('A-79 a gate lets only so many in at a time; the others follow in the order in which they came', async () => {
    const gate = new Gate({ places: 2, patienceMs: 60_000 });
    const pieces = [piece(), piece(), piece(), piece()];
    const results = pieces.map(({ work }) => gate.run(work));
    expect(pieces.map(({ isBegun }) => isBegun())).to.deep.equal([true, true, false, false]);
    pieces[1]?.end('b');
    expect(await results[1]).to.equal('b');
    pieces[2]?.end('c');
    expect(await results[2]).to.equal('c');
    expect(pieces[3]?.isBegun()).to.equal(true);
    pieces[0]?.end('a');
    pieces[3]?.end('d');
    expect(await Promise.all(results)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('A-79 a gate returns null for work that has waited too long', async () => {
    const gate = new Gate({ places: 1, patienceMs: 10 });
    const long = piece();
    const first = gate.run(long.work);
    const second = piece();
    expect(await gate.run(second.work)).to.equal(null);
    expect(second.isBegun()).to.equal(false);
    long.end('done');
    expect(await first).to.equal('done');
    expect(await gate.run(async () => 'next')).to.equal('next');
  });

  it('A-79 a key has only one place in a gate, so its waiting work holds up no other key', async () => {
    const gate = new Gate({ places: 2, patienceMs: 60_000 });
    const pieces = [piece(), piece(), piece()];
    const results = [gate.run(pieces[0]!.work, 'anna'), gate.run(pieces[1]!.work, 'anna'), gate.run(pieces[2]!.work, 'ben')];
    expect(pieces.map(({ isBegun }) => isBegun())).to.deep.equal([true, false, true]);
    pieces[0]?.end('a');
    expect(await results[0]).to.equal('a');
    expect(pieces[1]?.isBegun()).to.equal(true);
    for (const one of pieces) one.end('z');
    expect(await Promise.all(results)).to.deep.equal(['a', 'z', 'z']);
  });

  it('A-79 work that fails gives its place in the gate back', async () => {
    const gate = new Gate({ places: 1, patienceMs: 60_000 });
    const failed = await gate.run(() => Promise.reject(new Error('no'))).catch((error: Error) => error.message);
    expect(failed).to.equal('no');
    expect(await gate.run(async () => 'next')).to.equal('next');
  });
});
