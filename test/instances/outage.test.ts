import { expect } from 'chai';
import type { CommandName } from '#contract';
import type { App } from '../../server/app.ts';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDirectory, startOwnRedis } from '../kit/services.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

const ANSWER_MS = 2_000;

describe('an outage of Redis', () => {
  let directory: string;
  let redis: PrivateRedis;
  let cluster: Cluster;
  let apps: [App, App];
  let player: TestClient;
  let watcher: TestClient;
  beforeEach(async () => {
    directory = await freshDirectory('redis');
    redis = await startOwnRedis({ directory });
    cluster = await openCluster({ REDIS_URL: redis.url, AUDIT_WORKER: 'off' });
    apps = [await cluster.instance(), await cluster.instance()];
    player = await cluster.client(apps[0]);
    watcher = await cluster.client(apps[1]);
  });
  afterEach(async () => {
    await cluster.close();
    await redis.stop();
  });

  const readiness = async (app: App) => {
    const answer = await rest(app, 'GET', '/ready');
    return { code: answer.status, ...(answer.json() as { status: string; checks: { redis: string } }) };
  };
  const within = async <Answer>(ms: number, ask: () => Promise<Answer>): Promise<Answer> => {
    const begin = performance.now();
    const answer = await ask();
    expect(performance.now() - begin, 'ms until the answer').to.be.below(ms);
    return answer;
  };
  const allRefused = async (session_id: string) => {
    const names = [
      'session:get',
      'session:join',
      'session:start',
      'session:switch',
      'session:pause',
      'session:complete',
      'session:delete',
    ] as const;
    const asks = names.map((name: CommandName) => player.raw(name, { session_id }));
    const replies = await Promise.all([
      ...asks,
      player.raw('session:create', chess()),
      player.raw('session:message', { session_id, message: 1 }),
      rest(apps[1], 'POST', `/v1/sessions/${session_id}/switch`).then((answer) => answer.reply()),
      rest(apps[1], 'POST', '/v1/sessions', chess()).then((answer) => answer.reply()),
    ]);
    for (const reply of replies) expect(errorOf(reply, 'SERVICE_UNAVAILABLE').retryable).to.equal(true);
  };
  const worksAgain = async (session_id: string) => {
    const before = await until('commands work again', async () => {
      const reply = await player.command('session:get', { session_id });
      return reply.ok && reply.data;
    });
    const { version } = await until('switches work again', async () => {
      const reply = await player.command('session:switch', { session_id });
      return reply.ok && reply.data;
    });
    await watcher.next('session:update', (event) => event.session_id === session_id && event.version === version);
    for (const app of apps) await until('the instance is ready', async () => (await readiness(app)).code === 200);
    // A room that is joined now is told at once, by the other instance too.
    const fresh = await watcher.ok('session:create', chess());
    await player.ok('session:join', { session_id: fresh.session_id });
    await watcher.ok('session:start', { session_id: fresh.session_id });
    await player.next('session:update', (event) => event.session_id === fresh.session_id);
    return before;
  };
  const runningGame = async () => {
    const { session_id } = await player.ok('session:create', chess());
    await watcher.ok('session:join', { session_id });
    await player.ok('session:start', { session_id });
    return session_id;
  };

  it('I-30 makes /ready say 503 and commands SERVICE_UNAVAILABLE within two seconds; all works again after its return', async () => {
    const session_id = await runningGame();
    const known = await player.ok('session:get', { session_id });
    await redis.stop();
    expect(await within(ANSWER_MS, () => readiness(apps[0]))).to.deep.equal({
      code: 503,
      status: 'not_ready',
      checks: { redis: 'down', database: 'off', audit: 'off' },
    });
    await within(ANSWER_MS, () => allRefused(session_id));
    expect((await rest(apps[0], 'GET', '/health')).status).to.equal(200);
    expect((await rest(apps[0], 'GET', '/time')).status).to.equal(200);
    expect((await rest(apps[0], 'GET', '/metrics')).status).to.equal(200);
    await player.ok('time:sync', {});

    redis = await startOwnRedis({ directory, port: redis.port });
    expect(await worksAgain(session_id)).to.deep.equal(known);
  });

  it('I-31 by kill -9 loses nothing acknowledged', async () => {
    const session_id = await runningGame();
    let last = 2;
    for (let i = 0; i < 50; i++) last = (await player.ok('session:switch', { session_id })).version;
    await redis.kill();
    await within(ANSWER_MS, () => allRefused(session_id));
    redis = await startOwnRedis({ directory, port: redis.port });
    expect((await worksAgain(session_id)).version).to.equal(last);
  });

  it('I-32 that hangs is answered within two seconds as well, also by /ready', async () => {
    const session_id = await runningGame();
    process.kill(redis.pid, 'SIGSTOP');
    try {
      await within(ANSWER_MS, () => allRefused(session_id));
      expect((await within(ANSWER_MS, () => readiness(apps[0]))).code).to.equal(503);
      await within(ANSWER_MS, () => allRefused(session_id));
    } finally {
      process.kill(redis.pid, 'SIGCONT');
    }
    await worksAgain(session_id);
  });
});
