import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { SyncKairosClient, SyncKairosError } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { openTcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';
import { FastClock, happens, seen, Stage } from './kit.ts';

function isState(client: SyncKairosClient, state: ReturnType<SyncKairosClient['connection']['getSnapshot']>): Promise<void> {
  return happens(() => client.connection.getSnapshot() === state, client.connection.subscribe, state);
}

describe('SDK: reconnecting', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-26 a client joins again after a cut and catches up with what it missed', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const [near, far] = [stage.client(url), stage.client(proxy.url)];
    const { session_id: id } = await near.createSession(chess());
    const events: string[] = [];
    far.on('connected', () => events.push('connected'));
    far.on('disconnected', ({ code }) => events.push(`disconnected ${code}`));
    far.on('reconnecting', ({ attempt, delay }) => events.push(`reconnecting ${attempt} ${delay >= 500 && delay <= 1_000}`));
    const versions: number[] = [];
    far.connectWebSocket(id, (state) => versions.push(state.version));
    await seen(far, id, 1);

    proxy.cut();
    await isState(far, 'reconnecting');
    await near.startSession(id);
    await near.switchCycle(id);
    await seen(far, id, 3);
    expect(versions).to.deep.equal([1, 3]);
    expect(events).to.deep.equal(['connected', 'disconnected 1006', 'reconnecting 1 true', 'connected']);
    await near.pauseSession(id);
    await seen(far, id, 4);
  });

  it('J-165 a command that is called while the connection is down is answered when it is back', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const client = stage.client(proxy.url);
    const { session_id: id } = await client.createSession(chess());
    proxy.cut();
    await isState(client, 'reconnecting');
    expect((await client.startSession(id)).status).to.equal('running');
  });

  it('J-27 a command whose answer got lost takes effect once', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const [near, far] = [stage.client(url), stage.client(proxy.url)];
    const { session_id: id } = await near.createSession(chess());
    await far.startSession(id);
    await seen(near, id, 2);

    proxy.mute = true;
    const lost = far.switchCycle(id, 'white');
    await seen(near, id, 3);
    proxy.cut();
    proxy.mute = false;
    expect((await lost).active_participant_id).to.equal('black');
    expect((await near.getSession(id)).version).to.equal(3);
  });

  it('J-100 a client moves to another instance when its own shuts down', async () => {
    const [first, second] = [await stage.instance(), await stage.instance()];
    const port = new URL(first.url).port;
    const [one, two] = [stage.client(first.url), stage.client(second.url)];
    const { session_id: id } = await two.createSession(chess());
    one.connectWebSocket(id, () => undefined);
    await seen(one, id, 1);
    const delays: number[] = [];
    one.on('reconnecting', ({ delay }) => delays.push(delay));
    await first.close();
    await isState(one, 'reconnecting');
    await two.startSession(id);
    await stage.instance({ PORT: port });
    await seen(one, id, 2);
    expect(delays[0], 'the delay the server asked for').to.be.within(100, 1_000);
  });

  it('J-92 connectionFailed is raised once, after reconnectAttempts, and does not end the tries', async () => {
    const { url } = await stage.instance();
    const proxy = await openTcpProxy(Number(new URL(url).port));
    const client = stage.client(`http://127.0.0.1:${proxy.port}`, { reconnectAttempts: 1 });
    const events: string[] = [];
    client.on('reconnecting', ({ attempt }) => events.push(`reconnecting ${attempt}`));
    client.on('connectionFailed', ({ attempts }) => events.push(`failed ${attempts}`));
    client.connect();
    await isState(client, 'connected');
    proxy.cut();
    await happens(
      () => events.includes('reconnecting 3'),
      (again) => client.on('reconnecting', again),
      'tries after connectionFailed',
    );
    expect(events).to.deep.equal(['reconnecting 1', 'reconnecting 2', 'failed 1', 'reconnecting 3']);
    proxy.mend();
    await isState(client, 'connected');
    await proxy.close();
  });

  it('J-92 a handler of connectionFailed may end the tries', async () => {
    const clock = new FastClock(20);
    const client = stage.client('http://127.0.0.1:9', { reconnectAttempts: 0, clock });
    client.on('connectionFailed', () => client.disconnect());
    client.connect();
    await isState(client, 'idle');
    const states: string[] = [];
    client.connection.subscribe(() => states.push(client.connection.getSnapshot()));
    // Longer than it would take until the next try.
    await clock.pass(4_000);
    expect(states).to.deep.equal([]);
  });

  it('J-100 after a restart that took a while all clients are connected again within 2 s', async () => {
    const first = await stage.instance();
    const { port } = new URL(first.url);
    // Only its timers are fast: the row of tries is a short one, however long each of them takes here.
    const fast = new FastClock(10);
    const clock = { monotonic: () => performance.now(), wall: () => Date.now(), timer: fast.timer.bind(fast) };
    const clients = Array.from({ length: 10 }, () => stage.client(first.url, { clock }));
    for (const client of clients) client.connect();
    for (const client of clients) await isState(client, 'connected');
    const [tries, delays] = [new Map<SyncKairosClient, number>(), [] as number[]];
    for (const client of clients)
      client.on('reconnecting', ({ attempt, delay }) => {
        tries.set(client, attempt);
        delays.push(delay);
      });
    await first.close();
    // A delay that doubles each time would be 16 s by then.
    await until('each has tried six times', async () => clients.every((client) => (tries.get(client) ?? 0) >= 6));
    const second = await stage.instance({ PORT: port });
    for (const client of clients) await isState(client, 'connected');
    expect(Math.max(...delays), 'ms from one try to the next').to.be.at.most(2_000);
    await second.close();
  });

  it('J-27 without a server, a command fails within requestTimeoutMs and says that nothing was sent', async () => {
    const client = stage.client('http://127.0.0.1:9', { requestTimeoutMs: 200 });
    const error = await client.createSession(chess()).catch((thrown: SyncKairosError) => thrown);
    expect(error).to.include({ name: 'SyncKairosError', code: 'NETWORK_ERROR', retryable: true });
  });

  it('J-27 a command that the server does not answer rejects with TIMEOUT', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const client = stage.client(proxy.url, { requestTimeoutMs: 300 });
    client.connect();
    await isState(client, 'connected');
    proxy.mute = true;
    const error = await client.createSession(chess()).catch((thrown: SyncKairosError) => thrown);
    expect(error).to.include({ code: 'TIMEOUT', retryable: true });
  });

  it('J-27 a command that may have arrived rejects with TIMEOUT when the connection does not come back', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const client = stage.client(proxy.url, { requestTimeoutMs: 400 });
    client.connect();
    await isState(client, 'connected');
    proxy.mute = true;
    const outcome = client.createSession(chess()).catch((thrown: SyncKairosError) => thrown.code);
    await proxy.close();
    expect(await outcome).to.equal('TIMEOUT');
  });

  it('J-166 a client can be used again after `disconnect`', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    client.disconnect();
    expect(client.connection.getSnapshot()).to.equal('idle');
    expect((await client.getSession(id)).version).to.equal(1);
  });

  it('J-32 a client that is closed and opened again at once is connected without a pause', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const states: string[] = [];
    client.connection.subscribe(() => states.push(client.connection.getSnapshot()));
    client.connect();
    client.disconnect();
    client.connect();
    await isState(client, 'connected');
    client.disconnect();
    client.connect();
    await isState(client, 'connected');
    await wait(100);
    expect(states).to.deep.equal(['connecting', 'idle', 'connecting', 'connected', 'idle', 'connecting', 'connected']);
  });

  it('J-32 a client that a handler of a loss closes and opens again is connected without a pause', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const clock = new FastClock(10);
    const client = stage.client(proxy.url, { clock });
    client.connect();
    await isState(client, 'connected');
    const states: string[] = [];
    client.connection.subscribe(() => states.push(client.connection.getSnapshot()));
    const off = client.on('disconnected', () => {
      off();
      client.disconnect();
      client.connect();
    });
    proxy.cut();
    await happens(() => states.at(-1) === 'connected', client.connection.subscribe, 'a connection');
    // Longer than a retry takes that was planned before.
    await clock.pass(3_000);
    expect(states).to.deep.equal(['idle', 'connecting', 'connected']);
  });

  it('J-33 asking for a connection again and again does not delay it', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const client = stage.client(proxy.url, { token: () => wait(300, 'a token') });
    client.connect();
    await isState(client, 'connected');
    proxy.cut();
    await isState(client, 'reconnecting');
    const events: string[] = [];
    client.on('reconnecting', () => events.push('reconnecting'));
    client.on('disconnected', () => events.push('disconnected'));
    for (let n = 0; n < 6; n += 1) {
      client.connect();
      await wait(60);
    }
    await isState(client, 'connected');
    await wait(400);
    expect(events).to.deep.equal([]);
  });
});
