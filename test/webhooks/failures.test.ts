import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { eventsOf, put, query } from '../audit/kit.ts';
import type { Cluster } from '../kit/server.ts';
import { until as untilDeadline } from '../kit/until.ts';
import type { Delivery } from '../../server/transport/webhook-port.ts';
import { LANES } from '../../server/webhooks/sender.ts';
import { asOperator, openReceiver, openWebhookCluster, operate, type Receiver } from './kit.ts';

interface Endpoint {
  webhook_id: string;
  secret: string;
  status: string;
  disabled_reason: string | null;
  failing_since: string | null;
}

/** Much longer than anything takes, on a busy machine too. */
const DEADLINE_MS = 90_000;
const until = <Answer>(what: string, ask: () => Promise<Answer | undefined | false>) => untilDeadline(what, ask, DEADLINE_MS);

/** Refuses, and leaves the next attempt to the test. */
const LATER = { status: 503, headers: { 'retry-after': '3600' } };

describe('webhooks that fail, wait and come again', function () {
  this.timeout(300_000);
  let cluster: Cluster & { databaseUrl: string };
  let app: { url: string };
  let receiver: Receiver;
  let sessions = 0;

  before(async () => {
    cluster = await openWebhookCluster();
    app = await cluster.instance();
  });
  after(() => cluster.close());
  beforeEach(async () => {
    receiver = await openReceiver();
  });
  afterEach(async () => {
    for (const { webhook_id } of (await operate<{ webhooks: Endpoint[] }>(app, 'GET', '/v1/webhooks')).webhooks) {
      await operate(app, 'DELETE', `/v1/webhooks/${webhook_id}`);
    }
    await receiver.close();
  });

  /** An endpoint for sessions of its own, whose ids begin with `prefix`. */
  async function endpoint(fields: object = {}, at = receiver): Promise<Endpoint & { prefix: string; path: string }> {
    const prefix = `s${++sessions}-`;
    const made = await operate<Endpoint>(app, 'POST', '/v1/webhooks', { url: at.url, session_prefix: prefix, ...fields });
    return { ...made, prefix, path: `/v1/webhooks/${made.webhook_id}` };
  }
  /** Has events go the way of all events: outbox, queue, trail. */
  const happen = (sessionId: string, from: number, to: number) =>
    put(cluster.redis(), cluster.settings.KEY_PREFIX, eventsOf(sessionId, from, to));
  const sql = (text: string, values: unknown[] = []) => query(cluster.databaseUrl, text, values);
  /** Lets the next attempt begin now. */
  const hurry = ({ webhook_id }: Endpoint) =>
    sql(`UPDATE webhook_deliveries SET next_attempt_at = now() WHERE endpoint_id = $1 AND status = 'pending'`, [webhook_id]);
  const deliveries = async ({ path }: { path: string }, filter = '') =>
    (await operate<{ deliveries: Delivery[] }>(app, 'GET', `${path}/deliveries${filter}`)).deliveries;
  const settled = (of: { path: string }, count: number, filter: string) =>
    until(`${count} deliveries ${filter}`, async () => {
      const found = await deliveries(of, filter);
      return found.length >= count && found;
    });

  it('WH-14 what was refused comes again under the same id, signed anew, until it is taken', async () => {
    const one = await endpoint();
    receiver.answer = (_, count) => (count < 3 ? LATER : { status: 200 });
    await happen(`${one.prefix}a`, 1, 1);
    for (let attempt = 1; attempt < 3; attempt++) {
      await receiver.get(attempt);
      const [waiting] = await until('the failure is recorded', async () => {
        const found = await deliveries(one, '?status=pending');
        return found[0]?.attempts === attempt && found;
      });
      expect(waiting).to.include({ last_status: 503, type: 'session_created', version: 1 });
      await hurry(one);
    }
    await receiver.get(3);
    const [done] = await settled(one, 1, '?status=delivered');
    expect(done).to.include({ attempts: 3, last_status: 200, next_attempt_at: null });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).to.equal(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).to.equal(1);
    for (const { body, headers } of receiver.received) new Webhook(one.secret).verify(body, headers as Record<string, string>);
  });

  it('WH-15 a pause that the receiver asks for is kept', async () => {
    const one = await endpoint();
    receiver.answer = () => LATER;
    await happen(`${one.prefix}a`, 1, 1);
    const [waiting] = await until('the failure is recorded', async () => {
      const found = await deliveries(one);
      return found[0]?.attempts === 1 && found;
    });
    const pause = Date.parse(waiting?.next_attempt_at ?? '') - Date.parse(waiting?.last_attempt_at ?? '');
    expect(pause).to.equal(3_600_000);
  });

  it('WH-16 after the last attempt a delivery is given up, and an operator can have it tried again', async () => {
    const one = await endpoint();
    receiver.answer = () => ({ ...LATER, status: 302 });
    await happen(`${one.prefix}a`, 1, 1);
    await receiver.get(1);
    await until('the failure is recorded', async () => (await deliveries(one))[0]?.attempts === 1);
    await sql('UPDATE webhook_deliveries SET attempts = 9, next_attempt_at = now() WHERE endpoint_id = $1', [one.webhook_id]);
    const [lost] = await settled(one, 1, '?status=failed');
    expect(lost).to.include({ attempts: 10, last_status: 302 });
    receiver.answer = () => ({ status: 204 });
    await operate(app, 'POST', `${one.path}/deliveries/${lost?.delivery_id}/retry`);
    const [done] = await settled(one, 1, '?status=delivered');
    expect(done).to.include({ attempts: 1, message_id: lost?.message_id });
  });

  it('WH-17 a receiver that answers 410 is disabled at once, and other endpoints of its owner are told', async () => {
    const other = await openReceiver();
    try {
      await endpoint({ event_types: ['session_cancelled'] }, other);
      const one = await endpoint();
      receiver.answer = () => ({ status: 410 });
      await happen(`${one.prefix}a`, 1, 1);
      const [told] = await other.get(1, 'endpoint_disabled');
      expect(told?.json.data).to.include({ endpoint_id: one.webhook_id, reason: 'gone' });
      expect(await operate(app, 'GET', one.path)).to.include({ status: 'disabled', disabled_reason: 'gone' });
      expect((await asOperator(app, 'POST', `${one.path}/test`)).status).to.equal(409);
    } finally {
      await other.close();
    }
  });

  it('WH-18 five days of nothing but failures disable an endpoint; enabled again it gets what was pending', async () => {
    const one = await endpoint();
    receiver.answer = () => LATER;
    await happen(`${one.prefix}a`, 1, 1);
    await until('it is failing', async () => (await operate<Endpoint>(app, 'GET', one.path)).failing_since !== null);
    await sql(`UPDATE webhook_endpoints SET failing_since = now() - interval '5 days' WHERE id = $1`, [one.webhook_id]);
    await hurry(one);
    await until('it is disabled', async () => (await operate<Endpoint>(app, 'GET', one.path)).disabled_reason === 'failing');
    receiver.answer = () => ({ status: 204 });
    await operate(app, 'PATCH', one.path, { disabled: false });
    await hurry(one);
    await settled(one, 1, '?status=delivered');
    await until('no failure counts any more', async () => (await operate<Endpoint>(app, 'GET', one.path)).failing_since === null);
  });

  it('WH-19 after a rotation both secrets sign for a day, and then the new one alone', async () => {
    const one = await endpoint();
    const { secret } = await operate<Endpoint>(app, 'POST', `${one.path}/rotate`);
    expect(secret).not.to.equal(one.secret);
    await operate(app, 'POST', `${one.path}/test`);
    const [first] = await receiver.get(1, 'webhook_test');
    for (const each of [secret, one.secret]) new Webhook(each).verify(first?.body ?? '', first?.headers as Record<string, string>);
    await sql('UPDATE webhook_endpoints SET rotated_until = now() WHERE id = $1', [one.webhook_id]);
    await operate(app, 'POST', `${one.path}/test`);
    const second = (await receiver.get(2, 'webhook_test'))[1];
    new Webhook(secret).verify(second?.body ?? '', second?.headers as Record<string, string>);
    expect(() => new Webhook(one.secret).verify(second?.body ?? '', second?.headers as Record<string, string>)).to.throw();
  });

  it('WH-20 a replay delivers what happened in a time again, under the same ids', async () => {
    const one = await endpoint();
    await happen(`${one.prefix}a`, 1, 6);
    const rows = await settled(one, 6, '?status=delivered');
    const at = (version: number) => rows.find((row) => row.version === version)?.event_at ?? '';
    expect(await operate(app, 'POST', `${one.path}/replay`, { from: at(3), to: at(5) })).to.deep.equal({
      replayed: 3,
      more: false,
      until: at(5),
    });
    const all = await receiver.get(9);
    const ids = (some: typeof all) => some.map(({ headers }) => String(headers['webhook-id'])).sort();
    const again = all.slice(0, 6).filter(({ json }) => [3, 4, 5].includes(Number(json.data['version'])));
    expect(ids(all.slice(6))).to.deep.equal(ids(again));
  });

  it('WH-21 an endpoint gets four messages at a time at most, and one that is slow delays no other', async () => {
    const slow = await endpoint();
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    receiver.answer = () => held.then(() => ({ status: 204 }));
    const quick = await openReceiver();
    try {
      const other = await endpoint({}, quick);
      await happen(`${slow.prefix}a`, 1, 12);
      await receiver.get(LANES);
      await happen(`${other.prefix}a`, 1, 12);
      await settled(other, 12, '?status=delivered');
      expect(receiver.received).to.have.lengthOf(LANES);
      release();
      await settled(slow, 12, '?status=delivered');
      expect(Math.max(...receiver.received.map(({ atOnce }) => atOnce))).to.equal(LANES);
    } finally {
      await quick.close();
    }
  });

  it('WH-22 an ordered endpoint gets each event after the one before it was taken or given up', async () => {
    const one = await endpoint({ ordered: true });
    receiver.answer = ({ json: { data } }, count) => (data['version'] === 2 && count < 5 ? LATER : { status: 204 });
    // The later ones come to the trail first.
    await happen(`${one.prefix}a`, 4, 6);
    await until('the later ones are recorded', async () => (await deliveries(one)).length === 3);
    await happen(`${one.prefix}b`, 1, 1);
    await settled(one, 1, '?status=delivered');
    await happen(`${one.prefix}a`, 1, 3);
    const versions = () =>
      receiver.received.filter(({ json }) => json.data['session_id'] === `${one.prefix}a`).map(({ json }) => json.data['version']);
    await until('the second one is refused', async () => versions().length === 2);
    for (let refused = 1; refused < 3; refused++) {
      await until('the failure is recorded', async () =>
        (await deliveries(one)).some(({ attempts, version }) => version === 2 && attempts === refused),
      );
      await sql(`UPDATE webhook_deliveries SET next_attempt_at = now() WHERE endpoint_id = $1 AND version = 2`, [one.webhook_id]);
      await until('it is tried again', async () => versions().length >= 2 + refused);
    }
    await settled(one, 7, '?status=delivered');
    expect(versions()).to.deep.equal([1, 2, 2, 2, 3, 4, 5, 6]);
  });

  it('WH-23 a worker with another master key sends nothing, and says why', async () => {
    const one = await endpoint();
    await sql(`UPDATE webhook_endpoints SET secret_check = 'another' WHERE id = $1`, [one.webhook_id]);
    await operate(app, 'POST', `${one.path}/test`);
    const [row] = await until('the failure is recorded', async () => {
      const found = await deliveries(one);
      return (found[0]?.attempts ?? 0) > 0 && found;
    });
    expect(row?.last_error).to.match(/WEBHOOK_MASTER_KEY/);
    expect(receiver.received).to.have.lengthOf(0);
  });

  it('WH-24 pages of deliveries join without a gap, the newest first', async () => {
    const one = await endpoint();
    await happen(`${one.prefix}a`, 1, 5);
    await settled(one, 5, '');
    const seen: (number | null)[] = [];
    for (let after = ''; ;) {
      const page = await operate<{ deliveries: Delivery[]; next_after: string | null }>(
        app,
        'GET',
        `${one.path}/deliveries?limit=2${after}`,
      );
      seen.push(...page.deliveries.map(({ version }) => version));
      if (page.next_after === null) break;
      after = `&after=${page.next_after}`;
    }
    expect(seen.toSorted()).to.deep.equal([1, 2, 3, 4, 5]);
  });
});
