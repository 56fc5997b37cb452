import { expect } from 'chai';
import { until } from '../kit/until.ts';
import { Site, total } from './chaos.ts';
import { Load } from './load.ts';

const COMPLETE_WITHIN_MS = 15_000;

describe('the trail while processes die', () => {
  let site: Site;
  before(async () => {
    site = await Site.open();
  });
  after(() => site.close());

  it('A-70 after worker, relaying instance and PostgreSQL were killed with -9 under load, each version is a row, hashes and replay are right, and the newest state equals that in Redis', async () => {
    const load = new Load({ urls: site.urls, sessions: 20, commands: 50, paceMs: 60 });
    await load.reached(150);
    await site.killWorker();
    await site.startWorker();

    await load.reached(load.acknowledged + 150);
    await site.killInstance(0);
    await load.reached(load.acknowledged + 150);
    await site.startInstance(0);

    await load.reached(load.acknowledged + 150);
    await site.killPostgres();
    await load.reached(load.acknowledged + 150);
    await site.startPostgres();

    await load.reached(load.acknowledged + 150);
    await load.finish();
    expect(load.acknowledged).to.be.at.least(1000);
    const acknowledged = total(load.versions);
    expect(load.acknowledged).to.equal(acknowledged);
    await until('the trail is complete', async () => (await site.rows()) >= acknowledged, COMPLETE_WITHIN_MS);
    await site.check(load.versions);
  }).timeout(120_000);
});
