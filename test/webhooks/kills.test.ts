import { expect } from 'chai';
import { eventsOf, put, query } from '../audit/kit.ts';
import { until } from '../kit/until.ts';
import { openReceiver, openWebhookCluster, operate } from './kit.ts';

const SESSIONS = 20;
const VERSIONS = 10;

describe('webhooks while processes die', function () {
  this.timeout(300_000);

  it('WH-2 a worker may be killed at any line: every event of the trail is delivered, and what comes twice has one id', async () => {
    const cluster = await openWebhookCluster();
    const receiver = await openReceiver();
    try {
      const manager = await cluster.instance({ AUDIT_WORKER: 'off' });
      await operate(manager, 'POST', '/v1/webhooks', { url: receiver.url });
      const waves = 3;
      for (let wave = 0; wave < waves; wave++) {
        const worker = await cluster.process();
        const events = Array.from({ length: SESSIONS }, (_, index) => eventsOf(`wave${wave}-${index}`, 1, VERSIONS)).flat();
        const before = receiver.received.length;
        await put(cluster.redis(), cluster.settings.KEY_PREFIX, events);
        // Somewhere in the middle: events are in the outbox, the queue and the trail, messages are under way.
        await receiver.get(before + 1 + wave * 40);
        await worker.kill();
      }
      await cluster.process();
      const total = waves * SESSIONS * VERSIONS;
      const [counted] = await until(
        'everything is delivered',
        async () => {
          const rows = await query<{ events: number; delivered: number }>(
            cluster.databaseUrl,
            `SELECT (SELECT count(*) FROM sync_events)::int AS events,
                    (SELECT count(*) FROM webhook_deliveries WHERE status = 'delivered')::int AS delivered`,
          );
          return rows[0]?.delivered === total && rows;
        },
        200_000,
      );
      expect(counted).to.deep.equal({ events: total, delivered: total });
      const keys = new Map<string, string>();
      for (const { headers, json } of receiver.received) {
        const { session_id, version } = json.data as { session_id: string; version: number };
        const key = `${session_id} ${version}`;
        expect(keys.get(key) ?? headers['webhook-id']).to.equal(headers['webhook-id']);
        keys.set(key, String(headers['webhook-id']));
      }
      expect(keys.size).to.equal(total);
      expect(new Set(keys.values()).size).to.equal(total);
    } finally {
      await receiver.close();
      await cluster.close();
    }
  });
});
