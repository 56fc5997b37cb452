import { cell } from './cell.ts';
import { FAULTS } from './faults.ts';
import { Deployment, TARGETS } from './deployment.ts';
import { Chance, seedOfRun } from './random.ts';

const seed = seedOfRun();
const NO_COMPILER = 'there is no C compiler (cc) to make a clock that can be set';

/**
 * `npm run test:chaos -- -g 'SIGSTOP × redis'` runs one cell, `SEED=… npm run test:chaos` the schedule of another run.
 */
describe(`chaos, seed ${seed}`, function () {
  this.timeout(240_000);
  let deployment: Deployment;
  before(async () => {
    console.log(`  SEED=${seed} npm run test:chaos repeats this run`);
    deployment = await Deployment.open();
  });
  after(() => deployment.close());

  for (const [row, target] of TARGETS.entries()) {
    for (const [column, fault] of FAULTS.entries()) {
      it(`X-30 ${fault} × ${target}`, async function () {
        if (fault === 'clock' && deployment.clocks[target] === undefined) {
          console.log(`      skipped: ${NO_COMPILER}`);
          this.skip();
        }
        // Each cell has chances of its own, so that it is the same when it runs alone.
        const report = await cell(deployment, fault, target, new Chance(seed + row * FAULTS.length + column));
        console.log(`      ${JSON.stringify(report)}`);
      });
    }
  }
});
