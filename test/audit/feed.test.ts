import { expect } from 'chai';
import pg from 'pg';
import { as, JWT, sign } from '../access/kit.ts';
import { rest, type RestAnswer } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { answered } from '../webhooks/kit.ts';
import type { FeedEvent, FeedPage } from '../../server/transport/feed-port.ts';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { createMetrics } from '../../server/observability/metrics.ts';
import { sampleFeed } from '../../server/webhooks/sample.ts';
import { eventOf, eventsOf, query, silent, writeTo } from './kit.ts';

const LONG_MS = 90_000;

describe('the feed of all events', function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let database: string;
  let app: Awaited<ReturnType<Cluster['instance']>>;
  let token: string;

  before(async () => {
    database = await freshDatabase();
    cluster = await openCluster({ ...JWT, AUDIT_WORKER: 'off', DATABASE_URL: database });
    app = await cluster.instance();
    token = await sign({ sub: 'backend', events: true });
  });
  after(() => cluster.close());
  beforeEach(() => query(database, 'DELETE FROM sync_events'));

  const ask = (asked = '', by = token): Promise<RestAnswer> => answered(asked, () => as(by, app, 'GET', `/v1/events${asked}`));
  async function read(asked = ''): Promise<FeedPage> {
    const reply = (await ask(asked)).reply<FeedPage>();
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.data;
  }
  const names = (events: FeedEvent[]) => events.map(({ session_id, version }) => `${session_id}${version}`);

  it('FD-1 events come in the order of their arrival in the trail, by pages that join without a gap', async () => {
    await writeTo(database, eventsOf('b', 1, 2));
    await writeTo(database, [...eventsOf('a', 1, 2), eventOf('b', 3)]);
    await writeTo(database, [eventOf('a', 3, { type: 'session_completed', event: { metadata: { reason: 'done', secret: 1 } } })]);
    const all: FeedEvent[] = [];
    let after = '';
    for (let more = true; more;) {
      const page = await read(`?limit=2${after}`);
      all.push(...page.events);
      ({ more } = page);
      after = `&after=${page.next_after}`;
    }
    expect(names(all)).to.deep.equal(['b1', 'b2', 'a1', 'a2', 'b3', 'a3']);
    expect(await read(`?limit=2${after}`), 'nothing new').to.deep.include({ events: [], more: false, next_after: after.slice(7) });
    expect(all[5]).to.include({ event_type: 'session_completed', status: 'completed', reason: 'done', participant_id: 'white' });
    expect(all[5]).to.not.have.any.keys('secret', 'metadata', 'state_snapshot');
    expect(all[5]?.message_id).to.match(/^evt_/);
    const behind = await read(`?after=${all[1]?.cursor}`);
    expect(names(behind.events), 'behind an event').to.deep.equal(['a1', 'a2', 'b3', 'a3']);
  });

  it('FD-2 of two writers the one that began first may commit last: the feed waits for it and passes over nothing', async () => {
    const [first, second] = [new pg.Client(database), new pg.Client(database)];
    const insert = `INSERT INTO sync_events (session_id, epoch, version, event_type, "timestamp", metadata)
      VALUES ($1, 1, 1, 'session_created', now(), '{}')`;
    await Promise.all([first.connect(), second.connect()]);
    try {
      for (const [writer, session] of [
        [first, 'first'],
        [second, 'second'],
      ] as const) {
        await writer.query('BEGIN');
        await writer.query(insert, [session]);
      }
      await second.query('COMMIT');
      const between = await read();
      expect(between.events, 'the first may still bring something in front').to.deep.equal([]);
      const reading = openDatabase(database, silent, { connections: 1, statementMs: 10_000 });
      const metrics = createMetrics();
      const heldBack = async () => (await metrics.feedHeldBack.get()).values[0]?.value ?? 0;
      await until('it is measured how long the second one is held back', async () => {
        await sampleFeed(reading, metrics);
        return (await heldBack()) > 0;
      });
      await first.query('COMMIT');
      await until('nothing is held back', async () => {
        await sampleFeed(reading, metrics);
        return (await heldBack()) === 0;
      });
      await closeDatabase(reading, silent);
      const page = await until('both are there', async () => {
        const found = await read(`?after=${between.next_after}`);
        return found.events.length > 0 && found;
      });
      expect(names(page.events)).to.deep.equal(['first1', 'second1']);
    } finally {
      await Promise.all([first.end(), second.end()]);
    }
  });

  it('FD-3 only some types and sessions may be asked for, and a page without any goes on behind those that it looked at', async () => {
    await writeTo(database, [...eventsOf('lot-1', 1, 3), ...eventsOf('exam', 1, 3), eventOf('lot-1', 4, { type: 'session_cancelled' })]);
    const ended = await read('?event_types=session_completed,session_cancelled&session_prefix=lot-');
    expect(names(ended.events)).to.deep.equal(['lot-14']);
    const none = await read('?session_prefix=race-');
    expect(none.events).to.deep.equal([]);
    await writeTo(database, eventsOf('race-1', 1, 1));
    expect(names((await read(`?after=${none.next_after}`)).events)).to.deep.equal(['race-11']);
    for (const wrong of ['?event_types=lost', '?limit=0', '?limit=1001', '?session_prefix=a%20b', '?colour=red']) {
      expect((await ask(wrong)).status, wrong).to.equal(400);
    }
  });

  it('FD-4 the feed is for operators and for tokens with the claim events, within their sessions, and for no other page', async () => {
    expect((await rest(app, 'GET', '/v1/events')).status).to.equal(401);
    expect((await ask('', await sign({ sub: 'anna', sessions: { '*': 'owner' } }))).status).to.equal(403);
    expect((await ask('', await sign({ sub: 'anna', events: 'yes' }))).status).to.equal(401);
    const club = await sign({ sub: 'club', events: true, sessions: { 'club-*': 'viewer' } });
    expect((await ask('?session_prefix=club-', club)).status).to.equal(200);
    for (const prefix of ['', '?session_prefix=clu', '?session_prefix=other-'])
      expect((await ask(prefix, club)).status, prefix).to.equal(403);
    const foreign = await rest(app, 'GET', '/v1/events', undefined, { authorization: `Bearer ${token}`, origin: 'https://evil.example' });
    expect(foreign.status).to.equal(403);
    const bare = await cluster.instance({ AUDIT_WORKER: 'none', ADMIN_USER: 'olga', ADMIN_PASSWORD: 'a long password' });
    const authorization = `Basic ${Buffer.from('olga:a long password').toString('base64')}`;
    expect((await rest(bare, 'GET', '/v1/events', undefined, { authorization })).status, 'an operator, without a trail').to.equal(503);
  });

  it('FD-5 as NDJSON a page has one event a line, and its header says where to go on', async () => {
    await writeTo(database, eventsOf('a', 1, 3));
    const headers = { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' };
    const answer = await answered('lines', () => rest(app, 'GET', '/v1/events?limit=2', undefined, headers));
    expect(answer.headers.get('content-type')).to.match(/^application\/x-ndjson/);
    const events = answer.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as FeedEvent);
    expect(names(events)).to.deep.equal(['a1', 'a2']);
    expect(names((await read(`?after=${answer.headers.get('x-next-after')}`)).events)).to.deep.equal(['a3']);
  });

  it('FD-6 as a stream the feed goes on, is resumed by Last-Event-ID, and ends when its instance closes', async () => {
    const own = await cluster.instance();
    await writeTo(database, eventsOf('a', 1, 2));
    const open = async (headers = {}) => {
      const asked = { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...headers };
      const response = await until('the stream is open', async () => {
        const one = await fetch(`${own.url}/v1/events`, { headers: asked });
        if (one.status === 200) return one;
        await one.body?.cancel();
        return undefined;
      });
      expect(response.headers.get('content-type')).to.match(/^text\/event-stream/);
      const told: FeedEvent[] = [];
      let text = '';
      const ended = (async () => {
        for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
          text += chunk;
          const parts = text.split('\n\n');
          text = parts.pop() ?? '';
          for (const part of parts) {
            const data = /^data: (.*)$/m.exec(part)?.[1];
            if (data !== undefined) told.push(JSON.parse(data) as FeedEvent);
          }
        }
      })();
      return { told, ended };
    };
    const has = (stream: { told: FeedEvent[] }, count: number) =>
      until(`${count} events`, async () => stream.told.length >= count, LONG_MS);
    const stream = await open();
    await has(stream, 2);
    await writeTo(database, eventsOf('a', 3, 3));
    await has(stream, 3);
    expect(names(stream.told)).to.deep.equal(['a1', 'a2', 'a3']);
    const resumed = await open({ 'last-event-id': stream.told[1]?.cursor });
    await has(resumed, 1);
    expect(names(resumed.told)).to.deep.equal(['a3']);
    await Promise.all([own.close(), stream.ended.catch(() => {}), resumed.ended.catch(() => {})]);
  });

  it('FD-7 a cursor of another database, one ahead of it and one that is none are refused; end begins behind the last event', async () => {
    await writeTo(database, eventsOf('a', 1, 1));
    const end = await read('?after=end');
    expect(end.events).to.deep.equal([]);
    const [mark = ''] = Buffer.from(end.next_after, 'base64url').toString().split('\n');
    const cursor = (...parts: string[]) => Buffer.from(parts.join('\n')).toString('base64url');
    for (const [given, message] of [
      ['x', 'Must be a cursor'],
      [cursor(mark, '1', 'a', '1', 'x'), 'Must be a cursor'],
      [cursor('other', '1', 'a', '1', '1'), 'another database'],
      [cursor(mark, '999999999999', 'a', '1', '1'), 'ahead of the database'],
    ]) {
      const answer = await ask(`?after=${given}`);
      expect(answer.status, given).to.equal(400);
      expect(answer.text).to.include(message).and.include('"field":"after"');
    }
    await writeTo(database, eventsOf('b', 1, 1));
    expect(names((await read(`?after=${end.next_after}`)).events)).to.deep.equal(['b1']);
  });
});
