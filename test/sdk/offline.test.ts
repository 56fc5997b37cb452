import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { predictSwitch } from '../../client-sdk/src/optimistic.ts';
import { type SessionState, SyncKairosError } from '../../client-sdk/src/index.ts';
import { freshDatabase } from '../kit/services.ts';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { happens, seen, Stage } from './kit.ts';

const NO_SOCKET = { socketUrl: 'http://127.0.0.1:9' };

describe('SDK: without a socket', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-22 without a socket every command goes over REST, with the same results', async () => {
    const { url } = await stage.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const client = stage.client(url, NO_SOCKET);
    const id = 'a:b|c~d@e'; // every kind of character that an id may have
    expect((await client.createSession(chess({ session_id: id }))).version).to.equal(1);
    expect((await client.startSession(id, 'black')).active_participant_id).to.equal('black');
    expect((await client.switchCycle(id)).active_participant_id).to.equal('white');
    expect((await client.pauseSession(id)).status).to.equal('paused');
    expect((await client.adjustTime(id, -1_000, 'black', 'late')).version).to.equal(5);
    expect((await client.resumeSession(id)).status).to.equal('running');
    expect(await client.sendMessage(id, ['hello'])).to.deep.equal({});
    expect((await client.getSession(id)).version).to.equal(6);
    expect(client.session(id).getSnapshot()?.version, 'what a reply tells is known').to.equal(6);
    await until('the trail', async () => (await client.getHistory(id, { limit: 6 })).events.length === 6);
    expect((await client.getHistory(id, { event_types: ['session_started', 'session_paused'] })).events).to.have.lengthOf(2);
    expect((await client.completeSession(id)).status).to.equal('completed');
    expect(await client.deleteSession(id)).to.deep.equal({});
    const { session_id: other } = await client.createSession(chess());
    expect((await client.cancelSession(other, 'rain')).status).to.equal('cancelled');
    expect((await client.syncServerTime()).state).to.equal('synced');
    expect(client.connection.getSnapshot()).to.be.oneOf(['reconnecting', 'fallback']);
  });

  it('J-22 a refusal over REST is the same error as over the socket', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url, NO_SOCKET);
    const { session_id: id } = await client.createSession(chess());
    const error: unknown = await client.pauseSession(id).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SyncKairosError);
    expect(error).to.deep.include({ code: 'INVALID_STATE_TRANSITION', retryable: false, details: { status: 'pending', command: 'pause' } });
  });

  it('J-23 an answer that is not from SyncKairos counts as no answer', async () => {
    const html = (): Promise<Response> => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }));
    const client = stage.client('http://127.0.0.1:9', { requestTimeoutMs: 500, fetch: html });
    const error: unknown = await client.getSession('game').catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'NETWORK_ERROR', retryable: true });
  });

  it('J-23 JSON that is no reply of SyncKairos counts as no answer', async () => {
    for (const [status, body] of [
      [404, '{"error":"Not Found"}'],
      [200, '{"ok":true}'],
      [200, 'null'],
      [502, '{"ok":false,"error":"Bad gateway"}'],
    ] as const) {
      const json = (): Promise<Response> => Promise.resolve(new Response(body, { status }));
      const client = stage.client('http://127.0.0.1:9', { requestTimeoutMs: 500, fetch: json });
      const error: unknown = await client.startSession('game').catch((thrown: unknown) => thrown);
      expect(error, body).to.include({ code: 'NETWORK_ERROR', retryable: true });
      expect(await client.syncServerTime().catch((thrown: SyncKairosError) => thrown.code)).to.equal('NETWORK_ERROR');
    }
  });

  it('J-23 an answer that begins and does not end in time is a TIMEOUT', async () => {
    const server = createServer((_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"ok":true,'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = stage.client(`http://127.0.0.1:${port}`, { ...NO_SOCKET, reconnectAttempts: 0, requestTimeoutMs: 500 });
    const error: unknown = await client.startSession('game').catch((thrown: unknown) => thrown);
    server.closeAllConnections();
    server.close();
    expect(error).to.include({ code: 'TIMEOUT', retryable: true });
  });

  it('J-28 any number of commands may wait at once without a warning from Node', async () => {
    const warned: string[] = [];
    const warn = ({ name }: Error): void => void warned.push(name);
    process.on('warning', warn);
    const client = stage.client('http://127.0.0.1:9', { requestTimeoutMs: 800 });
    await Promise.allSettled(Array.from({ length: 30 }, () => client.getSession('game')));
    process.off('warning', warn);
    expect(warned).to.deep.equal([]);
  });

  it('J-24 a command that a dead socket does not answer is sent over REST within its time', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const client = stage.client(url, { socketUrl: proxy.url, requestTimeoutMs: 3_000 });
    const { session_id: id } = await client.createSession(chess());
    await seen(client, id, 1);
    proxy.mute = true;
    expect((await client.startSession(id)).version).to.equal(2);
    expect((await client.getSession(id)).version, 'once').to.equal(2);
  });
});

