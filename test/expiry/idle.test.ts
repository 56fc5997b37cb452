import { expect } from 'chai';
import type { CreatePayload, HistoryEvent } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { create } from '../../server/domain/create.ts';
import { catchUp } from '../../server/domain/catch-up.ts';
import { decide } from '../../server/domain/decide.ts';
import { idleEnd } from '../../server/domain/idle.ts';
import { SCHEMA } from '../../server/domain/schema.ts';
import { toSession, writeFacts } from '../../server/store/codec.ts';
import { createKeys } from '../../server/store/keys.ts';
import { createPresence } from '../../server/store/presence.ts';
import { silent } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { keysLike } from '../kit/redis.ts';
import { openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { EngineFixture, codeOf, iso, type EngineInstance, stateOf } from './engine-fixture.ts';

const CYCLES: Partial<CreatePayload> = { sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true };
const STOPWATCH: Partial<CreatePayload> = { sync_mode: 'count_up' };
const SECOND = 1_000;

describe('what nobody plays', () => {
  describe('by the rules', () => {
    const T0 = Date.parse('2026-01-01T00:00:00.000Z');
    /**
     * The events that no command makes of a session that was started at T0, up to `upTo`, where its idle time is over
     * at `end` (both ms after T0).
     */
    const happens = (change: Partial<CreatePayload>, end: number, upTo: number, outages: [number, number][] = []) => {
      const made = create(chess(change), T0);
      if (!made.ok) throw new Error(made.message);
      const started = decide(made.event.state, { type: 'start' }, T0);
      if (!started.ok) throw new Error(started.message);
      const gaps = outages.map(([from, to]) => ({ from: T0 + from, to: T0 + to }));
      return [...catchUp(started.event.state, T0 + upTo, gaps, T0 + end)].map(({ event_type, at, metadata }) => [
        event_type,
        at - T0,
        metadata,
      ]);
    };
    const expired = (at: number) => ['participant_expired', at, {}];
    const cancelled = (at: number) => ['session_cancelled', at, { reason: 'idle' }];

    it('L-10 a session that goes on by itself ends with the countdown that was running then, however late that is found out', () => {
      for (const upTo of [3_000, 3_001, 1_000_000]) {
        expect(happens(CYCLES, 3_000, upTo)).to.deep.equal([expired(1_000), expired(2_000), expired(3_000), cancelled(3_000)]);
      }
      expect(happens(CYCLES, 2_400, 1_000_000)).to.deep.equal([expired(1_000), expired(2_000), expired(3_000), cancelled(3_000)]);
      expect(happens(CYCLES, 2_400, 2_999)).to.deep.equal([expired(1_000), expired(2_000)]);
    });

    it('L-11 an idle stopwatch without a ceiling ends as of the end of its idle time', () => {
      expect(happens(STOPWATCH, 2_400, 2_399)).to.deep.equal([]);
      for (const upTo of [2_400, 1_000_000]) expect(happens(STOPWATCH, 2_400, upTo)).to.deep.equal([cancelled(2_400)]);
    });

    it('L-12 an idle session whose countdown runs on until later ends with that countdown', () => {
      const bank = 1_800_000;
      expect(happens({}, 1_000, bank - 1)).to.deep.equal([]);
      expect(happens({}, 1_000, 2 * bank)).to.deep.equal([expired(bank)]);
      expect(happens({ ...STOPWATCH, max_time_ms: 5_000 }, 1_000, 6_000)).to.deep.equal([expired(5_000)]);
    });

    it('L-13 an outage begins the idle time anew, as a connection does', () => {
      const day = 86_400_000;
      const gap = (from: number, to: number) => ({ from: T0 + from, to: T0 + to });
      const end = (...outages: { from: number; to: number }[]) => idleEnd(T0, day, outages) - T0;
      expect(end()).to.equal(day);
      expect(end(gap(-5, -1))).to.equal(day);
      expect(end(gap(1_000, 5_000))).to.equal(day + 5_000);
      expect(end(gap(1_000, 5_000), gap(day + 1_000, day + 9_000))).to.equal(2 * day + 9_000);
      expect(end(gap(day + 1, 3 * day)), 'one that began afterwards').to.equal(day);
      const credited = happens({ ...STOPWATCH, outage_policy: 'credit' }, 9_000, 10_000, [[2_000, 6_000]]);
      expect(credited.map(([type, at]) => [type, at])).to.deep.equal([
        ['session_credited', 6_000],
        ['session_cancelled', 9_000],
      ]);
    });
  });

  describe('by instances', () => {
    let engines: EngineFixture;
    let asleep: EngineInstance;
    beforeEach(async () => {
      engines = await EngineFixture.open(20);
      engines.idleRunMs = 5 * SECOND;
      asleep = await engines.instance({ expires: false });
    });
    afterEach(() => engines.close());

    /** A game that was started `ms` ago and that nobody has looked at since. */
    const forgotten = async (ms: number, change: Partial<CreatePayload>) => {
      const game = await engines.game(asleep, 0, { participants: [{ participant_id: 'white' }], ...change });
      await engines.age(game.session_id, ms);
      return { id: game.session_id, started: Date.parse(game.session_started_at ?? '') - ms };
    };
    const isEnd = (event: HistoryEvent | undefined, at: number) => {
      expect(event).to.include({ event_type: 'session_cancelled', timestamp: iso(at) });
      expect(event?.metadata).to.deep.equal({ reason: 'idle' });
      expect(event?.state_snapshot).to.include({ status: 'cancelled', session_completed_at: iso(at), deadline_at: null });
    };

    it('L-14 an idle session ends exactly once over three instances, at the instant that the rules say', async () => {
      const watch = await forgotten(60 * SECOND, STOPWATCH);
      const quiz = await forgotten(60 * SECOND, CYCLES);
      await Promise.all([engines.instance(), engines.instance(), engines.instance()]);
      isEnd((await engines.trailOf(watch.id, 3))[2], watch.started + 5 * SECOND);
      const trail = await engines.trailOf(quiz.id, 8);
      isEnd(trail[7], quiz.started + 5 * SECOND);
      expect(trail.slice(2, 7).map(({ event_type }) => event_type)).to.deep.equal(Array.from({ length: 5 }, () => 'participant_expired'));
      // Any further event of these sessions would have been committed before a later session ends.
      const later = await forgotten(60 * SECOND, STOPWATCH);
      await engines.trailOf(later.id, 3);
      expect(await engines.trail(watch.id)).to.have.length(3);
      expect(await engines.trail(quiz.id)).to.have.length(8);
    });

    it('L-14 an idle session is ended by an alarm or a sweep, and a command begins its idle time anew', async () => {
      engines.idleRunMs = 1_500;
      const instances = [await engines.instance(), await engines.instance()] as const;
      const cycle = { ...CYCLES, time_per_cycle_ms: 400, participants: [{ participant_id: 'white' }] };
      const game = await engines.game(instances[0], 0, cycle);
      await engines.trailOf(game.session_id, 4);
      const moved = stateOf(await instances[1].run(game.session_id, { type: 'switch' }));
      const end = await until('it ends', async () => {
        const last = (await engines.trail(game.session_id)).at(-1);
        return last?.event_type === 'session_cancelled' && last;
      });
      const ran = Date.parse(end.timestamp) - Date.parse(moved.updated_at);
      // The first countdown that is over 1.5 s after the command.
      expect(ran).to.equal(1_600);
      expect(await engines.stored(game.session_id)).to.include({ status: 'cancelled' });
    });

    it('L-15 a later connection keeps an idle session going for as long again', async () => {
      const watch = await forgotten(8 * SECOND, STOPWATCH);
      const quiz = await forgotten(8 * SECOND, CYCLES);
      const gone = await forgotten(8 * SECOND, STOPWATCH);
      const connected = Math.floor(engines.now()) - SECOND;
      await createPresence(engines.redis(), engines.prefix, 60_000).mark([watch.id, quiz.id], connected);
      const instance = await engines.instance();
      isEnd((await engines.trailOf(gone.id, 3))[2], gone.started + 5 * SECOND);
      expect(stateOf(await instance.engine.get(watch.id, { arrival: Math.floor(engines.now()) }))).to.include({
        status: 'running',
        version: 2,
      });
      expect(stateOf(await instance.engine.get(quiz.id, { arrival: Math.floor(engines.now()) })).status).to.equal('running');
      isEnd((await engines.trailOf(watch.id, 3))[2], connected + 5 * SECOND);
      const last = await until('the quiz ends', async () => {
        const event = (await engines.trail(quiz.id)).at(-1);
        return event?.event_type === 'session_cancelled' && event;
      });
      expect(Date.parse(last.timestamp) - (connected + 5 * SECOND)).to.be.within(0, SECOND - 1);
    });

    it('LT-30 a session that was created with idle_end_ms ends after that time, whatever the operator has set', async () => {
      for (const [idleRunMs, idle_end_ms] of [
        [5 * SECOND, 8 * SECOND],
        [0, 3 * SECOND],
      ] as const) {
        engines.idleRunMs = idleRunMs;
        const watch = await forgotten(60 * SECOND, { ...STOPWATCH, idle_end_ms });
        const quiz = await forgotten(60 * SECOND, { ...CYCLES, idle_end_ms });
        const plain = await forgotten(60 * SECOND, STOPWATCH);
        const instances = await Promise.all([engines.instance(), engines.instance()]);
        isEnd((await engines.trailOf(watch.id, 3))[2], watch.started + idle_end_ms);
        isEnd((await engines.trailOf(quiz.id, 3 + idle_end_ms / SECOND)).at(-1), quiz.started + idle_end_ms);
        const state = stateOf(await instances[0].engine.get(plain.id, { arrival: Math.floor(engines.now()) }));
        expect(state.status).to.equal(idleRunMs === 0 ? 'running' : 'cancelled');
        for (const instance of instances) await instance.close();
      }
    });

    it('LT-31 a connection or a command begins the time of idle_end_ms anew, and a countdown that runs until later is waited for', async () => {
      engines.idleRunMs = 0;
      const watch = await forgotten(6 * SECOND, { ...STOPWATCH, idle_end_ms: 5 * SECOND });
      const exam = await forgotten(6 * SECOND, { sync_mode: 'global', total_time_ms: 7_000, idle_end_ms: SECOND });
      const connected = Math.floor(engines.now()) - 4 * SECOND;
      await createPresence(engines.redis(), engines.prefix, 60_000).mark([watch.id], connected);
      await engines.instance();
      isEnd((await engines.trailOf(watch.id, 3))[2], connected + 5 * SECOND);
      expect((await engines.trailOf(exam.id, 3))[2]).to.include({
        event_type: 'participant_expired',
        timestamp: iso(exam.started + 7_000),
      });
    });

    it('L-16 a command on a session that has ended as idle is refused', async () => {
      const watch = await forgotten(60 * SECOND, STOPWATCH);
      const quiz = await forgotten(60 * SECOND, CYCLES);
      for (const { id, started } of [watch, quiz]) {
        expect(codeOf(await asleep.run(id, { type: 'switch' }))).to.equal('INVALID_STATE_TRANSITION');
        isEnd((await engines.trail(id)).at(-1), started + 5 * SECOND);
      }
      const read = await forgotten(60 * SECOND, STOPWATCH);
      expect(stateOf(await asleep.engine.get(read.id, { arrival: Math.floor(engines.now()) })).status).to.equal('cancelled');
    });

    it('L-17 with SESSION_MAX_IDLE_RUN_SECONDS=0 no session ends as idle', async () => {
      engines.idleRunMs = 0;
      const instance = await engines.instance();
      const watch = await forgotten(86_400 * SECOND, STOPWATCH);
      expect(stateOf(await instance.engine.get(watch.id, { arrival: Math.floor(engines.now()) }))).to.include({
        status: 'running',
        version: 2,
      });
      const { dueSet } = createKeys(engines.prefix).session(watch.id);
      await until('nothing is due', async () => (await engines.redis().zscore(dueSet, watch.id)) === null);
    });
  });

  it('L-19 after a series of expiries that an earlier build began, the idle time counts from the newest event that this build finds', () => {
    const made = create(chess(CYCLES), SECOND);
    if (!made.ok) throw new Error(made.message);
    const facts = { version: '7', epoch: '1', status: 'running', kind: 'participant_expired', warnings: null, redisRun: null, hash: null };
    const stored = [writeFacts({ ...facts, expiredSince: '2', tokens: 'x' }), JSON.stringify(made.event.state)];
    expect(toSession(stored, SCHEMA)?.expiredSince).to.deep.equal({ version: 2, at: SECOND });
  });

  it('LT-32 a session with the shortest idle_end_ms is marked again long before it could end, while a socket is in its room', async () => {
    const cluster = await openCluster({ SESSION_MAX_IDLE_RUN_SECONDS: '0', AUDIT_WORKER: 'off' });
    try {
      const owner = await cluster.client(await cluster.instance());
      const watcher = await cluster.client(await cluster.instance());
      const { session_id } = await owner.ok('session:create', { sync_mode: 'count_up', idle_end_ms: 60_000 });
      expect(await owner.ok('session:start', { session_id })).to.include({ idle_end_ms: 60_000 });
      await owner.ok('session:leave', { session_id });
      await watcher.ok('session:join', { session_id });
      const { seen } = createKeys(cluster.settings.KEY_PREFIX).session(session_id);
      const mark = async () => Number(await cluster.redis().get(seen));
      const first = await until('the first mark', async () => (await mark()) || false);
      const second = await until('the next mark', async () => ((await mark()) > first ? mark() : false), 45_000);
      expect(second - first).to.be.within(19_000, 45_000);
      for (const idle_end_ms of [0, 59_999, 2_592_000_001]) {
        const refused = await owner.refused('VALIDATION_ERROR', 'session:create', { sync_mode: 'count_up', idle_end_ms });
        expect(refused.details).to.have.nested.property('[0].field', 'idle_end_ms');
      }
    } finally {
      await cluster.close();
    }
  }).timeout(60_000);

  it('L-18 a socket in its room keeps a session going, on whatever instance; the trail of those that end is right', async () => {
    const database = await freshDatabase();
    const cluster = await openCluster({ SESSION_MAX_IDLE_RUN_SECONDS: '4', AUDIT_WORKER: 'inline', DATABASE_URL: database });
    const connection = openDatabase(database, silent, { connections: 1, statementMs: 10_000 });
    try {
      const [owner, watcher] = [await cluster.client(await cluster.instance()), await cluster.client(await cluster.instance())];
      const start = async (session_id: string) => {
        await owner.ok('session:create', { session_id, sync_mode: 'count_up' });
        await owner.ok('session:start', { session_id });
        await owner.ok('session:leave', { session_id });
      };
      const status = async (session_id: string) => (await owner.ok('session:get', { session_id })).status;
      await start('watched');
      await watcher.ok('session:join', { session_id: 'watched' });
      for (const session_id of ['first', 'second']) {
        await start(session_id);
        await until(`${session_id} ends`, async () => (await status(session_id)) === 'cancelled');
        expect(await status('watched')).to.equal('running');
      }
      const left = await owner.ok('time:sync', {});
      await watcher.ok('session:leave', { session_id: 'watched' });
      const gone = await owner.ok('time:sync', {});
      const end = await until('it ends when nobody is there', async () => {
        const state = await owner.ok('session:get', { session_id: 'watched' });
        return state.status === 'cancelled' && state;
      });
      const endedAt = Date.parse(end.session_completed_at ?? '');
      expect(endedAt).to.be.within(Math.floor(left.server_send_time_ms), Math.ceil(gone.server_receive_time_ms) + 4_100);
      expect(
        await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:seen/*`),
        'nothing is left of those that have ended',
      ).to.deep.equal([]);
      for (const session_id of ['watched', 'first']) {
        await until('the trail is right', async () => {
          const found = await verify(connection, session_id);
          return typeof found !== 'string' && found.rows === 3 && found.findings.length === 0;
        });
      }
    } finally {
      await closeDatabase(connection, silent);
      await cluster.close();
    }
  }).timeout(60_000);
});
