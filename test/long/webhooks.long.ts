import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { eventOf, eventsOf, put, query } from '../audit/kit.ts';
import type { InstanceProcess } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { LANES } from '../../server/webhooks/sender.ts';
import { openReceiver, openWebhookCluster, operate, type Receiver } from '../webhooks/kit.ts';

interface Endpoint {
  webhook_id: string;
  secret: string;
}

const DEADLINE_MS = 600_000;
const RATE = 500;
const SECONDS = 20;
/** Longest from an event to the first attempt, ms at the 99th percentile. */
const P99_MS = 1_000;
const ENDPOINTS = 1_000;

/** The PostgreSQL of a worker: it can have the worker killed at a certain message to it, before or after it passes. */
async function openFatalProxy(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let left = Infinity;
  let passes = false;
  let kill = () => {};
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => {});
      from.once('close', () => to.destroy());
    }
    far.on('data', (bytes) => {
      // The answer to the fatal message gets lost.
      if (left > 0) near.write(bytes);
    });
    near.on('data', (bytes) => {
      left -= 1;
      if (left === 0) kill();
      if (left > 0 || (left === 0 && passes)) far.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target.port = String((server.address() as AddressInfo).port);
  return {
    url: target.href,
    /** From now on the message of this number kills, and passes or not. */
    arm(number: number, doesPass: boolean, killer: () => void): void {
      left = number;
      passes = doesPass;
      kill = killer;
    },
    disarm(): void {
      left = Infinity;
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Checks that each event came, under one id that no other event has. */
function expectEachUnderOneId(receiver: Receiver, total: number): void {
  const ids = new Map<string, string>();
  for (const { headers, json } of receiver.received) {
    const key = JSON.stringify([json.data['session_id'], json.data['version']]);
    expect(ids.get(key) ?? headers['webhook-id']).to.equal(headers['webhook-id']);
    ids.set(key, String(headers['webhook-id']));
  }
  expect(ids.size).to.equal(total);
  expect(new Set(ids.values()).size).to.equal(total);
}

describe('webhooks, by numbers', function () {
  this.timeout(0);

  it('WH-2 a worker is killed before and after each of its messages to PostgreSQL: every event of the trail is delivered, and what comes twice has one id', async () => {
    const cluster = await openWebhookCluster();
    const receiver = await openReceiver();
    const proxy = await openFatalProxy(cluster.databaseUrl);
    try {
      const manager = await cluster.instance({ AUDIT_WORKER: 'off' });
      let kills = 0;
      let sessions = 0;
      for (let number = 1, survived = 0; survived < 2; number++) {
        survived = 0;
        for (const passes of [false, true]) {
          const session = `${number}-${passes}-`;
          await operate(manager, 'POST', '/v1/webhooks', { url: receiver.url, session_prefix: session });
          proxy.disarm();
          const worker = await cluster.process({ DATABASE_URL: proxy.url });
          proxy.arm(number, passes, () => worker.signal('SIGKILL'));
          await put(cluster.redis(), cluster.settings.KEY_PREFIX, eventsOf(`${session}a`, 1, 2));
          sessions += 1;
          const delivered = `SELECT count(*)::int AS count FROM webhook_deliveries WHERE status = 'delivered' AND session_id = $1`;
          const done = until(
            'both are delivered',
            async () => (await query<{ count: number }>(cluster.databaseUrl, delivered, [`${session}a`]))[0]?.count === 2,
            DEADLINE_MS,
          ).then(() => 'delivered');
          if ((await Promise.race([worker.ended.then(() => 'killed'), done])) === 'delivered') survived += 1;
          else kills += 1;
          await worker.kill();
          // What this one left is delivered at the end.
          void done.catch(() => {});
        }
      }
      await cluster.process();
      const pending = `SELECT (SELECT count(*) FROM sync_events)::int AS events,
        (SELECT count(*) FROM webhook_deliveries WHERE status = 'delivered')::int AS delivered`;
      const total = sessions * 2;
      await until(
        'everything is delivered',
        async () => {
          const [row] = await query<{ events: number; delivered: number }>(cluster.databaseUrl, pending);
          return row?.events === total && row.delivered === total;
        },
        DEADLINE_MS,
      );
      console.log(`      ${kills} kills, ${total} events, ${receiver.received.length} messages`);
      expectEachUnderOneId(receiver, total);
    } finally {
      await proxy.close();
      await receiver.close();
      await cluster.close();
    }
  });

  it(`WH-3 at ${RATE} events a second the first attempt is made within ${P99_MS} ms at the 99th percentile`, async () => {
    const cluster = await openWebhookCluster();
    const receiver = await openReceiver();
    try {
      const worker = await cluster.process();
      const groups = 20;
      for (let group = 0; group < groups; group++) {
        await operate(worker, 'POST', '/v1/webhooks', { url: receiver.url, session_prefix: `g${group}-` });
      }
      const delays: number[] = [];
      receiver.answer = ({ json }) => {
        delays.push(Date.now() - Date.parse(json.timestamp));
        return { status: 204 };
      };
      const sessions = 250;
      const versions = new Map<string, number>();
      const began = performance.now();
      for (let sent = 0; sent < RATE * SECONDS; sent++) {
        const session = `g${sent % groups}-${sent % sessions}`;
        const version = (versions.get(session) ?? 0) + 1;
        versions.set(session, version);
        const event = { timestamp: new Date().toISOString() };
        await put(cluster.redis(), cluster.settings.KEY_PREFIX, [eventOf(session, version, { event })]);
        const ahead = ((sent + 1) * 1_000) / RATE - (performance.now() - began);
        if (ahead > 5) await wait(ahead);
      }
      await until('all have come', async () => delays.length >= RATE * SECONDS, DEADLINE_MS);
      const sorted = delays.toSorted((a, b) => a - b);
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Infinity;
      console.log(`      ${sorted.length} first attempts: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
      expect(at(0.99)).to.be.below(P99_MS);
    } finally {
      await receiver.close();
      await cluster.close();
    }
  });

  it(`WH-21 of ${ENDPOINTS} endpoints one does not answer, and all others get everything`, async () => {
    const cluster = await openWebhookCluster();
    const [slow, quick] = [await openReceiver(), await openReceiver()];
    let release = () => {};
    try {
      const app = await cluster.process();
      const held = new Promise<void>((resolve) => (release = resolve));
      slow.answer = () => held.then(() => ({ status: 204 }));
      for (let index = 0; index < ENDPOINTS; index++) {
        await operate(app, 'POST', '/v1/webhooks', { url: index === 0 ? slow.url : quick.url, session_prefix: `e${index}-` });
      }
      const versions = 12;
      await put(cluster.redis(), cluster.settings.KEY_PREFIX, eventsOf('e0-a', 1, versions));
      await slow.get(LANES);
      for (let index = 1; index < ENDPOINTS; index++) {
        await put(cluster.redis(), cluster.settings.KEY_PREFIX, eventsOf(`e${index}-a`, 1, versions));
      }
      const total = (ENDPOINTS - 1) * versions;
      await until('all others got everything', async () => quick.received.length >= total, DEADLINE_MS);
      expectEachUnderOneId(quick, total);
    } finally {
      release();
      await Promise.all([slow.close(), quick.close()]);
      await cluster.close();
    }
  });

  it('WH-19 while secrets rotate under load, each message is signed with a secret that its receiver knows', async () => {
    const cluster = await openWebhookCluster();
    const receiver = await openReceiver();
    try {
      const app: InstanceProcess = await cluster.process();
      const made = await operate<Endpoint>(app, 'POST', '/v1/webhooks', { url: receiver.url });
      /** The receiver knows the secret before a rotation and learns the new one some time later. */
      const known = [made.secret];
      let refused = 0;
      receiver.answer = ({ body, headers }) => {
        const accepts = known.some((secret) => {
          try {
            new Webhook(secret).verify(body, headers as Record<string, string>);
            return true;
          } catch {
            return false;
          }
        });
        if (!accepts) refused += 1;
        return { status: accepts ? 204 : 401 };
      };
      const rounds = 5;
      const perRound = 200;
      for (let round = 0; round < rounds; round++) {
        await put(cluster.redis(), cluster.settings.KEY_PREFIX, eventsOf(`r${round}`, 1, perRound));
        const { secret } = await operate<Endpoint>(app, 'POST', `/v1/webhooks/${made.webhook_id}/rotate`);
        await receiver.get((round + 1) * perRound);
        known.splice(0, 1, secret);
      }
      expect(refused).to.equal(0);
      expectEachUnderOneId(receiver, rounds * perRound);
    } finally {
      await receiver.close();
      await cluster.close();
    }
  });
});
