import { expect } from 'chai';
import type { HistoryEvent, Reply, SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { createKeys } from '../../server/store/keys.ts';
import { silent } from '../audit/kit.ts';
import { BANK_MS, chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { tamper } from '../kit/stored.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';

describe('taking turns back over instances', () => {
  let cluster: Cluster;
  let database: string;
  let white: TestClient;
  let black: TestClient;
  let second: { url: string };
  before(async () => {
    database = await freshDatabase();
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: database });
    white = await cluster.client(await cluster.instance());
    second = await cluster.instance();
    black = await cluster.client(second);
  });
  after(() => cluster.close());

  const started = async (change: Parameters<typeof chess>[0] = {}) => {
    const { session_id } = await white.ok('session:create', chess({ undo_depth: 5, ...change }));
    await black.ok('session:join', { session_id });
    await white.ok('session:start', { session_id });
    return session_id;
  };
  const key = (session_id: string) => createKeys(cluster.settings.KEY_PREFIX).session(session_id).session;
  const textOf = async (session_id: string) => (await cluster.redis().get(key(session_id))) ?? '';
  const history = async (session_id: string, version: number) => {
    const events = await until('the trail', async () => {
      const answer = await rest(second, 'GET', `/v1/sessions/${session_id}/events`);
      const { events: found } = answer.json()['data'] as { events: HistoryEvent[] };
      return found.length >= version && found;
    });
    return events;
  };
  const findings = async (session_id: string) => {
    const prisma = openDatabase(database, silent, { connections: 1, statementMs: 5000 });
    try {
      const result = await verify(prisma, session_id);
      return result === 'unknown' ? result : result.findings;
    } finally {
      await closeDatabase(prisma, silent);
    }
  };

  it('UN-15 either instance takes back turns that were played over both, and every room is told', async () => {
    const session_id = await started();
    for (const player of [white, black, white]) await player.ok('session:switch', { session_id });
    const state = await white.ok('session:undo', { session_id, turns: 2 });
    expect(state).to.include({ version: 6, active_participant_id: 'black', cycle_count: 1, undo_available: 1, cycle_time_used_ms: 0 });
    const told = withState(await black.next('session:update', (event) => event.event_type === 'session_undone'));
    expect(told.state).to.deep.equal(state);
    await white.ok('session:switch', { session_id });
    const answer = (await rest(second, 'POST', `/v1/sessions/${session_id}/undo`, { turns: 2, clock: 'charge' })).reply<SessionState>();
    if (!answer.ok) throw new Error(answer.error.message);
    const [one, other] = answer.data.participants;
    expect(answer.data).to.include({ active_participant_id: 'white', undo_available: 0 });
    expect((one?.total_time_ms ?? 0) + (one?.time_used_ms ?? 0)).to.equal(BANK_MS);
    expect((other?.total_time_ms ?? 0) + (other?.time_used_ms ?? 0)).to.equal(BANK_MS);
    const refused = await black.refused('INVALID_STATE_TRANSITION', 'session:undo', { session_id });
    expect(refused.details).to.deep.equal({ status: 'running', command: 'undo', available: 0 });
    expect(await black.refused('VALIDATION_ERROR', 'session:undo', { session_id, turns: 21 })).to.have.nested.property(
      'details[0].field',
      'turns',
    );
  });

  it('UN-14 the data for undo are stored behind the state in Redis, and reach no client and no row of the trail', async () => {
    const session_id = await started();
    await white.ok('session:switch', { session_id });
    const [, state = '', kept = ''] = (await textOf(session_id)).split('\n');
    expect(JSON.parse(kept)).to.have.lengthOf(2);
    expect(state).not.to.include('used_ms":{');
    const joined = await black.ok('session:join', { session_id });
    expect(joined.state).to.deep.include({ undo_depth: 5, undo_available: 1 });
    const events = await history(session_id, 3);
    for (const told of [joined, ...events, ...black.seen('session:update')]) expect(JSON.stringify(told)).not.to.include('"session":{');
    const plain = await started({ undo_depth: 0 });
    await white.ok('session:switch', { session_id: plain });
    expect((await textOf(plain)).split('\n')).to.have.lengthOf(2);
    await white.ok('session:delete', { session_id });
    expect((await textOf(session_id)).split('\n').slice(1)).to.deep.equal(['']);
  });

  it('UN-11 of undos that race each other and with switches, each that is acknowledged counts once, and the losers are CONFLICT', async () => {
    const session_id = await started({ undo_depth: 20 });
    const codes = { 'session:undo': new Set<string>(), 'session:switch': new Set<string>() };
    for (let round = 0; round < 15; round++) {
      for (let turn = 0; turn < 2; turn++) await white.ok('session:switch', { session_id });
      let balance = (await white.ok('session:get', { session_id })).cycle_count;
      const race = [white, black, white, black].map(async (player, index) => {
        const name = index < 2 ? 'session:undo' : 'session:switch';
        const reply: Reply<unknown> = await player.command(name, { session_id });
        if (!reply.ok) codes[name].add(reply.error.code);
        else balance += name === 'session:undo' ? -1 : 1;
      });
      await Promise.all(race);
      expect((await black.ok('session:get', { session_id })).cycle_count).to.equal(balance);
    }
    expect([...codes['session:undo']]).to.deep.equal(['CONFLICT']);
    expect([...codes['session:switch']]).to.deep.equal(['CONFLICT']);
    const { version } = await white.ok('session:get', { session_id });
    await history(session_id, Math.min(version, 100));
    await until('every row', async () => (await findings(session_id))?.length === 0);
  });

  it('UN-10 a session that was brought back from the trail has nothing to take back, and goes on so that its trail verifies', async () => {
    const session_id = await started();
    await white.ok('session:switch', { session_id });
    await history(session_id, 3);
    await cluster.redis().del(key(session_id));
    expect(await white.ok('session:get', { session_id })).to.include({ version: 4, undo_available: 0 });
    await white.refused('INVALID_STATE_TRANSITION', 'session:undo', { session_id });
    expect(await black.ok('session:switch', { session_id })).to.include({ version: 5, active_participant_id: 'white' });
    expect(await white.ok('session:undo', { session_id })).to.include({
      active_participant_id: 'black',
      cycle_count: 1,
      undo_available: 0,
    });
    await history(session_id, 6);
    expect(await findings(session_id)).to.deep.equal([]);
  });

  it('UN-10 a new epoch leaves nothing to take back, also where it begins with an undo', async () => {
    const session_id = await started();
    for (let turn = 0; turn < 3; turn++) await white.ok('session:switch', { session_id });
    await tamper(cluster.redis(), key(session_id), { redisRun: 'another-run-0000' });
    const undone = await white.ok('session:undo', { session_id });
    expect(undone).to.include({ cycle_count: 2, undo_available: 0 });
    expect(undone.epoch).to.be.above(Date.parse(undone.created_at));
    await white.ok('session:switch', { session_id });
    await tamper(cluster.redis(), key(session_id), { redisRun: 'another-run-0001' });
    await black.ok('session:switch', { session_id });
    expect(await black.ok('session:get', { session_id })).to.include({ cycle_count: 4, undo_available: 0 });
    await history(session_id, 8);
    expect(await findings(session_id)).to.deep.equal([]);
  });

  it('UN-15 turns that were played over an instance that died can be taken back over another one, in large sessions too', async () => {
    const mortal = await cluster.process();
    const player = await cluster.client(mortal);
    const participants = Array.from({ length: 70 }, (_, index) => ({ participant_id: `p${index}`, total_time_ms: BANK_MS }));
    const played: string[] = [];
    for (const change of [{}, { participants }]) {
      const { session_id } = await player.ok('session:create', chess({ undo_depth: 3, ...change }));
      played.push(session_id);
      for (const name of ['start', 'pause', 'resume', 'switch', 'switch'] as const) await player.ok(`session:${name}`, { session_id });
    }
    await mortal.kill();
    for (const session_id of played) {
      const before = await black.ok('session:get', { session_id });
      const state = await black.ok('session:undo', { session_id, turns: 2 });
      expect(state).to.include({ active_participant_id: before.participants[0]?.participant_id, cycle_count: 0, undo_available: 0 });
      const clocks = state.participants.map(({ time_used_ms, total_time_ms }) => [time_used_ms, total_time_ms]);
      expect(clocks).to.deep.equal(before.participants.map(() => [0, BANK_MS]));
    }
  });

  it('UN-16 after an undo the clock warns anew, and runs out at its new deadline', async () => {
    const participants = ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms: 20_000 }));
    const session_id = await started({ participants, warning_thresholds_ms: [19_000] });
    await black.next('session:warning', (event) => event.session_id === session_id);
    await white.ok('session:switch', { session_id });
    const { deadline_at, cycle_started_at } = await white.ok('session:undo', { session_id });
    expect(Date.parse(deadline_at ?? '') - Date.parse(cycle_started_at ?? '')).to.equal(20_000);
    const warned = await black.next('session:warning', (event) => event.session_id === session_id && event.deadline_at === deadline_at);
    expect(warned.participant_id).to.equal('white');
    const adjusted = await white.ok('session:adjust', { session_id, participant_id: 'white', delta_ms: -16_000 });
    const expired = await black.next('session:expired', (event) => event.session_id === session_id);
    expect(expired.expired_at).to.equal(adjusted.deadline_at);
  });
});
