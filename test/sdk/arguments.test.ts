import { expect } from 'chai';
import { SyncKairosError, type SyncKairosClient } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { Stage } from './kit.ts';

/** What calling something with what no type allows comes to: its error in words, or nothing. */
async function outcome(of: object, method: string, ...args: unknown[]): Promise<string> {
  try {
    const called: unknown = Reflect.get(of, method);
    await Reflect.apply(called as (...all: unknown[]) => unknown, of, args);
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('SDK: wrong arguments', () => {
  let stage: Stage;
  let client: SyncKairosClient;
  let id: string;
  beforeEach(async () => {
    stage = new Stage();
    client = stage.client((await stage.instance()).url);
    id = (await client.createSession(chess())).session_id;
  });
  afterEach(() => stage.close());

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;

  it('J-80 an argument that JSON cannot hold is a TypeError at once, over the socket and over REST', async () => {
    const foreign: [unknown, RegExp][] = [
      [10n, /^TypeError: message is no JSON: it is 10n/],
      [cycle, /^TypeError: message is no JSON: .*circular/],
      [{ at: [{ amount: Number.NaN }] }, /^TypeError: message is no JSON: 'amount' in it is NaN/],
      [{ run: () => undefined }, /^TypeError: message is no JSON: 'run' in it is a function/],
      [new Uint8Array(3), /^TypeError: message is no JSON: it is binary/],
      [{ file: Buffer.from('abc') }, /^TypeError: message is no JSON: 'file' in it is binary/],
      [undefined, /^TypeError: message is missing/],
    ];
    for (const sender of [client, stage.client('http://127.0.0.1:9')]) {
      const begun = performance.now();
      for (const [message, error] of foreign) expect(await outcome(sender, 'sendMessage', id, message)).to.match(error);
      expect(performance.now() - begun, 'nothing was waited for').to.be.below(10_000);
    }
    expect(await outcome(client, 'createSession', { sync_mode: 'count_up', metadata: cycle })).to.match(/^TypeError: metadata is no JSON/);
    expect(await outcome(client, 'adjustTime', id, Number.NaN, 'white')).to.match(/^TypeError: delta_ms is no JSON: it is NaN/);
  });

  it('J-80 a date, and any other value with toJSON, is accepted', async () => {
    const heard = new Promise((resolve) => client.on('message', ({ message }) => resolve(message)));
    expect(await outcome(client, 'sendMessage', id, { at: new Date(0), none: undefined })).to.equal('');
    expect(await heard).to.deep.equal({ at: '1970-01-01T00:00:00.000Z' });
  });

  it('J-80 a click event in place of an id is a TypeError', async () => {
    const event = { nativeEvent: cycle, target: cycle };
    expect(await outcome(client, 'startSession', id, event)).to.equal(
      'TypeError: active_participant_id must be a string, and not empty; it is an object',
    );
    expect(await outcome(client, 'switchCycle', id, 'white', event)).to.match(/^TypeError: next_participant_id must be a string/);
    expect((await client.getSession(id)).version, 'nothing was sent').to.equal(1);
  });

  it('J-80 a command that can’t be sent is not repeated without a pause', async () => {
    // What fails in the middle of being sent is met by the loop that tries again.
    const fetch = (): never => {
      throw new Error('broken');
    };
    const broken = stage.client('http://127.0.0.1:9', { fetch, requestTimeoutMs: 1_000 });
    let asked = 0;
    const counting = stage.client('http://127.0.0.1:9', { fetch: () => ((asked += 1), fetch()), requestTimeoutMs: 1_000 });
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 50);
    const errors = await Promise.all([broken, counting].map((each) => each.getSession(id).catch((error: unknown) => error)));
    clearInterval(timer);
    for (const error of errors) expect(error).to.be.instanceOf(SyncKairosError).with.property('code', 'NETWORK_ERROR');
    expect(asked, 'tries of commands and of the clock').to.be.below(20);
    expect(ticks, 'times that the process could do something else').to.be.above(2);
  });

  it('J-93 a missing argument is a TypeError that names it', async () => {
    const commands = ['startSession', 'switchCycle', 'getSession', 'pauseSession', 'resumeSession', 'completeSession', 'cancelSession'];
    for (const command of [...commands, 'deleteSession', 'sendMessage', 'getHistory', 'getShareLinks']) {
      expect(await outcome(client, command), command).to.equal('TypeError: session_id must be a string, and not empty; it is undefined');
      expect(await outcome(client, command, ''), command).to.match(/^TypeError: session_id must be a string, and not empty; it is ''/);
    }
    expect(await outcome(client, 'startSession', await client.getSession(id))).to.match(/^TypeError: session_id .* it is an object/);
    expect(await outcome(client, 'createSession')).to.equal(
      'TypeError: The session must be an object like { sync_mode: … }; it is undefined',
    );
    expect(await outcome(client, 'adjustTime', id)).to.match(/^TypeError: delta_ms is missing/);
    expect(await outcome(client, 'adjustTime', id, 5_000, 7)).to.match(/^TypeError: who must be a string, and not empty; it is 7/);
    expect(await outcome(client, 'revokeShare', id)).to.match(/^TypeError: link_id must be a string/);
    for (const method of ['session', 'connectWebSocket']) {
      expect(await outcome(client, method, undefined, () => undefined)).to.match(
        /^TypeError: The session id must be a string, and not empty/,
      );
    }
    expect(await outcome(client, 'connectWebSocket', id)).to.equal('TypeError: onUpdate must be a function; it is undefined');
  });

  it('J-93 an unknown event name is a TypeError that names it and those that exist', async () => {
    expect(await outcome(client, 'on', 'timeexpired', () => undefined)).to.match(
      /^TypeError: There is no event 'timeexpired'; there are: .*timeExpired/,
    );
    expect(await outcome(client, 'on', 'timeExpired')).to.equal('TypeError: The handler must be a function; it is undefined');
  });
});
