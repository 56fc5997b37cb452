import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { predictSwitch } from '../../client-sdk/src/optimistic.ts';
import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { startOwnRedis } from '../kit/services.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';
import { seen, Stage } from './kit.ts';

const NO_SOCKET = { socketUrl: 'http://127.0.0.1:9' };

/** Deletions and errors that a client tells of. */
function told(client: SyncKairosClient): string[] {
  const events: string[] = [];
  client.on('sessionDeleted', ({ session_id, version }) => events.push(`deleted ${session_id} ${version}`));
  client.on('error', ({ code }) => events.push(code));
  return events;
}

describe('SDK: what is shown of a session', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-35 a deletion whose event was missed is shown and raised once when the connection is back', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const [near, far] = [stage.client(url), stage.client(proxy.url)];
    const { session_id: id } = await near.createSession(chess());
    far.connectWebSocket(id, () => undefined);
    await near.startSession(id);
    await seen(far, id, 2);
    const events = told(far);
    proxy.cut();
    await near.deleteSession(id);
    await until('the deletion', async () => far.session(id).getSnapshot() === null);
    // Its answer comes after all that the server had sent before.
    await far.createSession(chess());
    expect(events).to.deep.equal([`deleted ${id} 3`]);
    expect(far.session(id).getError()?.code).to.equal('SESSION_NOT_FOUND');
  });

  it('J-35 a client that deletes a session no longer shows it, without a socket too, and raises the deletion once', async () => {
    const { url } = await stage.instance();
    for (const client of [stage.client(url), stage.client(url, NO_SOCKET)]) {
      const events = told(client);
      const { session_id: id } = await client.createSession(chess());
      client.connectWebSocket(id, () => undefined);
      await client.deleteSession(id);
      expect(client.session(id).getSnapshot()).to.equal(null);
      await client.createSession(chess());
      expect(events).to.deep.equal([`deleted ${id} 2`]);
    }
  });

  it('J-35 no error follows a deletion, also while somebody listens', async () => {
    const { url } = await stage.instance();
    const [one, two] = [stage.client(url), stage.client(url)];
    const { session_id: id } = await one.createSession(chess());
    two.connectWebSocket(id, () => undefined);
    await seen(two, id, 1);
    const events = told(two);
    await one.deleteSession(id);
    await until('the deletion', async () => events.length > 0);
    await two.createSession(chess());
    expect(events).to.deep.equal([`deleted ${id} 2`]);
  });

  it('J-36 a switch over REST shows whose turn it is, joined or not, so a second click does not end the opponent’s turn', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const client = stage.client(url, { socketUrl: proxy.url });
    const { session_id: id } = await client.createSession(chess());
    await client.startSession(id);
    await seen(client, id, 2);
    await proxy.close();
    await client.switchCycle(id);
    expect(client.session(id).getSnapshot()).to.include({ version: 3, active_participant_id: 'black' });
    const reader = stage.client(url, NO_SOCKET);
    await reader.getSession(id);
    await reader.switchCycle(id);
    expect(reader.session(id).getSnapshot()).to.include({ version: 4, active_participant_id: 'white' });
  });

  it('J-37 a handler that unsubscribes and subscribes again is called once for each event', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    let [events, states] = [0, 0];
    const onConnected = (): void => {
      offConnected();
      if ((events += 1) < 100) offConnected = client.on('connected', onConnected);
    };
    let offConnected = client.on('connected', onConnected);
    const { session_id: id } = await stage.client(url).createSession(chess());
    const onState = (): void => {
      offState();
      if ((states += 1) < 100) offState = client.connectWebSocket(id, onState);
    };
    let offState = client.connectWebSocket(id, onState);
    await seen(client, id, 1);
    await client.createSession(chess());
    expect({ events, states }).to.deep.equal({ events: 1, states: 1 });
  });

  it('J-57 time can be given to a group of a session that the client does not know yet', async () => {
    const { url } = await stage.instance();
    const team = (name: string) => ({ group_id: name, total_time_ms: 60_000, members: [`${name}-1`] });
    const { session_id: id } = await stage.client(url).createSession({
      sync_mode: 'per_group',
      groups: [team('red'), team('blue')],
      participants: [{ participant_id: 'red-1' }, { participant_id: 'blue-1' }],
    });
    const { groups } = await stage.client(url).adjustTime(id, 1_000, 'red');
    expect(groups.map(({ total_time_ms: ms }) => ms)).to.deep.equal([61_000, 60_000]);
  });

  it('J-25 a double click shows one turn and no other', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url, { optimistic: predictSwitch });
    const { session_id: id } = await client.createSession(chess());
    await client.syncServerTime();
    await client.startSession(id);
    await seen(client, id, 2);
    const shown: (string | null)[] = [];
    client.connectWebSocket(id, ({ active_participant_id: who }) => shown.push(who));
    await Promise.allSettled([client.switchCycle(id), client.switchCycle(id)]);
    await seen(client, id, 3);
    expect(new Set(shown)).to.deep.equal(new Set(['black']));
  });

  it('J-58 unsubscribing twice ends no other subscription', async () => {
    const { url } = await stage.instance();
    const [client, other] = [stage.client(url), stage.client(url)];
    const game = chess();
    const off = client.connectWebSocket(game.session_id, () => undefined);
    off();
    await client.createSession(game);
    off();
    await client.getSession(game.session_id);
    const heard: unknown[] = [];
    client.on('message', ({ message }) => heard.push(message));
    await other.sendMessage(game.session_id, 'hello');
    await until('the message', async () => heard.length === 1);
  });

  it('J-58 a command_id that is undefined counts as missing, so the command gets one', async () => {
    const { url } = await stage.instance();
    const bodies: string[] = [];
    const spy: typeof fetch = (input, init) => {
      if (typeof init?.body === 'string') bodies.push(init.body);
      return fetch(input, init);
    };
    await stage.client(url, { ...NO_SOCKET, fetch: spy }).createSession({ ...chess(), command_id: undefined });
    expect(JSON.parse(bodies[0] ?? ''))
      .to.have.property('command_id')
      .that.is.a('string');
  });
});

