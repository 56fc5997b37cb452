import { expect } from 'chai';
import { applyChanges } from '#clock';
import type { SessionState } from '#contract';
import { BANK_MS, chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { startOwnRedis } from '../kit/services.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';
import { withChanges, withState } from '../kit/updates.ts';

const HEALED_WITHIN_MS = 20_000;
const participants = Array.from({ length: 70 }, (_, index) => ({ participant_id: `p${index}`, total_time_ms: BANK_MS }));

describe('a large session on several instances', () => {
  let cluster: Cluster;
  let link: TcpProxy;
  before(async () => {
    const redis = await startOwnRedis();
    cluster = await openCluster({ REDIS_URL: redis.url });
    link = await openTcpProxy(Number(new URL(redis.url).port));
    link.slowOnly = 'synckairos-commands';
  });
  after(async () => {
    link.delayMs = 0;
    await cluster.close();
    await link.close();
  });

  it('P-9 players on different instances need neither reads nor second commits', async () => {
    const players = [await cluster.client(await cluster.instance()), await cluster.client(await cluster.instance())] as const;
    const { session_id } = await players[0].ok('session:create', chess({ participants }));
    for (const player of players) await player.ok('session:join', { session_id, deltas: true });
    let told: SessionState = await players[0].ok('session:start', { session_id });
    const turn = async (version: number) => {
      await players[version % 2 === 0 ? 0 : 1].ok('session:switch', { session_id });
      // The other one knows of it by then.
      await players[1].next('session:update', (event) => event.version === version);
      const update = await players[0].next('session:update', (event) => event.version === version);
      told = applyChanges(told, withChanges(update).changes);
    };
    await turn(3);
    await turn(4);
    const scripts = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await cluster.redis().info('commandstats'))?.[1]);
    const [before, began] = [await scripts(), performance.now()];
    for (let version = 5; version < 105; version++) await turn(version);
    const seconds = (performance.now() - began) / 1_000;
    // Each instance writes a mark of life once a second as well. A second commit of each turn would be a hundred more.
    expect((await scripts()) - before).to.be.within(100, 180 + 2 * seconds);
    expect(await players[0].ok('session:get', { session_id })).to.deep.equal(told);
  });

  it('R-45 sockets that want whole states are healed even if others of the room were sent the changes', async () => {
    const player = await cluster.client(await cluster.instance());
    const far = await cluster.instance({ REDIS_URL: `redis://127.0.0.1:${link.port}` });
    const [whole, asked] = [await cluster.client(far), await cluster.client(far)];
    const { session_id } = await player.ok('session:create', chess({ participants }));
    await whole.ok('session:join', { session_id });
    await asked.ok('session:join', { session_id, deltas: true });
    await player.ok('session:start', { session_id });
    await whole.next('session:update', ({ version }) => version === 2);
    // One update is lost with the subscription, and then the session can't be read in time.
    const newest = async () => {
      const lines = ((await cluster.redis().client('LIST')) as string).split('\n');
      const numbers = lines
        .filter((line) => line.includes('name=synckairos-subscriber'))
        .map((line) => ({ id: Number(/^id=(\d+)/.exec(line)?.[1]), channels: Number(/ ssub=(\d+)/.exec(line)?.[1]) }));
      return numbers.toSorted((one, other) => other.id - one.id)[0] ?? { id: 0, channels: 0 };
    };
    const lost = await newest();
    await cluster.redis().client('KILL', 'ID', String(lost.id));
    await player.ok('session:switch', { session_id });
    await until('the subscriptions are back', async () => {
      const { id, channels } = await newest();
      return id > lost.id && channels === lost.channels;
    });
    link.delayMs = 600;
    const completed = await player.ok('session:complete', { session_id });
    await asked.next('session:update', ({ version }) => version === 4);
    // The read that the update set off began earlier than this one, so it is over too.
    await asked.command('session:get', { session_id });
    link.delayMs = 0;
    const healed = await whole.next('session:update', ({ version }) => version === 4, HEALED_WITHIN_MS);
    expect(withState(healed).state).to.deep.equal(completed);
  });
});
