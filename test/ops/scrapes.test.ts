import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createMetrics } from '../../server/observability/metrics.ts';
import { serveProbes } from '../../server/observability/probes.ts';
import { createHttpServer } from '../../server/util/http-server.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';

/** Fresh texts in a second. */
const BUDGET = 10;
const FLOOD = 200;

/** Scrapes without a pause. Returns the texts, and in how many of the budget's seconds they may have been made. */
async function flood(at: { url: string }): Promise<{ texts: string[]; seconds: number }> {
  const begin = performance.now();
  const texts: string[] = [];
  while (texts.length < FLOOD) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => rest(at, 'GET', '/metrics')));
    for (const { status, text } of answers) {
      expect(status).to.equal(200);
      texts.push(text);
    }
  }
  return { texts, seconds: Math.ceil((performance.now() - begin) / 1_000) + 1 };
}

describe('scrapes', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await openCluster();
  });
  afterEach(() => cluster.close());

  for (const port of ['PORT', 'OPERATOR_PORT']) {
    it(`M-40 a flood of scrapes on ${port} renders few texts, all are answered, and the next second shows fresh figures`, async () => {
      const app = await cluster.instance(port === 'PORT' ? {} : { OPERATOR_PORT: '0' });
      const at = { url: app.operatorUrl ?? app.url };
      const { texts, seconds } = await flood(at);
      // Each rendering has another figure, since the process' time goes on.
      expect(new Set(texts).size).to.be.within(1, BUDGET * seconds);
      const client = await cluster.client(app);
      await client.ok('time:sync', {});
      const counted = /^synckairos_commands_total\{command="time:sync",outcome="ok"\} 1$/m;
      await until('the command is counted', async () => counted.test((await rest(at, 'GET', '/metrics')).text));
    });
  }

  it('M-40 a flood of scrapes on the worker’s port does not check its readiness more often', async () => {
    let asked = 0;
    const probes = createHttpServer();
    serveProbes(probes, {
      metrics: createMetrics(),
      readiness: async () => {
        asked += 1;
        return { ready: true, checks: {} };
      },
    });
    probes.listen(0, '127.0.0.1');
    await once(probes, 'listening');
    try {
      const { seconds } = await flood({ url: `http://127.0.0.1:${(probes.address() as AddressInfo).port}` });
      expect(asked).to.be.within(1, BUDGET * seconds);
    } finally {
      probes.closeAllConnections();
      probes.close();
    }
  });

  it('M-41 a scrape at an ordinary pace gets metrics rendered anew', async () => {
    const app = await cluster.instance();
    const client = await cluster.client(app);
    for (let count = 1; count <= BUDGET / 2; count++) {
      await client.ok('time:sync', {});
      // Counted once the reply is on its way.
      await until('the command is counted', async () => {
        const { text } = await rest(app, 'GET', '/metrics');
        return text.includes(`synckairos_commands_total{command="time:sync",outcome="ok"} ${count}\n`);
      });
    }
  });
});
