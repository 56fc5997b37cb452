import { expect } from 'chai';
import { cell, underLoad } from './cell.ts';
import type { Fault } from './faults.ts';
import { Deployment, type Target } from './deployment.ts';
import { Chance, seedOfRun } from './random.ts';

const seed = seedOfRun();
/** The rest of the matrix is `npm run test:chaos`. */
const CELLS: [Fault, Target][] = [
  ['kill -9', 'instance'],
  ['kill -9', 'redis'],
];

describe(`under load (SEED=${seed})`, function () {
  this.timeout(240_000);
  let deployment: Deployment;
  before(async () => {
    deployment = await Deployment.open();
  });
  after(() => deployment.close());

  it('X-8 when both instances are replaced one after the other, nothing is lost or done twice, and every client is up to date within 5 s', async () => {
    const codes: (number | null)[] = [];
    await underLoad(deployment, new Chance(seed), async () => {
      for (const index of [0, 1]) codes.push(await deployment.roll(index));
    });
    expect(codes).to.deep.equal([0, 0]);
  });

  for (const [index, [fault, target]] of CELLS.entries()) {
    it(`X-30 after ${fault} × ${target} versions, deadlines, trail and clients are as promised`, async () => {
      await cell(deployment, fault, target, new Chance(seed + index));
    });
  }
});
