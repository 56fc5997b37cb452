import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { CommandName, CreatePayload, Reply } from '#contract';
import type { App } from '../../server/app.ts';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { silent } from '../audit/kit.ts';
import { insist } from '../clients/insist.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { Patient, type Trouble, TROUBLES } from './troubles.ts';

/** What is promised, and what a busy machine is given. */
const ANSWER_MS = 2_000;
const ANSWERED_WITHIN_MS = 10_000;
const CONVERGE_MS = 20_000;
/** Long enough for marks of life and samples of the clock to be missed. */
const TROUBLE_MS = 3_000;
const HANG_MS = 5_000;
const CYCLE_MS = 1_000;

describe('a Redis', () => {
  let patient: Patient;
  let database: string;
  let cluster: Cluster;
  let apps: [App, App];
  let player: TestClient;
  let watcher: TestClient;
  beforeEach(async () => {
    patient = await Patient.open();
    database = await freshDatabase();
    cluster = await openCluster({ REDIS_URL: patient.url, AUDIT_WORKER: 'inline', DATABASE_URL: database });
    apps = [await cluster.instance(), await cluster.instance()];
    player = await cluster.client(apps[0]);
    watcher = await cluster.client(apps[1]);
  });
  afterEach(async () => {
    await cluster.close();
    await patient.close();
  });

  const running = async (payload: CreatePayload & { session_id: string }) => {
    const { session_id } = await insist(player, 'session:create', { command_id: 'create', ...payload });
    await insist(watcher, 'session:join', { session_id });
    await insist(player, 'session:start', { session_id, command_id: 'start' });
    return session_id;
  };
  const readiness = async (app: App) => {
    const answer = await rest(app, 'GET', '/ready');
    return { code: answer.status, checks: (answer.json() as { checks: { redis: string } }).checks };
  };
  const timely = async <Answer>(ask: Promise<Answer>): Promise<Answer> => {
    const begin = performance.now();
    const answer = await ask;
    expect(performance.now() - begin, 'ms until the answer').to.be.below(ANSWERED_WITHIN_MS);
    return answer;
  };
  const unavailable = (reply: Reply<unknown>) => expect(errorOf(reply, 'SERVICE_UNAVAILABLE').retryable).to.equal(true);

  /** Every kind of command, over either transport and both instances. */
  const ask = async (session_id: string, victim: string, { readable = false, pings = false }: Trouble) => {
    const reads: CommandName[] = ['session:get', 'session:join'];
    const writes: CommandName[] = ['session:cancel', 'session:switch', 'session:pause', 'session:complete', 'session:delete'];
    const overHttp = async (path: string) => (await rest(apps[1], 'POST', path, path === '/v1/sessions' ? chess() : {})).reply();
    const refusals = [
      timely(player.raw('session:switch', { session_id, command_id: 'in-trouble' })),
      timely(player.raw('session:create', chess())),
      ...writes.map((name) => timely(watcher.raw(name, { session_id: victim }))),
      timely(overHttp(`/v1/sessions/${victim}/switch`)),
      timely(overHttp('/v1/sessions')),
    ];
    const answers = reads.map((name) => timely(watcher.raw(name, { session_id })));
    for (const reply of await Promise.all(refusals)) unavailable(reply);
    // Reads may succeed while Redis still answers them, but need not: without a mark of life they are refused, too.
    for (const reply of await Promise.all(answers)) if (!readable || !reply.ok) unavailable(reply);
    await timely(player.ok('time:sync', {}));
    for (const app of apps) {
      const { code, checks } = await timely(readiness(app));
      expect([code, checks.redis]).to.deep.equal(pings ? [200, 'ok'] : [503, 'down']);
      for (const path of ['/health', '/time', '/metrics']) expect((await timely(rest(app, 'GET', path))).status).to.equal(200);
    }
  };

  /** What a client was told last of a session. */
  const latest = (client: TestClient, session_id: string) =>
    client.seen('session:update').findLast((event) => event.session_id === session_id);
  const converges = async (session_id: string) => {
    for (const client of [player, watcher]) {
      await until(
        `a client is where the server is with ${session_id}`,
        async () => {
          const reply = await player.command('session:get', { session_id });
          const told = latest(client, session_id);
          return reply.ok && told?.version === reply.data.version && told.epoch === reply.data.epoch;
        },
        CONVERGE_MS,
      );
    }
  };

  /** Rows and hashes, and that each deadline is a row at its instant. */
  const checkTrail = async (session_id: string) => {
    const connection = openDatabase(database, silent, { connections: 1, statementMs: 10_000 });
    try {
      const state = await insist(player, 'session:complete', { session_id, command_id: 'complete' });
      // An event and its session's row arrive one after the other.
      await until('the trail is complete and right', async () => {
        const found = await verify(connection, session_id);
        return typeof found !== 'string' && found.rows === state.version && found.findings.length === 0;
      });
    } finally {
      await closeDatabase(connection, silent);
    }
    return (await player.ok('session:history', { session_id, after_version: 0, limit: 1000 })).events;
  };

  for (const trouble of TROUBLES) {
    const { title, begin, end } = trouble;
    it(`${title} each command is answered within 2 s; then all goes on by itself, and nothing is lost or done twice`, async () => {
      const game = await running(chess());
      const victim = await running(chess());
      const cycles = await running(
        chess({ sync_mode: 'per_cycle', time_per_cycle_ms: CYCLE_MS, auto_advance: true, warning_thresholds_ms: [] }),
      );
      for (let i = 0; i < 20; i++) await insist(player, 'session:switch', { session_id: game, command_id: `move-${i}` });
      const known = await player.ok('session:get', { session_id: game });

      const began = performance.now();
      await begin(patient);
      const endsAt = began + (title.includes('hangs') ? HANG_MS : TROUBLE_MS);
      // Some troubles begin late and end by themselves, so at least two rounds of commands are sent.
      for (let asked = 0; asked < 2 || performance.now() < endsAt - ANSWER_MS; asked++) await ask(game, victim, trouble);
      await wait(Math.max(0, endsAt - performance.now()));
      await end(patient);

      const moved = await until(
        'the command succeeds',
        async () => {
          const reply = await player.command('session:switch', { session_id: game, command_id: 'in-trouble' });
          return reply.ok && reply.data;
        },
        CONVERGE_MS,
      );
      expect(moved.version).to.equal(known.version + 1);
      await converges(game);
      await converges(cycles);
      for (const app of apps) await until('the instance is ready', async () => (await readiness(app)).code === 200, CONVERGE_MS);
      // A room that is joined now is told at once, by the other instance too.
      const fresh = await insist(watcher, 'session:create', { ...chess(), command_id: 'fresh' });
      await insist(player, 'session:join', { session_id: fresh.session_id });
      await insist(watcher, 'session:start', { session_id: fresh.session_id, command_id: 'start' });
      await player.next('session:update', (event) => event.session_id === fresh.session_id);

      const events = await checkTrail(game);
      expect(events.filter((event) => event.metadata['command_id'] === 'in-trouble').map((event) => event.version)).to.deep.equal([
        moved.version,
      ]);
      const cyclesEvents = await checkTrail(cycles);
      const start = Date.parse(cyclesEvents[1]?.timestamp ?? '');
      const expiries = cyclesEvents
        .filter((event) => event.event_type === 'participant_expired')
        .map((event) => Date.parse(event.timestamp));
      expect(expiries).to.deep.equal(expiries.map((_, index) => start + (index + 1) * CYCLE_MS));
      expect(expiries.length).to.be.at.least(TROUBLE_MS / CYCLE_MS);
    });
  }
});
