import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { applyChanges } from '#clock';
import type { ChangesEvent, SessionState, UpdateEvent } from '#contract';
import { age } from '../expiry/engine-fixture.ts';
import { isHandIn } from '../../server/transport/socket/merged-updates.ts';
import { Fortunes, LightClient } from '../clients/light-client.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

type Update = UpdateEvent | ChangesEvent;

/** The least time between two updates of hand-ins alone to a room of so many sockets, ms. */
const [SOCKETS, APART_MS] = [250, 200];
const HAND_INS = 40;

describe('updates of concurrent sessions with many participants', () => {
  let cluster: Cluster;
  let a: { url: string };
  let b: { url: string };
  let teacher: TestClient;
  before(async () => {
    cluster = await openCluster({ RATE_LIMIT_SOCKET: '0' });
    [a, b] = [await cluster.instance(), await cluster.instance()];
    teacher = await cluster.client(a);
  });
  after(() => cluster.close());

  /** A running exam of `count` participants, and what a socket of the second instance, joined with `deltas`, hears. */
  async function exam(count: number, deltas: boolean | 2) {
    const participants = Array.from({ length: count }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: 600_000 }));
    const { session_id } = await teacher.ok('session:create', chess({ concurrent: true, participants }));
    const listener = await cluster.client(b);
    const heard: Update[] = [];
    listener.socket.on('session:update', (event: Update) => heard.push(event));
    const { state } = await listener.ok('session:join', { session_id, deltas });
    await teacher.ok('session:start', { session_id });
    return { session_id, heard, listener, joined: state };
  }
  const finishAll = async (session_id: string, count: number) => {
    const clients = [await cluster.client(a), await cluster.client(b)];
    await Promise.all(
      Array.from({ length: count }, async (_, n) =>
        clients[n % 2]?.ok('session:finish', { session_id, participant_id: `p${n}`, answer: n }),
      ),
    );
    return teacher.ok('session:get', { session_id });
  };
  const newestOf = (heard: readonly Update[]) => heard.at(-1)?.version;

  it('CC-62 a room of more than 50 participants gets an update at once and then at most ten a second, the last of which has everything', async () => {
    const { session_id, heard } = await exam(60, false);
    await until('the start', async () => heard.length > 0);
    const began = performance.now();
    const state = await finishAll(session_id, 60);
    expect(state).to.include({ version: 62, status: 'completed' });
    await until('the last update', async () => newestOf(heard) === 62);
    const seconds = (performance.now() - began) / 1_000;
    expect(heard.length).to.be.at.most(Math.ceil(10 * seconds) + 2);
    expect((heard.at(-1) as UpdateEvent).state).to.deep.equal(state);
  });

  it('HC-4 a room of up to 50 participants is told of each version, also where one commit took many hand-ins', async () => {
    for (const deltas of [false, 2] as const) {
      const { session_id, heard } = await exam(30, deltas);
      await finishAll(session_id, 30);
      await until('the last update', async () => newestOf(heard) === 32);
      expect(heard.map(({ version }) => version)).to.deep.equal(Array.from({ length: 31 }, (_, n) => n + 2));
    }
  });

  it('HC-9 a room of many sockets is told the rarer of nothing but hand-ins, and still of all', async () => {
    const { session_id, heard } = await exam(60, 2);
    const fortunes = new Fortunes();
    const crowd = Array.from({ length: SOCKETS - 1 }, () => new LightClient(session_id, 2, () => fortunes));
    try {
      await Promise.all(crowd.map(async (one) => one.enter(b.url)));
      const [began, told] = [performance.now(), heard.length];
      for (let n = 0; n < HAND_INS; n++) {
        await teacher.ok('session:finish', { session_id, participant_id: `p${n}` });
        await wait(50);
      }
      await until('the last hand-in', async () => newestOf(heard) === HAND_INS + 2);
      const ms = performance.now() - began;
      expect(heard.length - told).to.be.at.most(Math.ceil(ms / APART_MS) + 2);
    } finally {
      for (const one of crowd) one.drop();
    }
  });

  it('HC-9 changes are nothing but hand-ins if neither session nor cycle nor the clock of anybody else changed', () => {
    const of = (changes: ChangesEvent['changes']) => isHandIn({ changes } as ChangesEvent);
    const finished = { participant_id: 'p1', clock_status: 'finished' as const, answer: 1 };
    expect(of({ version: 3, deadline_at: null, participants: [finished] })).to.equal(true);
    expect(of({ participants: [finished, { participant_id: 'p2', clock_status: 'paused' }] })).to.equal(false);
    expect(of({ participants: [finished, { participant_id: 'p2', deadline_at: null }] })).to.equal(false);
    expect(of({ status: 'completed', participants: [finished] })).to.equal(false);
    expect(of({ cycle_count: 1, participants: [finished] })).to.equal(false);
  });

  it('CC-63 a socket that joined with deltas: 2 gets changes that lead to the state, one with deltas: true gets whole states', async () => {
    for (const count of [12, 70]) {
      const { session_id, heard, joined } = await exam(count, 2);
      const whole = await exam(count, true);
      const state = await finishAll(session_id, count);
      await until('the last update', async () => newestOf(heard) === state.version);
      let known: SessionState = joined;
      for (const event of heard) {
        if ('state' in event) throw new Error('a whole state');
        expect(event.deltas).to.equal(2);
        expect(known.version).to.be.within(event.since_version, event.version - 1);
        known = applyChanges(known, event.changes);
      }
      expect(known).to.deep.equal(state);
      await until('the start', async () => whole.heard.length > 0);
      expect(whole.heard.every((event) => 'state' in event)).to.equal(true);
    }
  });

  it('CC-64 a client that joins between two merged updates follows them without asking again, and an answer that is cleared is gone', async () => {
    const participants = Array.from({ length: 60 }, (_, n) => ({ participant_id: `p${n}` }));
    const quiz = chess({ concurrent: true, sync_mode: 'per_cycle', time_per_cycle_ms: 60_000, participants });
    const { session_id } = await teacher.ok('session:create', quiz);
    await teacher.ok('session:start', { session_id });
    const finishing = finishAll(session_id, 60);
    const client = new SyncKairosClient(b.url);
    const stop = client.connectWebSocket(session_id, () => {});
    try {
      await finishing;
      const shown = () => client.session(session_id).getSnapshot();
      await until('all answers', async () => shown()?.version === 62);
      expect(shown()?.participants.map(({ answer }) => answer)).to.deep.equal(participants.map((_, n) => n));
      await teacher.ok('session:switch', { session_id, cycle_count: 0 });
      await until('the next question', async () => shown()?.version === 63);
      expect(shown()).to.deep.equal(await teacher.ok('session:get', { session_id }));
    } finally {
      stop();
      client.disconnect();
    }
  });

  it('HC-11 the update that ends a cycle with hidden answers names them, in either form, also where the next cycle has begun', async () => {
    for (const [count, deltas] of [
      [4, false],
      [12, 2],
      [12, false],
      [60, 2],
      [60, false],
    ] as const) {
      const participants = Array.from({ length: count }, (_, n) => ({ participant_id: `p${n}` }));
      const quiz = { sync_mode: 'per_cycle' as const, time_per_cycle_ms: 3_600_000, answers: 'hidden' as const, auto_advance: true };
      const { session_id } = await teacher.ok('session:create', chess({ ...quiz, concurrent: true, participants }));
      const listener = await cluster.client(b);
      const told: UpdateEvent['answers'][] = [];
      listener.socket.on('session:update', ({ answers }: Update) => told.push(...(answers === undefined ? [] : [answers])));
      await listener.ok('session:join', { session_id, deltas });
      await teacher.ok('session:start', { session_id });
      expect(await finishAll(session_id, count)).to.include({ cycle_count: 1, status: 'running' });
      await until('the answers', async () => told.length > 0);
      expect(told).to.have.lengthOf(1);
      expect(told[0]?.map(({ participant_id, answer }) => [participant_id, answer])).to.deep.equal(
        participants.map(({ participant_id }, n) => [participant_id, n]),
      );
    }
  });

  it('CC-65 clocks that fall within a tenth of a second of each other may be told together, after the update', async () => {
    const participants = Array.from({ length: 60 }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: 1_000 + 5 * n }));
    const { session_id } = await teacher.ok('session:create', chess({ concurrent: true, participants, warning_thresholds_ms: [] }));
    const listener = await cluster.client(b);
    await listener.ok('session:join', { session_id });
    const told: string[] = [];
    listener.socket.on('session:expired', (event: { expired_participant_ids: string[] }) => told.push(...event.expired_participant_ids));
    await teacher.ok('session:start', { session_id });
    await until('everybody fell', async () => told.length >= 60);
    expect(told.toSorted()).to.deep.equal(participants.map((one) => one.participant_id).toSorted());
  });

  it('HC-6 clocks of a concurrent session that fell while nobody looked are told by one event that names all of them', async () => {
    const participants = Array.from({ length: 30 }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: 3_600_000 + n }));
    const { session_id } = await teacher.ok('session:create', chess({ concurrent: true, participants, warning_thresholds_ms: [] }));
    const listener = await cluster.client(b);
    await listener.ok('session:join', { session_id });
    await teacher.ok('session:start', { session_id });
    await age(cluster.redis(), cluster.settings.KEY_PREFIX, session_id, 3_601_000);
    expect(await teacher.ok('session:get', { session_id })).to.include({ status: 'expired', version: 32 });
    const { expired_participant_id, expired_participant_ids } = await listener.next('session:expired');
    expect(expired_participant_id).to.equal(null);
    expect(expired_participant_ids).to.deep.equal(participants.map((one) => one.participant_id));
  });
});
