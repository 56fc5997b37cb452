import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { SessionState, SyncKairosClient } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { FastClock, happens, seen, Stage } from './kit.ts';

const run = promisify(execFile);
const SDK = new URL('../../client-sdk/src/index.ts', import.meta.url).href;

const statusOf = (client: SyncKairosClient, id: string) => client.session(id).getSnapshot()?.status ?? null;

describe('SDK: sessions that come, go and come again', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-96 a subscription goes on when its id is deleted and created again', async () => {
    const { url } = await stage.instance();
    const [one, two] = [stage.client(url), stage.client(url)];
    const game = chess();
    const { session_id: id } = await one.createSession(game);
    const events: string[] = [];
    two.on('sessionDeleted', ({ version }) => events.push(`deleted at ${version}`));
    two.on('error', ({ code }) => events.push(code));
    two.connectWebSocket(id, ({ status, version }) => events.push(`${status} ${version}`));
    await seen(two, id, 1);
    await one.deleteSession(id);
    await one.createSession(game);
    await one.startSession(id);
    await until('the new game', async () => statusOf(two, id) === 'running');
    await one.pauseSession(id);
    await until('its changes', async () => statusOf(two, id) === 'paused');
    expect(events.slice(0, 2)).to.deep.equal(['pending 1', 'deleted at 2']);
    expect(events.slice(2).filter((event) => !/^(pending|running|paused) \d$/.test(event))).to.deep.equal([]);
    expect(two.session(id).getError()).to.equal(null);
  });

  it('J-96 a subscription that is made before its session exists finds it later, and reports once meanwhile that it does not exist', async () => {
    const { url } = await stage.instance();
    const clock = new FastClock(10);
    const [early, maker] = [stage.client(url, { clock, requestTimeoutMs: 60_000 }), stage.client(url)];
    const game = chess();
    const errors: string[] = [];
    early.on('error', ({ code }) => errors.push(code));
    const states: SessionState[] = [];
    early.connectWebSocket(game.session_id, (state) => states.push(state));
    const store = early.session(game.session_id);
    await happens(() => store.getError()?.code === 'SESSION_NOT_FOUND', store.subscribe, 'the error');
    // It looks again after 1 s, 2 s and so on.
    await clock.pass(4_000);
    await maker.createSession(game);
    await seen(early, game.session_id, 1);
    expect(store.getError()).to.equal(null);
    expect(errors).to.deep.equal(['SESSION_NOT_FOUND']);
    await maker.startSession(game.session_id);
    await seen(early, game.session_id, 2);
    expect(states.map(({ version }) => version)).to.deep.equal([1, 2]);
  });

  it('J-85 a new subscriber is called once with the state that is known already, after the subscribing call has returned', async () => {
    const { url } = await stage.instance();
    const [maker, other] = [stage.client(url), stage.client(url)];
    const { session_id: id } = await maker.createSession(chess());
    for (const client of [maker, other]) {
      const told: number[] = [];
      const watch = (): (() => void) => client.connectWebSocket(id, ({ version }) => told.push(version));
      watch();
      await until('the state', async () => told.length === 1);
      const off = watch();
      expect(told, 'not before it has returned').to.deep.equal([1]);
      await Promise.resolve();
      expect(told).to.deep.equal([1, 1]);
      off();
      watch()();
      await Promise.resolve();
      expect(told, 'nor who is gone again').to.deep.equal([1, 1]);
    }
  });

  it('J-85 a subscription that a handler makes begins with the next state, so that subscribing anew in each call makes no loop', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    const told: number[] = [];
    const watch = (): void => {
      const off = client.connectWebSocket(id, ({ version }) => {
        off();
        told.push(version);
        watch();
      });
    };
    watch();
    await client.startSession(id);
    await client.pauseSession(id);
    await until('three states', async () => told.includes(3));
    expect(told).to.deep.equal([1, 2, 3]);
  });

  it('J-86 an expiry from before a client joined shows in the first state and raises no event', async () => {
    const { url } = await stage.instance();
    const maker = stage.client(url);
    const { session_id: id } = await maker.createSession({ sync_mode: 'global', total_time_ms: 1_000 });
    let over = 0;
    maker.on('timeExpired', () => (over += 1));
    await maker.startSession(id);
    await until('the end', async () => over === 1);
    const late = stage.client(url);
    const heard: string[] = [];
    late.on('timeExpired', () => heard.push('timeExpired'));
    late.on('message', ({ message }) => heard.push(JSON.stringify(message)));
    late.connectWebSocket(id, ({ status }) => heard.push(status));
    await seen(late, id, 3);
    await maker.sendMessage(id, 'later');
    await until('what comes later', async () => heard.includes('"later"'));
    expect(heard).to.deep.equal(['expired', '"later"']);
  });

  it('J-98 a client that leaves a session is told nothing more of it, whatever subscribed to it, and may join it again', async () => {
    const { url } = await stage.instance();
    const [one, two] = [stage.client(url), stage.client(url)];
    const { session_id: id } = await one.createSession(chess());
    const heard: string[] = [];
    one.on('message', ({ message }) => heard.push(`message ${JSON.stringify(message)}`));
    one.connectWebSocket(id, ({ version }) => heard.push(`version ${version}`));
    await until('the state', async () => heard.length === 1);
    one.leaveSession(id);
    // A command and its answer, so that the server has heard of the leaving, too.
    await one.getSession(id);
    await two.startSession(id);
    await two.sendMessage(id, 'is anybody there?');
    await one.getSession(id);
    expect(heard).to.deep.equal(['version 1']);
    one.connectWebSocket(id, ({ version }) => heard.push(`version ${version} again`));
    await until('the state', async () => heard.length === 2);
    expect(heard[1]).to.equal('version 2 again');
    one.leaveSession('never heard of');
  });
});

