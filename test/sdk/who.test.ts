import { expect } from 'chai';
import type { SyncKairosClient, SyncKairosError, Who } from '../../client-sdk/src/index.ts';
import { BANK_MS, chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { Stage } from './kit.ts';

const MIN = 60_000;

describe('SDK: whose clock', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  /** What a client reads right at the start of the first turn. */
  const reader = (client: SyncKairosClient, id: string) => {
    const at = Date.parse(client.session(id).getSnapshot()?.cycle_started_at ?? '');
    return (who?: Who) => client.getParticipantTime(id, who, at);
  };

  it('J-89 a participant called global, or session, is read and given time like any other', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const participants = ['local', 'global', 'session'].map((name, n) => ({ participant_id: name, total_time_ms: (n + 1) * MIN }));
    const { session_id: id } = await client.createSession({ sync_mode: 'per_participant', participants });
    await client.startSession(id);
    const read = reader(client, id);
    expect([read('local'), read('global'), read('session')]).to.deep.equal([MIN, 2 * MIN, 3 * MIN]);
    expect(read(), 'without a name the clock that runs').to.equal(MIN);
    await client.adjustTime(id, 5_000, 'global');
    expect(reader(client, id)('global')).to.equal(2 * MIN + 5_000);
  });

  it('J-89 where a participant and a group have one name, both can be told apart', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession({
      sync_mode: 'per_group',
      groups: [
        { group_id: 'x', total_time_ms: MIN, members: ['y'] },
        { group_id: 'y', total_time_ms: 5 * MIN, members: ['z', 'global'] },
      ],
      participants: [{ participant_id: 'y' }, { participant_id: 'z' }, { participant_id: 'global' }],
    });
    await client.startSession(id);
    const read = reader(client, id);
    expect(read('y'), 'a plain id is the participant, whose clock is that of x').to.equal(MIN);
    expect(read({ participant_id: 'y' })).to.equal(MIN);
    expect(read({ group_id: 'y' })).to.equal(5 * MIN);
    expect(read('global')).to.equal(5 * MIN);
    const banks = (groups: { total_time_ms: number }[]): number[] => groups.map((group) => group.total_time_ms);
    const given = await client.adjustTime(id, 7_000, 'y');
    expect(given.groups[1]?.total_time_ms, 'time belongs to groups').to.equal(5 * MIN + 7_000);
    expect(banks((await client.adjustTime(id, 1_000, { group_id: 'y' })).groups)[1]).to.equal(5 * MIN + 8_000);
  });

  it('J-90 a name that nobody in the session has is reported: to the console once, and by the refusal of a command', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const said: unknown[] = [];
    const { warn } = console;
    console.warn = (text: unknown) => said.push(text);
    try {
      const { session_id: id } = await client.createSession(chess());
      expect(client.getParticipantTime('unheard-of', 'whit')).to.equal(null);
      for (let n = 0; n < 3; n += 1) expect(client.getParticipantTime(id, 'whit')).to.equal(null);
      expect(client.getParticipantTime(id, { group_id: 'white' })).to.equal(null);
      expect(said).to.deep.equal([
        `Session ${id} has no "whit". It has: white, black`,
        `Session ${id} has no {"group_id":"white"}. It has: white, black`,
      ]);
      const refused = await client.adjustTime(id, 5_000, 'whit').catch((error: SyncKairosError) => error);
      expect(refused).to.include({ code: 'PARTICIPANT_NOT_FOUND' });
      expect(refused).to.have.property('message').that.contains('whit');
    } finally {
      console.warn = warn;
    }
  });

  it('J-87 the time left on a running clock is null until the server’s time is known, whatever the device’s clock says; a standing clock is known', async () => {
    const { url } = await stage.instance();
    const maker = stage.client(url);
    const { session_id: id } = await maker.createSession(chess());
    await maker.startSession(id, 'white');
    const clock = { monotonic: () => performance.now(), wall: () => Date.now() + 45_000 };
    const asked: (() => void)[] = [];
    const timeIsHeld: typeof fetch = async (input, init) => {
      if (typeof input === 'string' && input.endsWith('/time')) await new Promise<void>((resolve) => asked.push(resolve));
      return fetch(input, init);
    };
    const client = stage.client(url, { clock, fetch: timeIsHeld, socketUrl: 'http://127.0.0.1:9' });
    await client.getSession(id);
    const read = (who?: string) => client.getParticipantTime(id, who);
    expect([read('white'), read('black'), read()]).to.deep.equal([null, BANK_MS, null]);
    await until('the time to be asked for', async () => asked.length > 0);
    const answering = setInterval(() => asked.splice(0).forEach((answer) => answer()), 10);
    await until('the time', async () => client.getParticipantTime(id, 'white') !== null);
    clearInterval(answering);
    expect(client.getParticipantTime(id, 'white')).to.be.within(BANK_MS / 2, BANK_MS);
  });
});
