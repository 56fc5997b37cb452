import { expect } from 'chai';
import { setTimeout as wait } from 'node:timers/promises';
import { type App } from '../../server/app.ts';
import { partitionOf } from '../../server/domain/partitions.ts';
import { chess } from '../kit/games.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';

/** Each way there and back takes so long; more than whatever else may hold a test up. */
const TRIP_MS = 400;

describe('switches of a session', () => {
  let cluster: Cluster;
  let apps: App[];
  let players: TestClient[];
  const open = async (settings: Record<string, string> = {}, limit = '10') => {
    cluster = await openCluster(settings);
    apps = [await cluster.instance({ RATE_LIMIT_SWITCH: limit }), await cluster.instance({ RATE_LIMIT_SWITCH: limit })];
    players = [];
    for (const app of apps) players.push(await cluster.client(app));
  };
  const game = async () => {
    const { session_id } = chess();
    await players[0]?.ok('session:create', chess({ session_id }));
    await players[0]?.ok('session:start', { session_id });
    return session_id;
  };
  const waitOf = (error: { details?: unknown }) => (error.details as { retry_after_ms: number }).retry_after_ms;
  /** Tries one switch after the other until one is refused by the limit. */
  const untilRefused = async (session_id: string, most = 1_000) => {
    let accepted = 0;
    for (; accepted < most; accepted++) {
      const reply = await players[accepted % 2]?.command('session:switch', { session_id });
      if (reply?.ok === false && reply.error.code === 'RATE_LIMIT_EXCEEDED') return { accepted, retryAfterMs: waitOf(reply.error) };
    }
    throw new Error('never refused');
  };
  afterEach(() => cluster.close());

  it('Q-10 a second has ten of them over all instances and both transports, refused ones included; then it says how long to wait', async () => {
    // Few and all at once, so that the window is filled before it ends, also on a slow machine.
    await open({}, '3');
    const session_id = await game();
    const [first, second] = players as [TestClient, TestClient];
    const replies = await Promise.all([
      first.command('session:switch', { session_id, current_participant_id: 'nobody' }),
      second.command('session:switch', { session_id, expected_version: 99 }),
      rest(apps[0] as App, 'POST', `/v1/sessions/${session_id}/switch`, { current_participant_id: 'black' }).then((each) => each.reply()),
      second.command('session:switch', { session_id }),
      rest(apps[1] as App, 'POST', `/v1/sessions/${session_id}/switch`).then((each) => each.reply()),
    ]);
    const codes = replies.map((reply) => (reply.ok ? 'ok' : reply.error.code));
    expect(codes.filter((code) => code === 'RATE_LIMIT_EXCEEDED')).to.have.length(2);
    const refused = replies.find((reply) => !reply.ok && reply.error.code === 'RATE_LIMIT_EXCEEDED');
    if (refused === undefined) throw new Error('none refused');
    const error = errorOf(refused, 'RATE_LIMIT_EXCEEDED');
    expect(error.retryable).to.equal(true);
    expect(waitOf(error)).to.be.within(1, 1_001);
    await wait(waitOf(error) + 50);
    const { version } = await first.ok('session:get', { session_id });
    await first.ok('session:switch', { session_id, expected_version: version });
  });

  it('Q-10 a refused switch has no effect, also when it was the first that this instance sees', async () => {
    await open({}, '1');
    const session_id = await game();
    const [first, second] = players as [TestClient, TestClient];
    await first.ok('session:switch', { session_id });
    await second.refused('RATE_LIMIT_EXCEEDED', 'session:switch', { session_id });
    expect(await first.ok('session:get', { session_id })).to.include({ version: 3, cycle_count: 1 });
  });

  it('Q-10 ten is the default', async () => {
    cluster = await openCluster();
    const app = await cluster.instance({ RATE_LIMIT_SWITCH: '' });
    players = [await cluster.client(app), await cluster.client(app)];
    const session_id = await game();
    const [first] = players as [TestClient];
    const replies = await Promise.all(
      Array.from({ length: 25 }, () => first.command('session:switch', { session_id, expected_version: 99 })),
    );
    const refused = replies.filter((reply) => !reply.ok && reply.error.code === 'RATE_LIMIT_EXCEEDED');
    // Only a machine that takes a second for this could let more of them through.
    expect(refused).to.have.length(15);
  });

  it('Q-10 the wait is the true one', async () => {
    await open({}, '2');
    const session_id = await game();
    const { accepted, retryAfterMs } = await untilRefused(session_id);
    expect(accepted).to.be.at.least(2);
    await wait(retryAfterMs + 5);
    await players[1]?.ok('session:switch', { session_id });
  });

  it('Q-11 what is malformed does not count, nor do other commands, nor other sessions', async () => {
    await open({}, '1');
    const [first] = players as [TestClient];
    const [session_id, other] = [await game(), await game()];
    for (let i = 0; i < 5; i++) {
      errorOf(await first.raw('session:switch', { session_id, surplus: true }), 'VALIDATION_ERROR');
      await first.ok('session:get', { session_id });
      await first.ok('session:pause', { session_id });
      await first.ok('session:resume', { session_id });
    }
    await first.ok('session:switch', { session_id });
    await first.ok('session:switch', { session_id: other });
  });

  it('Q-12 it costs no round trip to Redis', async () => {
    const proxy = await RedisProxy.before(await oneRedisUrl());
    try {
      await open({ REDIS_URL: proxy.url });
      const session_id = await game();
      // Scripts are known from here on.
      await players[0]?.ok('session:switch', { session_id });
      proxy.thereMs = TRIP_MS / 2;
      proxy.backMs = TRIP_MS / 2;
      const began = performance.now();
      await players[0]?.ok('session:switch', { session_id });
      const trips = (performance.now() - began) / TRIP_MS;
      // The commit alone; a second would be the limit's.
      expect(trips).to.be.below(1.9);
      proxy.thereMs = 0;
      proxy.backMs = 0;
    } finally {
      await cluster.close();
      await proxy.close();
    }
  });

  it('Q-10 whoever used up the second elsewhere has used it up here, whatever this instance remembers of the session', async () => {
    await open({}, '4');
    const session_id = await game();
    const [first, second] = players as [TestClient, TestClient];
    // Both instances know the session and have made switches of it before.
    for (const player of [first, second]) await player.ok('session:switch', { session_id });
    await wait(1_200);
    for (const player of [second, first, first, first]) await player.ok('session:switch', { session_id });
    await second.refused('RATE_LIMIT_EXCEEDED', 'session:switch', { session_id });
    expect(await first.ok('session:get', { session_id })).to.include({ cycle_count: 6 });
  });

  it('Q-13 its key lives beside the session, on the same node of a cluster, for a second', async () => {
    await open();
    const session_id = await game();
    await players[0]?.ok('session:switch', { session_id });
    const key = `${cluster.settings.KEY_PREFIX}:{${partitionOf(session_id)}}:rl/${session_id}`;
    const left = await cluster.redis().pttl(key);
    expect(left, 'gone or about to go').to.be.within(-2, 1_000);
    expect(left).not.to.equal(-1);
  });
});
