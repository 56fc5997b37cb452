import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { inSeconds, JWT, sign, sovereign } from '../access/kit.ts';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { type SyncKairosClient, SyncKairosError } from '../../client-sdk/src/index.ts';
import { renewalOf } from '../../client-sdk/src/token.ts';
import { FastClock, happens, seen, Stage } from './kit.ts';

const codeOf = (error: unknown): string => (error instanceof SyncKairosError ? error.code : String(error));

describe('SDK: tokens', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-50 a token is sent in the handshake and with REST', async () => {
    const { url } = await stage.instance(JWT);
    const client = stage.client(url, { token: await sovereign() });
    const { session_id: id } = await client.createSession(chess());
    const direct = stage.client(url, { token: sovereign, socketUrl: 'http://127.0.0.1:9' });
    expect((await direct.startSession(id)).status, 'without a socket').to.equal('running');
    expect(direct.connection.getSnapshot()).to.not.equal('connected');
    await seen(client, id, 2);
  });

  it('J-50 a token that is refused for good ends the attempts to connect and raises `error`', async () => {
    const { url } = await stage.instance(JWT);
    const client = stage.client(url, { token: 'nonsense' });
    const errors: string[] = [];
    client.on('error', (error) => errors.push(error.code));
    client.connect();
    await happens(() => client.connection.getSnapshot() === 'failed', client.connection.subscribe, 'giving up');
    expect(errors).to.deep.equal(['UNAUTHORIZED']);
    expect(await client.createSession(chess()).catch(codeOf)).to.equal('UNAUTHORIZED');
  });

  it('J-50 a token that is too long for a frame of the socket is an error that says so', async () => {
    const { url } = await stage.instance(JWT);
    const client = stage.client(url, { token: await sign({ sub: 'anna', padding: 'x'.repeat(4_000) }) });
    const errors: string[] = [];
    client.on('error', (error) => errors.push(error.message));
    client.connect();
    await happens(() => client.connection.getSnapshot() === 'failed', client.connection.subscribe, 'giving up');
    expect(errors).to.have.length(1);
    expect(errors[0]).to.contain('4000 characters');
  });

  it('J-51 a token that the server refuses is renewed over the same connection, and the command succeeds', async () => {
    const { url } = await stage.instance(JWT);
    let asked = 0;
    const token = async (): Promise<string> => {
      asked += 1;
      return asked === 1 ? sign({ sessions: { '*': 'owner' }, exp: inSeconds(-100) }) : sovereign();
    };
    const client = stage.client(url, { token, socketUrl: 'http://127.0.0.1:9', reconnectAttempts: 0 });
    expect((await client.createSession(chess())).version).to.equal(1);
    expect(asked).to.be.within(2, 3);
  });

  it('J-51 a token is renewed before its end, over the same connection', async () => {
    const { url } = await stage.instance(JWT);
    let asked = 0;
    const end = inSeconds(5);
    const token = (): Promise<string> => {
      asked += 1;
      return sign({ sub: 'anna', exp: asked === 1 ? end : inSeconds(3_600) });
    };
    const client = stage.client(url, { token });
    const lost: string[] = [];
    client.on('disconnected', ({ reason }) => lost.push(reason));
    const { session_id: id } = await client.createSession(chess());
    await until('the first token has ended', async () => Date.now() > end * 1_000 + 200);
    expect((await client.startSession(id)).status).to.equal('running');
    expect(asked).to.equal(2);
    expect(lost).to.deep.equal([]);
  });

  it('J-51 the client plans a renewal by the exp of a JWT, and none for any other token', () => {
    const jwt = (claims: object): string => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
    const due = (claims: object, unixMs: number): number | undefined => renewalOf(jwt(claims), unixMs)?.due;
    expect(renewalOf(jwt({ exp: 1_000 }), 900_000), 'half a minute ahead').to.deep.equal({ end: 1_000, due: 70_000 });
    expect(due({ exp: 1_000 }, 980_000), 'a short one at its half').to.equal(10_000);
    expect(due({ exp: 1_000, name: 'Zoë ÿ' }, 999_900), 'never sooner than a second').to.equal(1_000);
    expect(due({ exp: 1_000 }, 1_001_000), 'over, says a clock that may be wrong').to.equal(undefined);
    for (const other of [undefined, 'opaque', 'a.b.c', jwt({}), jwt({ exp: 'soon' })]) expect(renewalOf(other, 0)).to.equal(null);
    const hour = { iat: 10_000, exp: 13_600 };
    expect(due(hour, 11_000_000), 'kept by the application for a while').to.equal(2_570_000);
    expect(due(hour, 99_000_000), 'a device that is ahead').to.equal(870_000);
    expect(due(hour, 0), 'one that is behind').to.equal(3_570_000);
  });

  it('J-52 the client shares a session for watching only, and revokes the link', async () => {
    const { url } = await stage.instance(JWT);
    const owner = stage.client(url, { token: await sign({ sub: 'anna' }) });
    const { session_id: id } = await owner.createSession(chess());
    const { token, link_id: linkId } = await owner.shareSession(id, { role: 'viewer' });
    const guest = stage.client(url, { token, reconnectAttempts: 0 });
    await seen(guest, id, 1);
    expect(await guest.startSession(id).catch(codeOf)).to.equal('FORBIDDEN');
    expect((await owner.getShareLinks(id)).map((link) => link.link_id)).to.deep.equal([linkId]);
    await owner.revokeShare(id, linkId);
    await happens(() => guest.connection.getSnapshot() === 'failed', guest.connection.subscribe, 'the guest to be sent away');
    expect(await owner.getShareLinks(id)).to.deep.equal([]);
  });

  it('J-53 a token function that gives the same token until it ends is not asked in a loop', async () => {
    const { url } = await stage.instance(JWT);
    let asked = 0;
    const same = await sign({ sub: 'anna', exp: inSeconds(20) });
    const clock = new FastClock(20);
    const client = stage.client(url, { clock, requestTimeoutMs: 60_000, token: () => ((asked += 1), same) });
    await client.createSession(chess());
    await clock.pass(14_000);
    // For the connection, and once when half of it was over.
    expect(asked).to.be.within(1, 2);
  });

  it('J-53 a token function is not asked in a loop on a device whose clock is ahead', async () => {
    const { url } = await stage.instance(JWT);
    let asked = 0;
    const fast = new FastClock(10);
    const clock = { monotonic: () => fast.monotonic(), wall: () => fast.wall() + 600_000, timer: fast.timer.bind(fast) };
    const token = (): Promise<string> => sign({ sub: 'anna', iat: inSeconds(0), exp: inSeconds(300 + (asked += 1)) });
    const client = stage.client(url, { clock, token, requestTimeoutMs: 60_000 });
    await client.createSession(chess());
    await fast.pass(5_000);
    expect(asked).to.equal(1);
  });

  it('J-54 a token that comes after the client was closed opens no connection and plans no renewal', async () => {
    const { url } = await stage.instance(JWT);
    const given: (() => void)[] = [];
    const timers: number[] = [];
    const clock = {
      monotonic: () => performance.now(),
      wall: () => Date.now(),
      timer: (run: () => void, ms: number) => {
        timers.push(ms);
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    };
    const token = async (): Promise<string> => {
      await new Promise<void>((resolve) => given.push(resolve));
      return sign({ sub: 'anna', exp: inSeconds(300) });
    };
    const client = stage.client(url, { clock, token });
    client.connect();
    await until('the token to be asked for', async () => given.length === 1);
    client.disconnect();
    timers.length = 0;
    given[0]?.();
    await wait(200);
    expect(timers).to.deep.equal([]);
    client.connect();
    await until('the token to be asked for again', async () => given.length === 2);
    given[1]?.();
    await happens(() => client.connection.getSnapshot() === 'connected', client.connection.subscribe, 'a connection');
  });

  it('J-55 a token that never comes holds a command up neither beyond requestTimeoutMs nor beyond `disconnect`', async () => {
    const { url } = await stage.instance(JWT);
    const client = stage.client(url, { socketUrl: 'http://127.0.0.1:9', requestTimeoutMs: 500, token: () => new Promise(() => undefined) });
    expect(await client.getSession('game').catch(codeOf)).to.equal('TIMEOUT');
    const waiting = client.getSession('game').catch(codeOf);
    client.disconnect();
    expect(await waiting).to.equal('NETWORK_ERROR');
  });

  it('J-55 a renewal of a refused token that never comes holds no command up beyond requestTimeoutMs', async () => {
    const { url } = await stage.instance(JWT);
    const old = await sign({ sub: 'anna', exp: inSeconds(-100) });
    let asked = 0;
    const token = (): Promise<string> | string => ((asked += 1) > 1 ? new Promise(() => undefined) : old);
    const client = stage.client(url, { socketUrl: 'http://127.0.0.1:9', reconnectAttempts: 0, requestTimeoutMs: 1_000, token });
    expect(await client.startSession('game').catch(codeOf)).to.equal('TIMEOUT');
  });

  it('J-56 an error that a token function throws reaches whoever waits as a SyncKairosError', async () => {
    const { url } = await stage.instance(JWT);
    const old = await sign({ sub: 'anna', exp: inSeconds(-100) });
    for (const command of ['getSession', 'getHistory', 'getShareLinks', 'startSession'] as const) {
      let asked = 0;
      const token = (): string => {
        if ((asked += 1) > 1) throw new Error('nobody is signed in');
        return old;
      };
      const client = stage.client(url, { socketUrl: 'http://127.0.0.1:9', reconnectAttempts: 0, token });
      const error: unknown = await client[command]('game').catch((thrown: unknown) => thrown);
      expect(error, command).to.be.instanceOf(SyncKairosError);
      expect(error, command).to.include({ code: 'NETWORK_ERROR', message: 'There is no token: nobody is signed in' });
    }
  });

  it('J-114 a client whose token has ended, or whose link was revoked, is told why at once; it comes back, at once too, only with a fresh token', async () => {
    const { url } = await stage.instance(JWT);
    const owner = stage.client(url, { token: await sign({ sub: 'anna' }) });
    const { session_id: id } = await owner.createSession(chess());
    const link = await owner.shareSession(id, { role: 'viewer' });
    const follow = async (token: string | (() => string)): Promise<{ client: SyncKairosClient; told: string[] }> => {
      const [client, told] = [stage.client(url, { token }), [] as string[]];
      for (const event of ['connected', 'disconnected', 'connectionFailed'] as const) client.on(event, () => told.push(event));
      client.on('reconnecting', ({ delay }) => told.push(`reconnecting in ${delay} ms`));
      client.on('error', ({ message }) => told.push(message));
      await seen(client, id, 1);
      return { client, told };
    };
    const tokens = [link.token, await sign({ sub: 'anna' })];
    const [short, viewer, renewing] = [
      await follow(await sign({ sub: 'anna', exp: inSeconds(5) })),
      await follow(link.token),
      await follow(() => tokens.shift() ?? ''),
    ];
    await owner.revokeShare(id, link.link_id);
    for (const { client } of [short, viewer]) {
      await happens(() => client.connection.getSnapshot() === 'failed', client.connection.subscribe, 'the end');
      expect(client.session(id).getError()?.code).to.equal('UNAUTHORIZED');
    }
    expect(short.told).to.deep.equal(['connected', 'disconnected', 'UNAUTHORIZED: the token has expired', 'connectionFailed']);
    expect(viewer.told).to.deep.equal(['connected', 'disconnected', 'UNAUTHORIZED: this link was revoked', 'connectionFailed']);
    await owner.startSession(id);
    await seen(renewing.client, id, 2);
    expect(renewing.told).to.deep.equal(['connected', 'disconnected', 'reconnecting in 0 ms', 'connected']);
  });
});