describe('SDK: a process that uses the client', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  /** Runs a program with a client, and resolves with what it printed once it has ended by itself. */
  async function program(body: string): Promise<string[]> {
    const { url } = await stage.instance();
    const text = `
      const { SyncKairosClient } = await import(${JSON.stringify(SDK)});
      const client = new SyncKairosClient(${JSON.stringify(url)});
      ${body}`;
    const args = ['--import', 'tsx', '--conditions=development', '--input-type=module', '-e', text];
    const { stdout } = await run(process.execPath, args, { timeout: 15_000 });
    return stdout.trim().split('\n');
  }
  const GAME = `{ sync_mode: 'global', total_time_ms: 1000 }`;

  it('J-97 a process ends by itself once its commands are answered, also where it listens for errors', async () => {
    const printed = await program(`
      client.on('error', (error) => console.log(error.code));
      const { session_id: id } = await client.createSession(${GAME});
      await client.startSession(id);
      await client.syncServerTime();
      console.log('started');`);
    expect(printed).to.deep.equal(['started']);
  });

  it('J-97 a process goes on as long as somebody listens to a session, and ends when nobody does', async () => {
    const printed = await program(`
      const { session_id: id } = await client.createSession(${GAME});
      const off = client.connectWebSocket(id, ({ status }) => {
        console.log(status);
        if (status === 'expired') off();
      });
      const offEvent = client.on('timeExpired', () => {
        console.log('time is up');
        offEvent();
      });
      await client.startSession(id);`);
    expect(printed).to.have.members(['pending', 'running', 'expired', 'time is up']);
  });

  it('J-97 a process waits for a slow answer, and for a server that cannot be reached', async () => {
    const printed = await program(`
      const nowhere = new SyncKairosClient('http://127.0.0.1:9', { requestTimeoutMs: 700 });
      await nowhere.getSession('game').catch((error) => console.log(error.code));
      await nowhere.syncServerTime().catch((error) => console.log(error.code));`);
    expect(printed).to.deep.equal(['NETWORK_ERROR', 'NETWORK_ERROR']);
  });
});
