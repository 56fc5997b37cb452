import { expect } from 'chai';
import type { CreatePayload, ExtendData, HistoryEvent, Reply } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { createKeys } from '../../server/store/keys.ts';
import { silent } from '../audit/kit.ts';
import { auction, chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';

const BIDDERS = 24;
/** A lot of a minute, all of it window. */
const LOT: Partial<CreatePayload> = { time_per_cycle_ms: 60_000, warning_thresholds_ms: [] };

describe('extensions over instances', () => {
  let cluster: Cluster;
  let database: string;
  let a: TestClient;
  let b: TestClient;
  let second: { url: string };
  before(async () => {
    database = await freshDatabase();
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: database });
    a = await cluster.client(await cluster.instance());
    second = await cluster.instance();
    b = await cluster.client(second);
  });
  after(() => cluster.close());

  const started = async (change: Partial<CreatePayload> = {}) => {
    const participants = Array.from({ length: BIDDERS }, (_, n) => ({ participant_id: `bidder-${n}` }));
    const { session_id } = await a.ok('session:create', chess(auction({ ...LOT, participants, ...change })));
    await b.ok('session:join', { session_id });
    await a.ok('session:start', { session_id });
    return session_id;
  };
  const history = (session_id: string, versions: number) =>
    until('the trail', async () => {
      const { events } = (await rest(second, 'GET', `/v1/sessions/${session_id}/events`)).json()['data'] as { events: HistoryEvent[] };
      return events.length >= versions && events;
    });
  const findings = async (session_id: string) => {
    const prisma = openDatabase(database, silent, { connections: 1, statementMs: 5_000 });
    try {
      const result = await verify(prisma, session_id);
      return result === 'unknown' ? result : result.findings;
    } finally {
      await closeDatabase(prisma, silent);
    }
  };

  it('LT-15 bidders who extend at once over two instances get one result each, in the order of the versions, and the maxima hold', async () => {
    const session_id = await started({
      extension: { window_ms: 3_600_000, by_ms: 1_000, mode: 'add', max_total_ms: 15_500, max_count: 20 },
    });
    const bids = Array.from({ length: BIDDERS }, async (_, n) => {
      const payload = { session_id, participant_id: `bidder-${n}`, cycle_count: 0 };
      const { state, extended_ms } = await (n % 2 === 0 ? a : b).ok('session:extend', payload);
      return { who: payload.participant_id, version: state.version, extended_ms };
    });
    const results = (await Promise.all(bids)).toSorted((one, other) => one.version - other.version);
    expect(results.map(({ version }) => version)).to.deep.equal(Array.from({ length: BIDDERS }, (_, n) => n + 3));
    const moved = results.map(({ extended_ms }) => extended_ms);
    expect(moved).to.deep.equal([...Array<number>(15).fill(1_000), 500, ...Array<number>(BIDDERS - 16).fill(0)]);
    const events = (await history(session_id, BIDDERS + 2)).slice(2);
    expect(events.map(({ metadata }) => metadata['participant_id'])).to.deep.equal(results.map(({ who }) => who));
    expect(events.map(({ metadata }) => metadata['extended_ms'])).to.deep.equal(moved);
    const instants = events.map(({ timestamp }) => timestamp);
    expect(instants).to.deep.equal(instants.toSorted());
    const { started: begun, ...last } = { ...(await b.ok('session:get', { session_id })), started: events[0]?.state_snapshot };
    expect(last).to.include({ extended_ms: 15_500, extension_count: 16, cycle_count: 0 });
    expect(Date.parse(last.deadline_at ?? '') - Date.parse(begun?.session_started_at ?? '')).to.equal(75_500);
    await until('a trail that verifies', async () => (await findings(session_id))?.length === 0);
  });

  it('CC-80 extensions that reach one instance at once are recorded in the order in which they arrived', async () => {
    const session_id = await started({ extension: { window_ms: 3_600_000, by_ms: 1_000, mode: 'add', max_count: 5 } });
    const bids = Array.from({ length: BIDDERS }, async (_, n) => a.ok('session:extend', { session_id, participant_id: `bidder-${n}` }));
    const results = await Promise.all(bids);
    expect(results.map(({ state }) => state.version)).to.deep.equal(Array.from({ length: BIDDERS }, (_, n) => n + 3));
    expect(results.map(({ extended_ms }) => extended_ms)).to.deep.equal(results.map((_, n) => (n < 5 ? 1_000 : 0)));
  });

  it('LT-16 extend over REST is the same command, tells the room, and says null for what an earlier call had moved', async () => {
    const session_id = await started({ extension: { window_ms: 60_000, by_ms: 2_500, mode: 'add' } });
    const bid = { participant_id: 'bidder-1', reason: 'hall', command_id: 'bid-1' };
    const send = async (body: object) => (await rest(second, 'POST', `/v1/sessions/${session_id}/extend`, body)).reply<ExtendData>();
    const first = await send(bid);
    if (!first.ok) throw new Error(first.error.message);
    expect(first.data).to.deep.include({ extended_ms: 2_500 });
    const told = withState(await a.next('session:update', (event) => event.session_id === session_id && event.version === 3));
    expect(told.state).to.deep.equal(first.data.state);
    const again = await send(bid);
    expect(again).to.deep.include({ ok: true, replayed: true, applied_version: 3, data: { state: first.data.state, extended_ms: null } });
    for (const wrong of [{ cycle_count: -1 }, { cycle_count: 0.5 }, { participant_id: '' }, { by_ms: 5 }]) {
      const reply: Reply<unknown> = await send(wrong);
      expect(reply).to.have.nested.property('error.code', 'VALIDATION_ERROR');
    }
    const codes = [{ participant_id: 'eve' }, { cycle_count: 7 }, { expected_version: 2 }].map(async (body) => {
      const reply: Reply<unknown> = await send(body);
      return reply.ok ? 'ok' : reply.error.code;
    });
    expect(await Promise.all(codes)).to.deep.equal(['PARTICIPANT_NOT_FOUND', 'CONFLICT', 'CONFLICT']);
  });

  it('LT-17 the sum and the number of extensions come back from the trail with the session, and the next bid adds to them', async () => {
    const session_id = await started({ extension: { window_ms: 3_600_000, by_ms: 4_000, mode: 'add', max_total_ms: 6_000 } });
    const { state } = await a.ok('session:extend', { session_id });
    await history(session_id, 3);
    await cluster.redis().del(createKeys(cluster.settings.KEY_PREFIX).session(session_id).session);
    const back = await b.ok('session:get', { session_id });
    expect(back).to.include({ version: 4, extended_ms: 4_000, extension_count: 1, deadline_at: state.deadline_at });
    expect(await b.ok('session:extend', { session_id })).to.have.property('extended_ms', 2_000);
    await history(session_id, 5);
    await until('a trail that verifies', async () => (await findings(session_id))?.length === 0);
  });

  it('LT-7 after an extension the room is warned anew, and the lot ends at its new deadline', async () => {
    const session_id = await started({
      time_per_cycle_ms: 1_500,
      auto_advance: false,
      warning_thresholds_ms: [1_200],
      extension: { window_ms: 1_300, by_ms: 1_000, mode: 'add' },
    });
    await b.next('session:warning', (event) => event.session_id === session_id);
    const { state } = await a.ok('session:extend', { session_id });
    const warned = await b.next('session:warning', (event) => event.session_id === session_id && event.version === state.version);
    expect(warned).to.include({ threshold_ms: 1_200, deadline_at: state.deadline_at });
    const expired = await b.next('session:expired', (event) => event.session_id === session_id);
    expect(expired.expired_at).to.equal(state.deadline_at);
  });
});