describe('SDK: optimistic switches', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-25 an optimistic switch is shown before the server has answered', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url, { optimistic: predictSwitch });
    const { session_id: id } = await client.createSession(chess({ increment_ms: 3_000 }));
    await client.syncServerTime();
    await client.startSession(id);
    const shown: (string | null)[] = [];
    client.connectWebSocket(id, (state) => shown.push(`${state.active_participant_id} ${state.version}`));
    const switched = client.switchCycle(id, 'white');
    const predicted = client.session(id).getSnapshot();
    expect(predicted).to.include({ active_participant_id: 'black', version: 2 });
    await switched;
    await seen(client, id, 3);
    const state = client.session(id).getSnapshot();
    expect(state?.active_participant_id).to.equal('black');
    const bank = (of: SessionState | null | undefined): number => of?.participants[0]?.total_time_ms ?? 0;
    expect(bank(predicted), 'by the same arithmetic, a network’s delay apart').to.be.closeTo(bank(state), 15_000);
    expect(shown).to.deep.equal(['black 2', 'black 3']);
  });

  it('J-25 an optimistic switch is taken back when the server refuses it', async () => {
    const { url } = await stage.instance();
    const [near, far] = [stage.client(url, { optimistic: predictSwitch }), stage.client(url)];
    const { session_id: id } = await near.createSession(chess());
    await near.syncServerTime();
    await near.startSession(id);
    const off = near.on('error', () => undefined);
    const refused = near.switchCycle(id, 'white', 'nobody').catch((error: SyncKairosError) => error.code);
    expect(near.session(id).getSnapshot()?.active_participant_id, 'nobody is there to be shown').to.equal('white');
    expect(await refused).to.equal('PARTICIPANT_NOT_FOUND');
    // Both end white's turn; one of them comes too late, and its screen agrees with the server again.
    await Promise.allSettled([far.switchCycle(id, 'white'), near.switchCycle(id, 'white')]);
    await seen(near, id, 3);
    expect(near.session(id).getSnapshot()).to.deep.equal(await far.getSession(id));
    off();
  });
});

describe('SDK: expiries', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-31 an expiry that came while the connection was down raises timeExpired once', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const [near, far] = [stage.client(url), stage.client(proxy.url)];
    const flag = chess({
      participants: [
        { participant_id: 'white', total_time_ms: 1_000 },
        { participant_id: 'black', total_time_ms: 1_000 },
      ],
    });
    const { session_id: id } = await near.createSession(flag);
    const told: [string, number, string | null][] = [];
    for (const [name, client] of [
      ['near', near],
      ['far', far],
    ] as const) {
      client.on('timeExpired', (event) => told.push([name, event.version, event.expired_participant_id]));
    }
    far.connectWebSocket(id, () => undefined);
    await near.startSession(id);
    await seen(far, id, 2);
    proxy.cut();
    await happens(
      () => told.length === 1,
      (again) => near.on('timeExpired', again),
      'the flag',
    );
    await seen(far, id, 3);
    expect(told).to.deep.equal([
      ['near', 3, 'white'],
      ['far', 3, 'white'],
    ]);
  });
});
