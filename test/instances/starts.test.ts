import { expect } from 'chai';
import type { CreatePayload, HistoryData, SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { createKeys } from '../../server/store/keys.ts';
import { silent } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';

/** How long an outage is that the marks of life show, with what it takes to see it. */
const OUTAGE_MS = 4_500;

describe('planned starts of a service', () => {
  let cluster: Cluster;
  let database: string;

  beforeEach(async () => {
    database = await freshDatabase();
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: database });
  });
  afterEach(() => cluster.close());

  const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();
  const post = async (at: { url: string }, path: string, body: object = {}): Promise<SessionState> => {
    const reply = (await rest(at, 'POST', `/v1/sessions${path}`, body)).reply<SessionState>();
    if (!reply.ok) throw new Error(`${path}: ${JSON.stringify(reply.error)}`);
    return reply.data;
  };
  const get = async (at: { url: string }, id: string): Promise<SessionState> => {
    const reply = (await rest(at, 'GET', `/v1/sessions/${id}`)).reply<SessionState>();
    if (!reply.ok) throw new Error(JSON.stringify(reply.error));
    return reply.data;
  };
  /** The trail of a session once it has so many events, and what verification finds in it. */
  const trailOf = async (at: { url: string }, id: string, count: number) => {
    const events = await until(`${count} events of ${id}`, async () => {
      const reply = (await rest(at, 'GET', `/v1/sessions/${id}/events`)).reply<HistoryData>();
      return reply.ok && reply.data.events.length >= count && reply.data.events;
    });
    const prisma = openDatabase(database, silent, { connections: 1, statementMs: 5_000 });
    try {
      expect(await verify(prisma, id)).to.deep.include({ rows: count, findings: [] });
    } finally {
      await closeDatabase(prisma, silent);
    }
    return events.map(({ event_type, timestamp }) => [event_type, timestamp]);
  };
  const started = async (client: TestClient, id: string) =>
    withState(await client.next('session:update', (event) => event.session_id === id && event.event_type === 'session_started'));

  it('ST-19 a start is planned, moved and taken away over the socket and over REST, and the rooms of all instances are told', async () => {
    const [a, b] = [await cluster.instance(), await cluster.instance()];
    const [host, guest] = [await cluster.client(a), await cluster.client(b)];
    const { session_id } = await host.ok('session:create', chess({ starts_at: ahead(3_600_000) }));
    await guest.ok('session:join', { session_id });
    const moved = ahead(7_200_000);
    const state = await host.ok('session:schedule', { session_id, starts_at: moved });
    expect(state).to.include({ version: 2, status: 'pending', starts_at: moved });
    const told = await guest.next('session:update', (event) => event.version === 2);
    expect(told).to.deep.include({ event_type: 'session_scheduled', state });
    expect(await post(b, `/${session_id}/schedule`)).to.include({ version: 3, starts_at: null });
    const refused = await host.refused('VALIDATION_ERROR', 'session:schedule', { session_id, starts_at: 'tomorrow' });
    expect(refused).to.have.nested.property('details[0].field', 'starts_at');
    const soon = ahead(8_000);
    expect(await post(b, `/${session_id}/schedule`, { starts_at: soon })).to.include({ version: 4, starts_at: soon });
    const [first, second] = await Promise.all([started(host, session_id), started(guest, session_id)]);
    expect(first).to.deep.include({ version: 5, state: second.state });
    expect(first.state).to.include({ status: 'running', session_started_at: soon, cycle_started_at: soon, active_participant_id: 'white' });
    await host.refused('INVALID_STATE_TRANSITION', 'session:schedule', { session_id });
    expect(await trailOf(a, session_id, 5)).to.deep.include(['session_started', soon]);
  });

  it('ST-8 a closing is moved over both transports, and whoever is cut off is named beside the answer', async () => {
    const [a, b] = [await cluster.instance(), await cluster.instance()];
    const [host, guest] = [await cluster.client(a), await cluster.client(b)];
    const { session_id } = await host.ok('session:create', chess({ concurrent: true, closes_at: ahead(36_000_000) }));
    await guest.ok('session:join', { session_id });
    await host.ok('session:start', { session_id });
    const closes_at = ahead(600_000);
    const reply = (
      await rest(b, 'POST', `/v1/sessions/${session_id}/schedule`, { closes_at, participant_id: 'white' })
    ).reply<SessionState>();
    if (!reply.ok) throw new Error(JSON.stringify(reply.error));
    expect(reply.data.participants[0]).to.include({ closes_at, deadline_at: closes_at });
    expect(reply.notices?.map(({ code, participant_id }) => [code, participant_id])).to.deep.equal([['CUT_BY_CLOSE', 'white']]);
    const soon = ahead(8_000);
    const moved = await host.ok('session:schedule', { session_id, closes_at: soon });
    expect(moved).to.include({ version: 4, closes_at: soon, deadline_at: soon });
    const fallen = withState(await guest.next('session:update', (event) => event.event_type === 'participant_expired'));
    expect(fallen.state.participants.map(({ clock_status }) => clock_status)).to.deep.equal(['running', 'expired']);
    expect(fallen.state.updated_at).to.equal(soon);
    await trailOf(a, session_id, 5);
  });

  it('ST-12 each of twenty sessions starts once, at its instant, although an instance is killed with -9 100 ms before', async () => {
    const [doomed, living] = await Promise.all([cluster.process({ AUDIT_WORKER: 'off' }), cluster.process()]);
    const watcher = await cluster.client(living);
    const sessions = await Promise.all(Array.from({ length: 20 }, () => post(doomed, '', chess({ warning_thresholds_ms: [] }))));
    for (const { session_id } of sessions) await watcher.ok('session:join', { session_id });
    const starts_at = ahead(8_000);
    await Promise.all(sessions.map(({ session_id }) => post(doomed, `/${session_id}/schedule`, { starts_at })));
    const heard = sessions.map(({ session_id }) => started(watcher, session_id));
    await until('100 ms before', async () => Date.now() >= Date.parse(starts_at) - 100);
    await doomed.kill();
    for (const update of await Promise.all(heard)) {
      expect(update.state).to.include({ session_started_at: starts_at, updated_at: starts_at, version: 3 });
    }
    for (const { session_id } of sessions) {
      const trail = await trailOf(living, session_id, 3);
      expect(trail[2]).to.deep.equal(['session_started', starts_at]);
    }
  });

  it('ST-5 sessions whose instant lies in an outage start as of it with charge, credit and pause, and their trails verify', async () => {
    const before = await cluster.process();
    const starts_at = ahead(8_000);
    const policies = ['charge', 'credit', 'pause'] as const;
    const sessions = await Promise.all(
      policies.map((outage_policy) => post(before, '', chess({ outage_policy, starts_at } satisfies Partial<CreatePayload>))),
    );
    const mark = async () => Number(await cluster.redis().get(createKeys(cluster.settings.KEY_PREFIX).mark));
    await until('a mark after the creates', async () => (await mark()) > Date.parse(sessions.at(-1)?.created_at ?? ''));
    await before.kill();
    const gone = await mark();
    expect(gone, 'the outage begins before the instant').to.be.below(Date.parse(starts_at));
    const end = Date.parse(starts_at) + OUTAGE_MS;
    await until('the outage is long enough', async () => Date.now() > end, 4 * OUTAGE_MS);
    const after = await cluster.process();
    const [charged, credited, paused] = (await Promise.all(sessions.map(({ session_id }) => get(after, session_id)))) as [
      SessionState,
      SessionState,
      SessionState,
    ];
    expect(charged).to.include({ status: 'running', version: 2, session_started_at: starts_at, cycle_started_at: starts_at });
    expect(credited).to.include({ status: 'running', version: 3, session_started_at: starts_at, cycle_started_at: credited.updated_at });
    expect(Date.parse(credited.updated_at)).to.be.above(gone + 3_000);
    expect(paused).to.include({
      status: 'paused',
      version: 3,
      session_started_at: starts_at,
      updated_at: starts_at,
      cycle_time_used_ms: 0,
    });
    const trails = await Promise.all([charged, credited, paused].map(({ session_id, version }) => trailOf(after, session_id, version)));
    expect(trails.map((trail) => trail.slice(1).map(([type, at]) => `${type} ${at === starts_at}`))).to.deep.equal([
      ['session_started true'],
      ['session_started true', 'session_credited false'],
      ['session_started true', 'session_paused true'],
    ]);
  });

  it('ST-15 a session that only the trail has starts when somebody next asks for it, as of its instant', async () => {
    const app = await cluster.instance();
    const starts_at = ahead(8_000);
    const { session_id } = await post(app, '', chess({ starts_at }));
    await trailOf(app, session_id, 1);
    const keys = createKeys(cluster.settings.KEY_PREFIX).session(session_id);
    await cluster.redis().del(keys.session);
    await cluster.redis().zrem(keys.dueSet, session_id);
    await until('the instant has passed', async () => Date.now() > Date.parse(starts_at) + 500);
    expect(await cluster.redis().exists(keys.session), 'nobody has asked').to.equal(0);
    expect(await get(app, session_id)).to.include({
      status: 'running',
      version: 3,
      session_started_at: starts_at,
      cycle_started_at: starts_at,
    });
    const trail = await trailOf(app, session_id, 3);
    expect(trail.map(([type]) => type)).to.deep.equal(['session_created', 'session_recovered', 'session_started']);
    expect(trail[2]?.[1]).to.equal(starts_at);
  });
});
