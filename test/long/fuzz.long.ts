import { expect } from 'chai';
import { campaign, playAGame } from '../fuzz/campaign.ts';
import { freshDatabase } from '../kit/services.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';

const PLAN = { events: 64_000, binaries: 3_000, frames: 7_000, conversations: 8_000, requests: 20_000 };
/** What an instance needs and not much more: one that keeps something of each input ends for want of memory. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=128' };

describe('whatever is sent, a hundred thousand times', function () {
  this.timeout(3_600_000);
  let cluster: Cluster;
  let instances: [InstanceProcess, InstanceProcess];
  before(async function () {
    this.timeout(60_000);
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    instances = [await cluster.process(HEAP), await cluster.process(HEAP)];
  });
  after(() => cluster.close());

  it('Z-2 a hundred thousand inputs end no instance and cause no 5xx, each is answered in the contract’s form, and memory stays flat', async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
    console.log(`      FUZZ_SEED=${seed}`);
    const { inputs, answers, heap } = await campaign(instances, { seed, ...PLAN });
    console.log(`      ${inputs} inputs; heap after each tenth, MB: ${heap.join(' ')}`);
    console.log(`      ${JSON.stringify(answers)}`);
    expect(inputs).to.be.at.least(100_000);
    await playAGame(cluster, instances);
  });
});