describe('SDK: instances that hear of things late', () => {
  let cluster: Cluster;
  let link: TcpProxy;
  let client: SyncKairosClient;
  /** Two instances, of which the second one's connections of that name can be slow; the client is at the second. */
  async function open(slowOnly: string): Promise<Awaited<ReturnType<Cluster['client']>>> {
    const redis = await startOwnRedis();
    cluster = await openCluster({ REDIS_URL: redis.url });
    link = await openTcpProxy(Number(new URL(redis.url).port));
    link.slowOnly = slowOnly;
    const far = await cluster.instance({ REDIS_URL: `redis://127.0.0.1:${link.port}` });
    client = new SyncKairosClient(far.url);
    client.connect();
    await until('a connection', async () => client.connection.getSnapshot() === 'connected');
    return cluster.client(await cluster.instance());
  }
  /** Sends a message and waits until the client has it: whatever was published before has arrived by then, too. */
  async function hears(player: Awaited<ReturnType<typeof open>>, session_id: string, message: string): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      const off = client.on('message', (event) => {
        if (event.message !== message) return;
        off();
        resolve();
      });
    });
    await player.ok('session:message', { session_id, message });
    await heard;
  }
  afterEach(async () => {
    client.disconnect();
    link.delayMs = 0;
    await cluster.close();
    await link.close();
  });

  it('J-34 a change that comes while the session is being joined is not lost', async () => {
    const player = await open('synckairos-commands');
    const participants = Array.from({ length: 12 }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: 600_000 }));
    const { session_id: id } = await player.ok('session:create', chess({ participants }));
    await player.ok('session:start', { session_id: id });
    link.delayMs = 150;
    client.connectWebSocket(id, () => undefined);
    await wait(200);
    await player.ok('session:complete', { session_id: id });
    await seen(client, id, 3);
  });

  it('J-35 a deletion that comes after the next incarnation of its id is known raises nothing, and changes of that incarnation come', async () => {
    const player = await open('synckairos-subscriber');
    const { session_id: id } = await player.ok('session:create', chess());
    const { session_id: other } = await player.ok('session:create', chess());
    const events = told(client);
    for (const each of [id, other]) {
      client.connectWebSocket(each, () => undefined);
      await seen(client, each, 1);
    }
    // Longer than the next incarnation takes to be known, and not so long that the instance misses its subscription.
    link.delayMs = 1_000;
    await player.ok('session:delete', { session_id: id });
    await player.ok('session:create', chess({ session_id: id }));
    expect((await client.getSession(id)).version).to.equal(1);
    await hears(player, other, 'told after the deletion');
    link.delayMs = 0;
    await player.ok('session:start', { session_id: id });
    await seen(client, id, 2);
    expect(events).to.deep.equal([]);
  });

  it('J-35 the deletion of a former incarnation of an id raises nothing, and the client stays in the room of the present one', async () => {
    const player = await open('synckairos-subscriber');
    const { session_id: id } = await player.ok('session:create', chess());
    const events = told(client);
    const off = client.connectWebSocket(id, () => undefined);
    await seen(client, id, 1);
    link.delayMs = 200;
    await player.ok('session:delete', { session_id: id });
    // It is in the room of the new session once that is confirmed, which is behind the deletion of the former one.
    await client.createSession(chess({ session_id: id }));
    expect(events.splice(0)).to.deep.equal([`deleted ${id} 2`]);
    await hears(player, id, 'told after the deletion');
    link.delayMs = 0;
    await player.ok('session:start', { session_id: id });
    await seen(client, id, 2);
    expect(events).to.deep.equal([]);
    const { session_id: other } = await player.ok('session:create', chess());
    client.connectWebSocket(other, () => undefined);
    await seen(client, other, 1);
    off();
    // The server has heard that the client left before it answers the second one.
    for (let times = 0; times < 2; times += 1) await client.getSession(other);
    const heard: unknown[] = [];
    client.on('message', ({ message }) => heard.push(message));
    await player.ok('session:message', { session_id: id, message: 'still here?' });
    await hears(player, other, 'told afterwards');
    expect(heard, 'nobody wants it any more').to.deep.equal(['told afterwards']);
  });
});

describe('SDK: more sessions than the server lets a client join at once', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-38 a client joins more sessions than the server allows at once, as fast as it is let, without an error, and knows the time soon', async () => {
    const { url } = await stage.instance({ RATE_LIMIT_SOCKET: '20' });
    const maker = stage.client(url, NO_SOCKET);
    const ids = await Promise.all(Array.from({ length: 45 }, async () => (await maker.createSession(chess())).session_id));
    const client = stage.client(url);
    const events = told(client);
    const joined = new Set<string>();
    client.on('connected', ({ sessionId }) => joined.add(sessionId));
    for (const id of ids) client.connectWebSocket(id, () => undefined);
    await until('all to be joined', async () => joined.size === ids.length);
    await until('the time', async () => client.getClockStatus().state === 'synced', 30_000);
    expect(events).to.deep.equal([]);
  });
});
