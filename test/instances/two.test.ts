import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { BANK_MS, chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { oneRedisUrl } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { withState } from '../kit/updates.ts';

const SOONER_THAN_HEALED_MS = 1_500;

describe('two instances', () => {
  let cluster: Cluster;
  let apps: [App, App];
  let white: TestClient;
  let black: TestClient;
  before(async () => {
    cluster = await openCluster();
    apps = [await cluster.instance(), await cluster.instance()];
    white = await cluster.client(apps[0]);
    black = await cluster.client(apps[1]);
  });
  after(() => cluster.close());

  const game = async () => {
    const { session_id } = await white.ok('session:create', chess());
    await black.ok('session:join', { session_id });
    await white.ok('session:start', { session_id });
    return session_id;
  };

  it('I-1 a switch that one instance acknowledges reaches a socket on the other with the same state', async () => {
    const session_id = await game();
    for (let version = 3; version <= 10; version++) {
      const [mover, waiter] = version % 2 === 1 ? [white, black] : [black, white];
      const moved = await mover.ok('session:switch', { session_id });
      const update = await waiter.next('session:update', (event) => event.session_id === session_id && event.version === version);
      const { state } = withState(update);
      expect(state).to.deep.include({
        version,
        active_participant_id: moved.active_participant_id,
        participants: moved.participants,
      });
      expect(await waiter.ok('session:get', { session_id })).to.deep.equal(state);
    }
  });

  it('I-1 a socket gets the update of its own command once, like all others', async () => {
    const session_id = await game();
    await white.ok('session:switch', { session_id });
    await white.ok('session:message', { session_id, message: 'fence' });
    for (const client of [white, black]) {
      await client.next('session:message', (event) => event.session_id === session_id);
      const versions = client.seen('session:update').filter((event) => event.session_id === session_id);
      expect(versions.map(({ version }) => version)).to.deep.equal([2, 3]);
    }
  });

  it('I-2 a command over REST to one instance updates sockets on both', async () => {
    const session_id = await game();
    for (const [index, app] of apps.entries()) {
      const answer = await rest(app, 'POST', `/v1/sessions/${session_id}/switch`);
      expect(answer.status).to.equal(200);
      for (const client of [white, black]) {
        await client.next('session:update', (event) => event.session_id === session_id && event.version === 3 + index);
      }
    }
  });

  it('I-3 a message and a deletion reach sockets on both, and both leave the room', async () => {
    const session_id = await game();
    await black.ok('session:message', { session_id, message: { gg: true } });
    expect((await white.next('session:message', (event) => event.session_id === session_id)).message).to.deep.equal({ gg: true });
    await white.ok('session:delete', { session_id });
    await black.next('session:deleted', (event) => event.session_id === session_id && event.version === 3);
    const again = await white.ok('session:create', chess({ session_id }));
    await white.ok('session:start', { session_id });
    await white.next('session:update', (event) => event.epoch === again.epoch);
    // Nobody on the other instance has joined the new game; a room of another session shows when all has arrived there.
    const other = await game();
    await white.ok('session:message', { session_id: other, message: 'fence' });
    await black.next('session:message', (event) => event.session_id === other);
    const heard = black.seen('session:update').filter((event) => event.session_id === session_id && event.epoch === again.epoch);
    expect(heard).to.deep.equal([]);
  });

  it('I-4 the same create on both at once makes one session', async () => {
    for (let round = 0; round < 20; round++) {
      const given = chess();
      const replies = await Promise.all([white.command('session:create', given), black.command('session:create', given)]);
      expect(replies.filter((reply) => reply.ok)).to.have.length(1);
      for (const reply of replies) if (!reply.ok) expect(reply.error.code).to.equal('SESSION_EXISTS');
    }
  });

  it('I-4 a double start on both at once is acknowledged once', async () => {
    for (let round = 0; round < 20; round++) {
      const { session_id } = await white.ok('session:create', chess());
      const replies = await Promise.all([white.command('session:start', { session_id }), black.command('session:start', { session_id })]);
      expect(replies.filter((reply) => reply.ok)).to.have.length(1);
      for (const reply of replies) if (!reply.ok) expect(reply.error.code).to.equal('INVALID_STATE_TRANSITION');
    }
  });

  it('I-5 the same command with the same command_id on both at once has one effect, and one answer is replayed', async () => {
    const session_id = await game();
    for (let round = 0; round < 40; round++) {
      const payload = { session_id, command_id: `move-${round}` };
      const replies = await Promise.all([white.success('session:switch', payload), black.success('session:switch', payload)]);
      const version = 3 + round;
      expect(replies.filter((reply) => reply.replayed === true)).to.have.length(1);
      for (const reply of replies) {
        expect(reply.data.version).to.equal(version);
        if (reply.replayed) expect(reply.applied_version).to.equal(version);
      }
    }
    expect((await white.ok('session:get', { session_id })).version).to.equal(42);
  });
});

describe('a join over a slow link', () => {
  let cluster: Cluster;
  let link: TcpProxy;
  let near: App;
  let far: App;
  before(async () => {
    cluster = await openCluster({ REDIS_URL: await oneRedisUrl() });
    link = await openTcpProxy(Number(new URL(cluster.settings.REDIS_URL).port));
    near = await cluster.instance();
    // Subscriptions alone: a join that did not wait for its own would be answered long before it stands.
    far = await slowInstance('subscriber');
  });
  afterEach(() => (link.delayMs = 0));
  after(async () => {
    await cluster.close();
    await link.close();
  });

  /** An instance of which one connection to Redis goes over the link. */
  const slowInstance = (connection: string) => {
    link.slowOnly = `synckairos-${connection}`;
    return cluster.instance({ REDIS_URL: `redis://127.0.0.1:${link.port}` });
  };

  it('I-6 a join misses nothing that another instance sends right after it', async () => {
    const ROUNDS = 100;
    const sender = await cluster.client(near);
    const listener = await cluster.client(far);
    const ids = await Promise.all(Array.from({ length: ROUNDS }, async () => (await sender.ok('session:create', chess())).session_id));
    link.delayMs = 150;
    const rounds = ids.map(async (session_id) => {
      const { state } = await listener.ok('session:join', { session_id });
      expect(state.version).to.equal(1);
      await sender.ok('session:start', { session_id });
      await listener.next('session:update', (event) => event.session_id === session_id, SOONER_THAN_HEALED_MS);
    });
    const lost = (await Promise.allSettled(rounds)).filter(({ status }) => status === 'rejected').length;
    expect(lost).to.equal(0);
  });

  it('I-6 a second join sent right behind the first misses nothing either', async () => {
    link.delayMs = 20;
    const sender = await cluster.client(near);
    const listener = await cluster.client(far);
    for (let round = 0; round < 10; round++) {
      const { session_id } = await sender.ok('session:create', chess());
      const joins = [1, 2, 3].map(() => listener.ok('session:join', { session_id }));
      await Promise.race(joins);
      await sender.ok('session:start', { session_id });
      await listener.next('session:update', (event) => event.session_id === session_id, SOONER_THAN_HEALED_MS);
      await Promise.all(joins);
    }
  });

  it('I-7 a late message of a deletion removes nobody from the room of the game that came after it', async () => {
    const [white, black] = [await cluster.client(near), await cluster.client(far)];
    const { session_id } = await white.ok('session:create', chess());
    await black.ok('session:join', { session_id });
    link.delayMs = 150;
    await white.ok('session:delete', { session_id });
    const { epoch } = await white.ok('session:create', chess({ session_id }));
    await black.ok('session:join', { session_id });
    for (const client of [white, black]) {
      const told = await client.next('session:deleted', (event) => event.session_id === session_id);
      expect(told.epoch).to.be.below(epoch);
    }
    link.delayMs = 0;
    await black.ok('session:start', { session_id });
    for (const client of [white, black]) {
      await client.next('session:update', (event) => event.session_id === session_id && event.epoch === epoch, SOONER_THAN_HEALED_MS);
    }
  });

  for (const slow of ['publisher', 'commands', 'subscriber']) {
    it(`I-8 a message is not lost to a deletion that is acknowledged after it, on whichever instance (slow ${slow})`, async () => {
      const [here, there] = [await cluster.client(await slowInstance(slow)), await cluster.client(near)];
      const heard = new Map([here, there].map((client) => [client, [] as string[]]));
      for (const [client, names] of heard) client.socket.onAny((name: string) => names.push(name));
      for (const [sender, deleter, count] of [
        [here, here, 2],
        [here, there, 2],
        [there, here, 2],
        [there, here, 20],
      ] as const) {
        link.delayMs = 0;
        const participants = Array.from({ length: count }, (_, index) => ({ participant_id: `p${index}`, total_time_ms: BANK_MS }));
        const { session_id } = await here.ok('session:create', chess({ participants }));
        await there.ok('session:join', { session_id });
        link.delayMs = 100;
        await sender.ok('session:message', { session_id, message: 'gg' });
        await deleter.ok('session:delete', { session_id });
        for (const [client, names] of heard) {
          await client.next('session:deleted', (event) => event.session_id === session_id);
          expect(names.splice(0)).to.deep.equal(['session:message', 'session:deleted']);
        }
      }
    });
  }

  it('I-8 a message is not lost to a deletion that comes before the message’s own instance has heard that it is published', async () => {
    const [sender, other] = [await cluster.client(await slowInstance('commands')), await cluster.client(near)];
    const { session_id } = await sender.ok('session:create', chess());
    await other.ok('session:join', { session_id });
    link.delayMs = 100;
    const sent = sender.ok('session:message', { session_id, message: 'gg' });
    await other.next('session:message');
    await other.ok('session:delete', { session_id });
    await sent;
    await sender.next('session:deleted', (event) => event.session_id === session_id);
    expect(sender.seen('session:message')).to.have.length(1);
  });
});
