import { expect } from 'chai';
import { within } from '../../server/util/within.ts';

describe('within', () => {
  const never = new Promise<string>(() => {});

  it('D-31 a wait with a deadline returns what the work returns, or what stands for a late answer', async () => {
    expect(await within(60_000, Promise.resolve('in time'), () => 'late')).to.equal('in time');
    expect(await within(1, never, () => 'late')).to.equal('late');
  });

  it('D-31 a wait with a deadline rejects with the error of the work, or with the one that the caller throws for a late answer', async () => {
    const messages: string[] = [];
    const note = (error: unknown) => messages.push((error as Error).message);
    await within(60_000, Promise.reject(new Error('of the work')), () => {}).catch(note);
    await within(1, never, () => {
      throw new Error('too late');
    }).catch(note);
    expect(messages).to.deep.equal(['of the work', 'too late']);
  });

  it('D-31 a wait with a deadline leaves no timer when the work ends', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    // Mocha sets its own timer when the test has returned its promise.
    await Promise.resolve();
    const before = timers();
    await within(60_000, Promise.resolve(), () => {});
    expect(timers()).to.equal(before);
  });
});
