import { expect } from 'chai';
import { campaign, playAGame } from '../fuzz/campaign.ts';
import { freshDatabase } from '../kit/services.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';

const PLAN = { events: 72_000, binaries: 3_000, frames: 7_000, requests: 20_000 };
/** What a heap may hold more of at its lowest in the second half than in the first, MB. */
const GROWTH_MAX_MB = 40;

describe('whatever is sent, a hundred thousand times', function () {
  this.timeout(3_600_000);
  let cluster: Cluster;
  let instances: [InstanceProcess, InstanceProcess];
  before(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    instances = [await cluster.process(), await cluster.process()];
  });
  after(() => cluster.close());

  it('Z-2 no crash, no 5xx, every answer of the contract, memory flat, both instances right afterwards', async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
    console.log(`      FUZZ_SEED=${seed}`);
    const { inputs, answers, heap } = await campaign(instances, { seed, ...PLAN });
    console.log(`      ${inputs} inputs; heap after each tenth, MB: ${heap.join(' ')}`);
    console.log(`      ${JSON.stringify(answers)}`);
    expect(inputs).to.be.at.least(100_000);
    await playAGame(cluster, instances);
    const low = (part: number[]) => Math.min(...part);
    expect(low(heap.slice(5)) - low(heap.slice(0, 5)), `heap: ${heap.join(' ')}`).to.be.below(GROWTH_MAX_MB);
  });
});
