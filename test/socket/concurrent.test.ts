import { expect } from 'chai';
import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import type { CreatePayload, HistoryData, SessionState, SwitchData, WarningEvent } from '#contract';
import { verify } from '../../server/audit/verify.ts';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { silent } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';

const HOUR = 3_600_000;

/** An exam for three. */
const hall = (change: Partial<CreatePayload> = {}) =>
  chess({
    concurrent: true,
    participants: ['ann', 'ben', 'cem'].map((participant_id) => ({ participant_id, total_time_ms: HOUR })),
    ...change,
  });
const statuses = ({ participants }: Pick<SwitchData, 'participants'>) => participants.map((one) => one.clock_status);

describe('concurrent sessions over the wire', () => {
  let cluster: Cluster;
  let url: string;
  let a: { url: string };
  let b: { url: string };
  let teacher: TestClient;
  let student: TestClient;
  before(async () => {
    url = await freshDatabase();
    // The grace is long, so that an answer that is sent after a deadline comes before the end of it.
    cluster = await openCluster({ DATABASE_URL: url, AUDIT_WORKER: 'inline', RATE_LIMIT_GENERAL: '0', EXPIRY_GRACE_MS: '1000' });
    [a, b] = [await cluster.instance(), await cluster.instance()];
    [teacher, student] = [await cluster.client(a), await cluster.client(b)];
  });
  after(() => cluster.close());

  it('CC-20 start, pause, resume and finish of one participant answer a switch result with that participant alone', async () => {
    const { session_id } = await teacher.ok('session:create', hall());
    await student.ok('session:join', { session_id });
    const started = await teacher.ok('session:start', { session_id, participant_id: 'ann' });
    expect(started).to.have.all.keys(
      'session_id epoch version status active_participant_id active_group_id cycle_started_at participants'.split(' '),
    );
    expect(started.participants).to.have.lengthOf(1);
    expect(started.participants[0]).to.include({ participant_id: 'ann', clock_status: 'running' });
    const update = withState(await student.next('session:update', ({ session_id: id }) => id === session_id));
    expect(update).to.include({ event_type: 'participant_started', version: 2 });
    expect(statuses(update.state)).to.deep.equal(['running', 'waiting', 'waiting']);
    expect(statuses(await student.ok('session:pause', { session_id, participant_id: 'ann' }))).to.deep.equal(['paused']);
    expect(statuses(await student.ok('session:resume', { session_id, participant_id: 'ann' }))).to.deep.equal(['running']);
    const finished = await student.ok('session:finish', { session_id, participant_id: 'ann', command_id: 'once' });
    expect(finished.finished_at).to.equal(finished.participants[0]?.finished_at);
    expect(finished.participants.map((one) => one.participant_id)).to.deep.equal(['ann']);
    const again = await student.success('session:finish', { session_id, participant_id: 'ann', command_id: 'once' });
    expect(again).to.deep.include({ replayed: true, data: finished });
    const refused = await student.command('session:finish', { session_id, participant_id: 'ann' });
    expect(!refused.ok && refused.error).to.deep.include({
      code: 'INVALID_STATE_TRANSITION',
      details: { status: 'running', clock_status: 'finished', command: 'finish' },
    });
    expect(statuses(await teacher.ok('session:start', { session_id }))).to.deep.equal(['finished', 'running', 'running']);
  });

  it('CC-21 over REST the commands on one clock are the same', async () => {
    const { session_id } = hall();
    const post = async (path: string, body: object) => {
      const reply = (await rest(b, 'POST', `/v1/sessions${path}`, body)).reply<SessionState & SwitchData>();
      if (!reply.ok) throw new Error(JSON.stringify(reply.error));
      return reply.data;
    };
    await post('', hall({ session_id }));
    expect(statuses(await post(`/${session_id}/start`, { participant_id: 'ben' }))).to.deep.equal(['running']);
    expect(statuses(await post(`/${session_id}/pause`, { participant_id: 'ben' }))).to.deep.equal(['paused']);
    expect(statuses(await post(`/${session_id}/resume`, { participant_id: 'ben' }))).to.deep.equal(['running']);
    expect((await post(`/${session_id}/finish`, { participant_id: 'ben' })).finished_at).to.be.a('string');
    expect(statuses(await post(`/${session_id}/start`, {}))).to.deep.equal(['running', 'finished', 'running']);
  });

  it('CC-22 clocks that fall at one instant are one update and one expiry that names all', async () => {
    const participants = [1_000, 1_000, 1_400].map((total_time_ms, n) => ({ participant_id: `p${n}`, total_time_ms }));
    const { session_id } = await teacher.ok('session:create', hall({ participants }));
    await student.ok('session:join', { session_id });
    const { deadline_at } = await teacher.ok('session:start', { session_id });
    const expired = await student.next('session:expired', ({ session_id: id }) => id === session_id);
    expect(expired).to.deep.include({
      expired_participant_id: null,
      expired_participant_ids: ['p0', 'p1'],
      expired_at: deadline_at,
      version: 3,
    });
    const last = await student.next('session:expired', ({ session_id: id }) => id === session_id);
    expect(last).to.deep.include({ expired_participant_id: 'p2', expired_participant_ids: ['p2'], version: 4 });
    expect((await teacher.ok('session:get', { session_id })).status).to.equal('expired');
  });

  it('CC-23 the trail of a concurrent session has every event, its history tells them, and it verifies', async () => {
    const { session_id } = await teacher.ok('session:create', hall({ outage_policy: 'credit' }));
    await teacher.ok('session:start', { session_id });
    await student.ok('session:finish', { session_id, participant_id: 'ann' });
    await student.ok('session:pause', { session_id, participant_id: 'ben' });
    await teacher.ok('session:pause', { session_id });
    await teacher.ok('session:adjust', { session_id, delta_ms: 60_000 });
    await teacher.ok('session:resume', { session_id });
    await student.ok('session:resume', { session_id, participant_id: 'ben' });
    await teacher.ok('session:complete', { session_id });
    const { events } = await until('the whole trail', async () => {
      const data: HistoryData = await teacher.ok('session:history', { session_id });
      return data.events.length === 9 && data;
    });
    expect(events.map(({ event_type, participant_id, time_elapsed_ms: ms }) => [event_type, participant_id, ms === null])).to.deep.equal([
      ['session_created', null, false],
      ['session_started', null, false],
      ['participant_finished', 'ann', false],
      ['participant_paused', 'ben', false],
      ['session_paused', 'cem', false],
      ['session_adjusted', null, false],
      ['session_resumed', null, false],
      ['participant_resumed', 'ben', false],
      ['session_completed', null, true],
    ]);
    const database = openDatabase(url, silent, { connections: 1, statementMs: 5_000 });
    try {
      expect(await verify(database, session_id)).to.deep.include({ rows: 9, findings: [] });
    } finally {
      await closeDatabase(database, silent);
    }
  });

  it('CC-24 the client has a method for each command on one clock, and reads every clock from the state', async () => {
    const client = new SyncKairosClient(a.url);
    try {
      const { session_id } = await client.createSession(hall());
      await client.startSession(session_id);
      await client.pauseParticipant(session_id, 'ann');
      await client.resumeParticipant(session_id, 'ann');
      const { finished_at, participants } = await client.finish(session_id, 'ben', { cycle_count: 0 });
      expect(finished_at).to.equal(participants[0]?.finished_at);
      await client.syncServerTime();
      const left = participants[0]?.time_remaining_ms;
      await until('the update', async () => client.session(session_id).getSnapshot()?.participants[1]?.clock_status === 'finished');
      expect(client.getParticipantTime(session_id, 'ben')).to.equal(left);
      expect(client.getParticipantTime(session_id, 'cem'))
        .to.be.below(HOUR)
        .and.above(HOUR / 2);
    } finally {
      client.disconnect();
    }
  });

  it('CC-54 a room of two instances is warned of each clock and threshold once, and by one event of more than 50 clocks', async () => {
    const warnings = { warning_thresholds_ms: [1_500], warning_thresholds_percent: [90] };
    const participants = Array.from({ length: 51 }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: 2_000 }));
    participants.push({ participant_id: 'last', total_time_ms: 2_400 });
    const { session_id } = await teacher.ok('session:create', hall({ ...warnings, participants }));
    await student.ok('session:join', { session_id });
    const told: (string | number | null | undefined)[][] = [];
    student.socket.on('session:warning', (warning: WarningEvent) => {
      if (warning.session_id !== session_id) return;
      told.push([
        warning.participant_id,
        warning.participant_ids?.length,
        warning.threshold_ms,
        warning.threshold_percent,
        warning.deadline_at,
      ]);
    });
    const { deadline_at } = await teacher.ok('session:start', { session_id });
    await student.next('session:expired', (event) => event.session_id === session_id && event.expired_participant_id === 'last');
    const last = new Date(Date.parse(deadline_at ?? '') + 400).toISOString();
    expect(told).to.deep.equal([
      [null, 51, 1_800, 90, deadline_at],
      ['last', undefined, 2_160, 90, last],
      [null, 51, 1_500, undefined, deadline_at],
      ['last', undefined, 1_500, undefined, last],
    ]);
  });

  it('CC-55 thirty who answer one question within 200 ms over two instances have thirty answers, each with its own instant', async () => {
    const participants = Array.from({ length: 30 }, (_, n) => ({ participant_id: `p${n}` }));
    const { session_id } = await teacher.ok('session:create', hall({ sync_mode: 'per_cycle', time_per_cycle_ms: 60_000, participants }));
    await teacher.ok('session:start', { session_id });
    const clients = await Promise.all(participants.map((_, n) => cluster.client(n % 2 === 0 ? a : b)));
    const results = await Promise.all(
      clients.map(async (client, n) => {
        await new Promise((resolve) => setTimeout(resolve, (200 * n) / 30));
        return client.ok('session:finish', { session_id, participant_id: `p${n}`, cycle_count: 0, answer: n });
      }),
    );
    const state = await student.ok('session:get', { session_id });
    expect(state.participants.map((one) => [one.clock_status, one.answer])).to.deep.equal(participants.map((_, n) => ['finished', n]));
    expect(state).to.include({ version: 32, cycle_count: 0, status: 'running', deadline_at: null });
    for (const [n, result] of results.entries()) expect(result.finished_at).to.equal(state.participants[n]?.finished_at);
    await teacher.ok('session:switch', { session_id, cycle_count: 0 });
    await student.refused('CONFLICT', 'session:finish', { session_id, participant_id: 'p1', cycle_count: 0 });
    for (const client of clients) client.close();
  });

  it('CC-56 an answer that arrives after its cycle, and had to wait for the end of that, does not count for the next one', async () => {
    const participants = [{ participant_id: 'ann' }];
    const change = { sync_mode: 'per_cycle', time_per_cycle_ms: 3_000, auto_advance: true, participants } as const;
    const { session_id } = await teacher.ok('session:create', hall(change));
    const started = await teacher.ok('session:start', { session_id });
    await student.ok('session:join', { session_id });
    const wait = Date.parse(started.deadline_at ?? '') - (await teacher.ok('time:sync', {})).server_send_time_ms + 5;
    await new Promise((resolve) => setTimeout(resolve, wait));
    await student.refused('CONFLICT', 'session:finish', { session_id, participant_id: 'ann' });
    await student.ok('session:finish', { session_id, participant_id: 'ann', cycle_count: 1 });
    await teacher.ok('session:complete', { session_id });
  });

  it('CC-57 time that a closing cuts off is told beside the answer to create, start and adjust', async () => {
    const closes_at = new Date(Date.now() + HOUR / 2).toISOString();
    const created = await teacher.success('session:create', hall({ closes_at }));
    expect(created.notices?.map(({ code, participant_id }) => [code, participant_id])).to.deep.equal(
      ['ann', 'ben', 'cem'].map((name) => ['CUT_BY_CLOSE', name]),
    );
    const { session_id } = created.data;
    const started = await teacher.success('session:start', { session_id, participant_id: 'ben' });
    expect(started.notices?.map((notice) => notice.participant_id)).to.deep.equal(['ben']);
    const given = await teacher.success('session:adjust', { session_id, participant_id: 'cem', delta_ms: 60_000 });
    expect(given.notices?.[0]?.lost_ms).to.be.within(HOUR / 2 + 50_000, HOUR / 2 + 120_000);
  });
});
