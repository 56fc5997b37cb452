import { expect } from 'chai';
import { SyncKairosError } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { Stage } from './kit.ts';

describe('SDK: limits of the server', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-81 twenty sessions that are started at once all start, though the socket may send 10 commands a second', async () => {
    const { url } = await stage.instance({ RATE_LIMIT_SOCKET: '10' });
    const maker = stage.client(url, { socketUrl: 'http://127.0.0.1:9' });
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await maker.createSession(chess())).session_id));
    const starter = stage.client(url);
    const states = await Promise.all(ids.map((id) => starter.startSession(id)));
    expect(states.map((state) => state.status)).to.deep.equal(ids.map(() => 'running'));
  });

  it('J-81 a command rejects at once where a limit lasts longer than its time', async () => {
    const { url } = await stage.instance({ RATE_LIMIT_SWITCH: '1' });
    const client = stage.client(url, { requestTimeoutMs: 500 });
    const maker = stage.client(url);
    const { session_id: id } = await maker.createSession(chess());
    await maker.startSession(id);
    // A machine that is held up gets new credits between two switches, or a switch that its time ends.
    const error = await until('a switch that the limit refuses', async () => {
      const thrown: unknown = await client.switchCycle(id).catch((reason: unknown) => reason);
      return thrown instanceof SyncKairosError && thrown.code === 'RATE_LIMIT_EXCEEDED' && thrown;
    });
    expect(error.retryable).to.equal(true);
    expect(error).to.have.nested.property('details.retry_after_ms').that.is.above(0);
  });

  for (const [way, options] of [
    ['over the socket', {}],
    ['over REST', { socketUrl: 'http://127.0.0.1:9' }],
  ] as const) {
    it(`J-82 a burst of moves beyond the limit takes effect completely and in the order of the calls, ${way}`, async () => {
      const { url } = await stage.instance({ RATE_LIMIT_SWITCH: '5' });
      const client = stage.client(url, options);
      const { session_id: id } = await client.createSession(chess());
      await client.startSession(id, 'white');
      const answered: number[] = [];
      // Each is guarded by whose turn it ends: in another order, one would be refused.
      const moves = Array.from({ length: 25 }, async (_, n) => {
        const { version } = await client.switchCycle(id, n % 2 === 0 ? 'white' : 'black');
        answered.push(n);
        return version;
      });
      const versions = await Promise.all(moves);
      expect(versions).to.deep.equal(versions.map((_, n) => n + 3));
      if (way === 'over the socket') expect(answered).to.deep.equal(answered.map((_, n) => n));
      expect((await client.pauseSession(id)).cycle_count).to.equal(25);
    });
  }

  it('J-82 a command that is called while others of its session wait takes effect after them', async () => {
    const { url } = await stage.instance({ RATE_LIMIT_SWITCH: '1' });
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    await client.startSession(id, 'white');
    const moves = ['white', 'black', 'white', 'black', 'white', 'black'].map((current) => client.switchCycle(id, current));
    await moves[3];
    const paused = await client.pauseSession(id);
    expect(paused).to.include({ status: 'paused', cycle_count: 6 });
    await Promise.all(moves);
  });

  it('J-82 a command waits for no command of another session', async () => {
    const { url } = await stage.instance({ RATE_LIMIT_SWITCH: '1' });
    const client = stage.client(url);
    const [one, two] = [await client.createSession(chess()), await client.createSession(chess())];
    for (const { session_id: id } of [one, two]) await client.startSession(id);
    const finished: string[] = [];
    const waiting = ['white', 'black', 'white', 'black', 'white'].map((who) =>
      client.switchCycle(one.session_id, who).then(() => finished.push(`one ${who}`)),
    );
    await waiting[3];
    await client.switchCycle(two.session_id, 'white');
    expect(finished).to.deep.equal(['one white', 'one black', 'one white', 'one black']);
    await Promise.all(waiting);
  });
});
