import { expect } from 'chai';
import { type SessionState, SyncKairosClient, SyncKairosError } from '../../client-sdk/src/index.ts';
import { BANK_MS, chess } from '../kit/games.ts';
import { resolveOptions } from '../../client-sdk/src/options.ts';
import { until } from '../kit/until.ts';
import { seen, Stage } from './kit.ts';

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => null,
    (error: unknown) => error,
  );

describe('SDK: what its calls share', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-170 `watch` tells the present state, each newer one, and null once the session is gone', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    const told: (string | null)[] = [];
    client.watch(id, (state) => told.push(state && state.status));
    expect(told, 'not before the call has returned').to.deep.equal([]);
    await Promise.resolve();
    expect(told).to.deep.equal(['pending']);
    await client.startSession(id);
    await stage.client(url).deleteSession(id);
    await until('the deletion', async () => told.at(-1) === null);
    expect(told).to.deep.equal(['pending', 'running', null]);
    const unknown: unknown[] = [];
    client.watch('nobody-made-it', (state) => unknown.push(state));
    await until('the answer that there is none', async () => unknown.length > 0);
    expect(unknown).to.deep.equal([null]);
  });

  it('J-170 a `watch` ends by the function that it returns or by its signal', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    const told: string[] = [];
    const signals = [new AbortController(), new AbortController()] as const;
    const watch = (name: string, signal?: AbortSignal) => client.watch(id, (state) => told.push(`${name} ${state?.status}`), { signal });
    const stop = watch('stopped');
    watch('aborted', signals[0].signal);
    signals[1].abort();
    watch('aborted before', signals[1].signal);
    watch('goes on');
    await Promise.resolve();
    expect(told).to.deep.equal(['stopped pending', 'aborted pending', 'goes on pending']);
    stop();
    signals[0].abort();
    await client.startSession(id);
    await seen(client, id, 2);
    expect(told.slice(3)).to.deep.equal(['goes on running']);
    client.leave(id);
    expect(client.session(id).getSnapshot()?.version, 'what it knows stays known').to.equal(2);
    expect(() => client.watch(id, 'handler' as never)).to.throw(TypeError, 'The handler must be a function');
  });

  it('J-171 a call with a `commandId` that was used takes effect once, and `signal` gives up waiting', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const client = stage.client(proxy.url);
    const { session_id: id } = await client.createSession(chess(), { commandId: 'made-once' });
    expect(await failure(client.createSession(chess({ session_id: id }), { commandId: 'made-once' }))).to.equal(null);
    const started = await client.startSession(id, undefined, { commandId: 'once' });
    expect((await client.startSession(id, undefined, { commandId: 'once' })).version).to.equal(started.version);
    const reason = new Error('the page was left');
    expect(await failure(client.getSession(id, { signal: AbortSignal.abort(reason) }))).to.equal(reason);
    proxy.mute = true;
    const leaving = new AbortController();
    const waiting = failure(client.pauseSession(id, { signal: leaving.signal }));
    leaving.abort(reason);
    expect(await waiting).to.equal(reason);
  });

  it('J-172 `command` sends any command by its name, once, and the client knows the state that it brings', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    const payload = { session_id: id, active_participant_id: 'black' };
    const first = await client.command('session:start', payload, { commandId: 'first', expectedVersion: 1 });
    expect((await client.command('session:start', payload, { commandId: 'first', expectedVersion: 1 })).version).to.equal(first.version);
    expect(client.session(id).getSnapshot()).to.include({ version: 2, active_participant_id: 'black' });
    expect((await client.command('session:get', { session_id: id })).version).to.equal(2);
    expect(await failure(client.command('session:pause', { session_id: id }, { expectedVersion: 1 }))).to.include({ code: 'CONFLICT' });
  });

  it('J-173 `timeLeft` is null while a clock is not known, and an error for an owner that the session does not have', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    expect(client.timeLeft('game', 'white')).to.equal(null);
    const game = await client.createSession(chess());
    const id = game.session_id;
    expect(client.timeLeft(id, 'white')).to.equal(BANK_MS);
    expect(client.timeLeft(id, { participant_id: 'black' })).to.equal(BANK_MS);
    for (const owner of ['global', 'nobody', { group_id: 'white' }]) {
      expect(() => client.timeLeft(id, owner), JSON.stringify(owner))
        .to.throw(SyncKairosError, 'has no')
        .that.includes({ code: 'PARTICIPANT_NOT_FOUND', sessionId: id });
    }
    const { session_id: one } = await client.createSession({
      sync_mode: 'global',
      total_time_ms: 5_000,
      participants: [{ participant_id: 'global' }],
    });
    expect(client.timeLeft(one)).to.equal(5_000);
    await client.startSession(id);
    expect(client.timeLeft(id, 'white', Date.parse('1970-01-01')), 'at an instant').to.be.at.least(BANK_MS);
    const stranger = stage.client(url);
    await stranger.getSession(id);
    if (stranger.getClockStatus().state === 'syncing') expect(stranger.timeLeft(id, 'white')).to.equal(null);
  });

  it('J-174 an error names command, session and server, its stack the caller, and `SyncKairosError.is` tells its code', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    async function whoCalls(): Promise<SessionState> {
      return await client.pauseSession(id);
    }
    const error = await failure(whoCalls());
    expect(error).to.include({ command: 'session:pause', sessionId: id, url, code: 'INVALID_STATE_TRANSITION' });
    expect((error as Error).stack).to.contain('whoCalls');
    expect(SyncKairosError.is(error)).to.equal(true);
    expect(SyncKairosError.is(error, 'CONFLICT')).to.equal(false);
    // The types know the details of this code.
    expect(SyncKairosError.is(error, 'INVALID_STATE_TRANSITION') && error.details.status).to.equal('pending');
    expect([new Error('x'), null, undefined, 'SyncKairosError', {}].map((thrown) => SyncKairosError.is(thrown))).to.deep.equal(
      Array(5).fill(false),
    );
    const joining = new Promise((resolve) => client.on('error', resolve));
    client.watch('nobody-made-it', () => undefined);
    expect(await joining).to.include({ command: 'session:join', sessionId: 'nobody-made-it', url });
    const away = stage.client('http://127.0.0.1:9', { requestTimeoutMs: 500 });
    expect(await failure(away.getSession('game'))).to.include({ code: 'NETWORK_ERROR', command: 'session:get', url: 'http://127.0.0.1:9' });
  });

  it('J-175 with `transport: rest` the client opens no socket, sends commands over REST, and reads what is watched', async () => {
    const { url } = await stage.instance();
    const client = stage.client(`${url}/v1`, { transport: 'rest' });
    const { session_id: id } = await client.createSession(chess());
    const told: unknown[] = [];
    client.watch(id, (state) => told.push(state && state.status));
    await stage.client(url).startSession(id);
    await until('a reading', async () => told.includes('running'));
    expect((await client.switchCycle(id)).version).to.equal(3);
    expect(client.connection.getSnapshot()).to.equal('fallback');
    client.connect();
    expect(client.connection.getSnapshot()).to.equal('fallback');
    client.disconnect();
    expect(client.connection.getSnapshot()).to.equal('idle');
    expect((await client.getSession(id)).version, 'a later call opens it again').to.equal(3);
    expect(() => new SyncKairosClient(url, { transport: 'pigeon' as never })).to.throw(
      TypeError,
      "transport must be 'websocket' or 'rest'",
    );
  });

  it('J-176 the tries to connect end after `reconnectEnd`, and a later call begins anew', async () => {
    const client = stage.client('http://127.0.0.1:9', { reconnectEnd: 2, reconnectDelayMaxMs: 5, requestTimeoutMs: 200 });
    const failed = new Promise((resolve) => client.on('connectionFailed', resolve));
    client.watch('game', () => undefined);
    expect(await failed).to.deep.equal({ attempts: 2 });
    expect(client.connection.getSnapshot()).to.equal('failed');
    expect(client.session('game').getError()).to.include({ code: 'NETWORK_ERROR' });
    client.connect();
    expect(client.connection.getSnapshot()).to.equal('connecting');
    expect(() => new SyncKairosClient('http://127.0.0.1:9', { reconnectEnd: 0 })).to.throw(TypeError, 'reconnectEnd must be above 0');
  });

  it('J-177 the client writes its warnings and each change of the connection to its `logger`, and nothing without one', async () => {
    const { url } = await stage.instance();
    const lines: string[] = [];
    const logger = { warn: (text: string) => lines.push(`warn ${text}`), debug: (text: string) => lines.push(`debug ${text}`) };
    const client = stage.client(url, { logger });
    const { session_id: id } = await client.createSession(chess());
    client.getParticipantTime(id, 'nobody');
    client.disconnect();
    expect(lines.filter((line) => line.startsWith('debug'))).to.deep.equal([
      'debug SyncKairos: connecting',
      'debug SyncKairos: connected',
      'debug SyncKairos: idle',
    ]);
    expect(lines.filter((line) => line.startsWith('warn')))
      .to.have.length(1)
      .and.satisfy(([line]: [string]) => line.includes('nobody'));
    const silent = stage.client(url, { logger: null });
    await silent.getSession(id);
    const { warn } = console;
    const warnings: unknown[] = [];
    console.warn = (...texts: unknown[]) => void warnings.push(texts);
    try {
      silent.getParticipantTime(id, 'nobody');
    } finally {
      console.warn = warn;
    }
    expect(warnings).to.deep.equal([]);
  });

  it('J-94 `path` is that of a server behind a prefix, where the address has none', () => {
    const names = (url: string, path?: string) => {
      const { restUrl, socketPath } = resolveOptions(url, path === undefined ? {} : { path });
      return [restUrl, socketPath];
    };
    expect(names('https://host', '/timer/')).to.deep.equal(['https://host/timer', '/timer/socket.io/']);
    expect(names('https://host/other', '/timer')).to.deep.equal(['https://host/other', '/other/socket.io/']);
    expect(() => names('https://host', 'timer')).to.throw(TypeError, 'path must be a path like /timer');
  });
});
