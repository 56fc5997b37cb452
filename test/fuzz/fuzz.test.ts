import { expect } from 'chai';
import { freshDatabase } from '../kit/services.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';
import { campaign, playAGame } from './campaign.ts';

describe('whatever is sent', () => {
  let cluster: Cluster;
  let instances: [InstanceProcess, InstanceProcess];
  before(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    instances = [await cluster.process(), await cluster.process()];
  });
  after(() => cluster.close());

  it('Z-1 every random input is answered in the contract’s form, no instance ends, and a game played afterwards is right', async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
    const plan = { seed, events: 2_000, binaries: 200, frames: 300, conversations: 600, requests: 700 };
    console.log(`      FUZZ_SEED=${seed}`);
    const { answers } = await campaign(instances, plan);
    // The inputs must reach every stage: success, schema, version, existence, unknown name.
    for (const code of ['ok', 'VALIDATION_ERROR', 'CONFLICT', 'SESSION_NOT_FOUND', 'UNKNOWN_COMMAND']) {
      expect(answers, JSON.stringify(answers)).to.have.property(code);
    }
    await playAGame(cluster, instances);
  });
});
