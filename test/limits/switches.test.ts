import { expect } from 'chai';
import { setTimeout as wait } from 'node:timers/promises';
import { type App } from '../../server/app.ts';
import { partitionOf } from '../../server/domain/partitions.ts';
import { senderOf } from '../../server/transport/access/principal.ts';
import { as, JWT, sign } from '../access/kit.ts';
import { chess } from '../kit/games.ts';
import { RedisProxy } from '../kit/redis-proxy.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

/** More than whatever else an instance asks Redis for meanwhile, such as its marks of life. */
const MOVES = 60;

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
  /**
   * Switches in these ways in turn until the limit refuses one, and returns how many it accepted: the burst, and what
   * came back meanwhile at one a second.
   */
  const refusedAfter = async (ways: readonly (() => Promise<boolean>)[]) => {
    const began = performance.now();
    for (let accepted = 0; accepted < 1_000; accepted++) {
      if (await ways[accepted % ways.length]?.()) continue;
      expect(accepted).to.be.at.most(4 + Math.ceil((performance.now() - began) / 1_000));
      return accepted;
    }
    throw new Error('never refused');
  };
  /** A switch over a socket: whether it was accepted. Anything but the limit is an error. */
  const over = (player: TestClient | undefined, session_id: string) => async () => {
    const reply = await player?.command('session:switch', { session_id });
    if (reply !== undefined && !reply.ok) errorOf(reply, 'RATE_LIMIT_EXCEEDED');
    return reply?.ok === true;
  };
  afterEach(() => cluster.close());

  it("Q-10 a sender has a burst of four seconds' worth over all instances and both transports; the refusal after it says how long to wait", async () => {
    await open({}, '1');
    const session_id = await game();
    const [first, second] = players as [TestClient, TestClient];
    const overRest = (app: App | undefined) => async () => {
      const { status } = await rest(app as App, 'POST', `/v1/sessions/${session_id}/switch`);
      expect(status).to.be.oneOf([200, 429]);
      return status === 200;
    };
    // The first request of an instance takes its time.
    for (const app of apps) await rest(app, 'GET', `/v1/sessions/${session_id}`);
    const ways = [over(first, session_id), over(second, session_id), overRest(apps[1]), overRest(apps[0])];
    expect(await refusedAfter(ways)).to.be.at.least(4);
    for (const way of ways) await refusedAfter([way]);
    const error = await until('a refusal', async () => {
      const reply = await first.command('session:switch', { session_id });
      return !reply.ok && errorOf(reply, 'RATE_LIMIT_EXCEEDED');
    });
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
    const [mine, theirs] = [over(first, session_id), over(second, session_id)];
    expect(await refusedAfter([mine, mine, mine, mine, theirs])).to.be.at.least(4);
    await refusedAfter([theirs]);
    const { version, cycle_count } = await first.ok('session:get', { session_id });
    expect(version).to.equal(2 + cycle_count);
    const refused = await second.command('session:switch', { session_id, command_id: 'once' });
    const later = await first.ok('session:get', { session_id });
    expect(later).to.include(refused.ok ? { version: version + 1 } : { version, cycle_count });
  });

  it('Q-10 the default limit of switches is a burst of forty and ten a second', async () => {
    cluster = await openCluster();
    const app = await cluster.instance({ RATE_LIMIT_SWITCH: '' });
    players = [await cluster.client(app), await cluster.client(app)];
    const session_id = await game();
    const began = performance.now();
    const { accepted } = await untilRefused(session_id);
    const cameBack = ((performance.now() - began) / 1_000) * 10;
    expect(accepted).to.be.within(40, 40 + Math.ceil(cameBack));
  });

  it('Q-10 used switches come back evenly, one by one', async () => {
    await open({}, '5');
    const session_id = await game();
    await untilRefused(session_id);
    const began = performance.now();
    for (let more = 0; more < 5; more++) {
      const { accepted, retryAfterMs } = await untilRefused(session_id);
      expect(accepted).to.be.at.most(Math.ceil((performance.now() - began) / 200));
      expect(retryAfterMs).to.be.at.most(202);
      await wait(retryAfterMs);
    }
    // Switches come back one by one, at most 200 ms apart.
    await players[0]?.ok('session:switch', { session_id });
  });

  it('Q-10 the wait in the refusal of a switch is exact', async () => {
    await open({}, '2');
    const session_id = await game();
    const { accepted, retryAfterMs } = await untilRefused(session_id);
    expect(accepted).to.be.at.least(8);
    await wait(retryAfterMs + 5);
    await players[1]?.ok('session:switch', { session_id });
  });

  it('Q-11 malformed switches, other commands and other sessions do not count', async () => {
    await open({}, '1');
    const [first] = players as [TestClient];
    const [session_id, other] = [await game(), await game()];
    for (let i = 0; i < 5; i++) {
      errorOf(await first.raw('session:switch', { session_id, surplus: true }), 'VALIDATION_ERROR');
      await first.ok('session:get', { session_id });
      await first.ok('session:pause', { session_id });
      await first.ok('session:resume', { session_id });
    }
    for (let i = 0; i < 4; i++) await first.ok('session:switch', { session_id });
    await first.ok('session:switch', { session_id: other });
  });

  it('Q-56 a switch that is refused for anything else does not count', async () => {
    await open({}, '1');
    const [first, second] = players as [TestClient, TestClient];
    const session_id = await game();
    for (const player of [first, second, first, second]) {
      await player.refused('NOT_ACTIVE_PARTICIPANT', 'session:switch', { session_id, current_participant_id: 'black' });
      await player.refused('PARTICIPANT_NOT_FOUND', 'session:switch', { session_id, next_participant_id: 'nobody' });
      await player.refused('CONFLICT', 'session:switch', { session_id, expected_version: 99 });
      await player.refused('SESSION_NOT_FOUND', 'session:switch', { session_id: 'no-such-game' });
    }
    await first.ok('session:pause', { session_id });
    for (let i = 0; i < 3; i++) await second.refused('INVALID_STATE_TRANSITION', 'session:switch', { session_id });
    await first.ok('session:resume', { session_id });
    await first.ok('session:switch', { session_id, command_id: 'once' });
    // It had its effect before: nothing is committed.
    for (let i = 0; i < 3; i++) await second.success('session:switch', { session_id, command_id: 'once' });
    expect(await refusedAfter([over(first, session_id)])).to.be.at.least(3);
  });

  it('Q-57 a refused switch costs only its sender: each has switches of their own in each session', async () => {
    cluster = await openCluster({ ...JWT, RATE_LIMIT_SWITCH: '1' });
    const [app, other] = [await cluster.instance(), await cluster.instance()];
    const owner = await sign({ sub: 'owner' });
    const { session_id } = chess();
    expect((await as(owner, app, 'POST', '/v1/sessions', chess({ session_id }))).status).to.equal(201);
    expect((await as(owner, app, 'POST', `/v1/sessions/${session_id}/start`)).status).to.equal(200);
    const tokenOf = (participant_id: string) => sign({ sub: participant_id, participant_id, sessions: { [session_id]: 'participant' } });
    const link = (
      await as(owner, app, 'POST', `/v1/sessions/${session_id}/share`, { role: 'participant', participant_id: 'black' })
    ).json();
    const byLink = (link as { data: { token: string } }).data.token;
    const outsider = await sign({ sub: 'z', participant_id: 'zz', sessions: { '*': 'participant' } });
    const white = await cluster.client(app, { auth: { token: await tokenOf('white') } });
    for (const token of [await tokenOf('black'), byLink]) {
      const waiting = await cluster.client(other, { auth: { token } });
      for (let i = 0; i < 5; i++) await waiting.refused('NOT_ACTIVE_PARTICIPANT', 'session:switch', { session_id });
    }
    const stranger = await cluster.client(app, { auth: { token: outsider } });
    for (let i = 0; i < 5; i++) await stranger.refused('PARTICIPANT_NOT_FOUND', 'session:switch', { session_id });
    await white.ok('session:switch', { session_id });
    // Black uses up their own, while the owner and white give the turn back.
    const black = over(await cluster.client(other, { auth: { token: await tokenOf('black') } }), session_id);
    const givenBack = async () => {
      const { status } = await as(owner, other, 'POST', `/v1/sessions/${session_id}/switch`);
      return status === 200 || white.ok('session:switch', { session_id });
    };
    expect(await refusedAfter([async () => (await black()) && Boolean(await givenBack())])).to.be.at.least(4);
    expect((await as(byLink, app, 'POST', `/v1/sessions/${session_id}/switch`)).status, 'by another identity').to.equal(200);
  });

  it('Q-57 without identities each address has switches of its own', async () => {
    await open({ TRUST_PROXY: 'true' }, '1');
    const session_id = await game();
    const from = (address: string) =>
      rest(apps[0] as App, 'POST', `/v1/sessions/${session_id}/switch`, {}, { 'x-forwarded-for': address }).then(({ status }) => status);
    expect(await refusedAfter([async () => (await from('203.0.113.1')) === 200])).to.be.at.least(4);
    expect(await from('203.0.113.2')).to.equal(200);
  });

  it('Q-12 the limit of switches costs a switch no round trip to Redis', async () => {
    const proxy = await RedisProxy.before(await oneRedisUrl());
    try {
      await open({ REDIS_URL: proxy.url });
      const games: string[] = [];
      for (let n = 0; n < MOVES; n++) games.push(await game());
      // Scripts are known from here on.
      await players[0]?.ok('session:switch', { session_id: await game() });
      await players[1]?.ok('session:switch', { session_id: await game() });
      proxy.only = 'synckairos-commands';
      const trips = async (player: TestClient | undefined) => {
        const [before, began] = [proxy.sent, performance.now()];
        for (const session_id of games) await player?.ok('session:switch', { session_id });
        // Both instances ask for the time and write a mark of life, once a second each.
        return (proxy.sent - before - (4 * (performance.now() - began)) / 1_000) / MOVES;
      };
      // The commit alone; a second would be the limit's.
      expect(await trips(players[0])).to.be.below(1.5);
      // The other instance has to read it first.
      expect(await trips(players[1])).to.be.below(2.5);
    } finally {
      await cluster.close();
      await proxy.close();
    }
  });

  it('Q-10 switches that a sender used on another instance count here, whatever this instance has cached of the session', async () => {
    await open({}, '1');
    const session_id = await game();
    const [first, second] = players as [TestClient, TestClient];
    // Both instances know the session and have made switches of it before.
    for (const player of [first, second]) await player.ok('session:switch', { session_id });
    await wait(2_200);
    for (const player of [second, first, first, first]) await player.ok('session:switch', { session_id });
    await second.refused('RATE_LIMIT_EXCEEDED', 'session:switch', { session_id });
    expect(await first.ok('session:get', { session_id })).to.include({ cycle_count: 6 });
  });

  it('Q-13 the key of the limit is on the same node of a cluster as the session, until all switches are back', async () => {
    await open();
    const session_id = await game();
    await players[0]?.ok('session:switch', { session_id });
    const key = `${cluster.settings.KEY_PREFIX}:{${partitionOf(session_id)}}:rb/${session_id}/${senderOf(undefined, '127.0.0.1')}`;
    const left = await cluster.redis().pttl(key);
    expect(left, 'gone or about to go').to.be.within(-2, 1_000);
    expect(left).not.to.equal(-1);
  });
});
