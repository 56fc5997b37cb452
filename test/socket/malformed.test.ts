import { expect } from 'chai';
import type { CommandName, FieldIssue } from '#contract';
import { type App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';

const NEEDS_SESSION: CommandName[] = [
  ...(['session:join', 'session:leave', 'session:get', 'session:start', 'session:switch', 'session:pause', 'session:resume'] as const),
  ...(['session:complete', 'session:cancel', 'session:delete', 'session:message', 'session:history'] as const),
];

describe('malformed events', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
    player = await cluster.client(app);
  });
  // Whatever was sent, the process lives and the socket still serves.
  afterEach(async () => {
    expect((await rest(app, 'GET', '/health')).status).to.equal(200);
    await player.ok('time:sync', {});
  });
  after(() => cluster.close());

  const fieldsOf = async (name: unknown, ...args: unknown[]) => {
    const { details } = errorOf(await player.raw(name, ...args), 'VALIDATION_ERROR');
    return (details as FieldIssue[]).map(({ field }) => field);
  };

  for (const name of [...NEEDS_SESSION, 'session:create', 'time:sync'] as CommandName[]) {
    it(`C-20 ${name} with a payload that is no object is answered`, async () => {
      for (const payload of [null, [], [{ session_id: 'x' }], 7, 0, 'text', '', true, false]) {
        expect(await fieldsOf(name, payload), JSON.stringify(payload)).to.deep.equal(['payload']);
      }
    });
  }

  it('C-20 a missing payload counts as an empty object', async () => {
    for (const name of NEEDS_SESSION) expect(await fieldsOf(name)).to.include('session_id');
    expect(await fieldsOf('session:create')).to.include('sync_mode');
    expect((await player.raw('time:sync')).ok).to.equal(true);
  });

  it('C-20 more arguments than one are ignored', async () => {
    expect((await player.raw('time:sync', {}, { surplus: 1 }, 'more')).ok).to.equal(true);
  });

  it('C-21 an unknown field is refused by its name, also inside a participant', async () => {
    const { session_id } = await player.ok('session:create', chess());
    expect(await fieldsOf('session:switch', { session_id, curent_participant_id: 'white' })).to.deep.equal(['curent_participant_id']);
    expect(await fieldsOf('time:sync', { session_id })).to.deep.equal(['session_id']);
    const participants = [{ participant_id: 'white', total_time_ms: 60_000, colour: 'white' }];
    expect(await fieldsOf('session:create', { ...chess(), participants, tempo: 1 })).to.have.members(['participants.0.colour', 'tempo']);
  });

  it('C-22 null means absent, in the payload and in a participant', async () => {
    const participants = [
      { participant_id: 'white', total_time_ms: 60_000, group_id: null, participant_index: null },
      { participant_id: 'black', total_time_ms: 60_000 },
    ];
    const given = { ...chess(), participants, metadata: null, increment_ms: null, command_id: null };
    const reply = await player.raw('session:create', given);
    expect(reply.ok, JSON.stringify(reply)).to.equal(true);
    expect(
      (await player.raw('session:start', { session_id: given.session_id, active_participant_id: null, expected_version: null })).ok,
    ).to.equal(true);
    expect(await fieldsOf('session:get', { session_id: null })).to.deep.equal(['session_id']);
  });

  it('C-23 ids of every allowed character and length work, others are refused', async () => {
    const session_id = `AZaz09._:@|~-${'x'.repeat(115)}`;
    expect(session_id).to.have.length(128);
    const participants = [{ participant_id: 'auth0|5f7c8ec7c33c6c004bbafe82', total_time_ms: 60_000 }];
    await player.ok('session:create', chess({ session_id, participants }));
    await player.ok('session:start', { session_id, command_id: '~' });
    await player.next('session:update', (event) => event.session_id === session_id);
    for (const wrong of ['', `${session_id}x`, 'a/b', 'a b', 'ä', 'a\u0000', 'a\n', '{x}', 7, {}, ['a'], true]) {
      expect(await fieldsOf('session:get', { session_id: wrong }), JSON.stringify(wrong)).to.deep.equal(['session_id']);
    }
  });

  it('C-24 wrong types and values out of range are refused by name', async () => {
    const cases: [string, unknown, string][] = [
      ['increment_ms', -1, 'increment_ms'],
      ['increment_ms', 60_001, 'increment_ms'],
      ['increment_ms', 1.5, 'increment_ms'],
      ['increment_ms', '5', 'increment_ms'],
      ['max_time_ms', 999, 'max_time_ms'],
      ['sync_mode', 'chess', 'sync_mode'],
      ['auto_advance', 'yes', 'auto_advance'],
      ['outage_policy', 'none', 'outage_policy'],
      ['participants', {}, 'participants'],
      ['participants', [null], 'participants.0'],
      ['metadata', [], 'metadata'],
      ['metadata', 'x', 'metadata'],
      ['action_on_timeout', { result: 1 }, 'action_on_timeout.type'],
      ['warning_thresholds_ms', [1_000, 1_000], 'warning_thresholds_ms'],
      ['warning_thresholds_ms', [0], 'warning_thresholds_ms.0'],
      ['warning_thresholds_ms', [1e300], 'warning_thresholds_ms.0'],
      ['warning_thresholds_ms', Array.from({ length: 11 }, (_, i) => i + 1), 'warning_thresholds_ms'],
      ['expected_version', 0.5, 'expected_version'],
      ['command_id', 'a b', 'command_id'],
    ];
    for (const [field, value, named] of cases) {
      expect(await fieldsOf('session:create', { ...chess(), [field]: value }), `${field} ${JSON.stringify(value)}`).to.deep.equal([named]);
    }
  });

  it('C-24 a warning threshold above what any clock has is kept, and never warned of', async () => {
    const warning_thresholds_ms = [Number.MAX_SAFE_INTEGER, 86_400_001];
    const { session_id } = await player.ok('session:create', chess({ warning_thresholds_ms }));
    expect(await player.ok('session:start', { session_id })).to.deep.include({ status: 'running', warning_thresholds_ms });
  });

  it('C-24 more than a thousand participants are refused, a thousand are fine', async () => {
    const participants = (count: number) => Array.from({ length: count }, (_, i) => ({ participant_id: `p${i}`, total_time_ms: 60_000 }));
    expect(await fieldsOf('session:create', chess({ participants: participants(1_001) }))).to.deep.equal(['participants']);
    expect((await player.ok('session:create', chess({ participants: participants(1_000) }))).participants).to.have.length(1_000);
  });

  it('C-25 create with a command_id must name its session', async () => {
    expect(await fieldsOf('session:create', { ...chess(), session_id: undefined, command_id: 'c' })).to.deep.equal(['session_id']);
  });

  it('C-26 an event with an unknown name is answered, whatever the name', async () => {
    const names = ['session:explode', '', '__proto__', 'constructor', 'toString', 'error', 'message', 'x'.repeat(5_000), 42, 0, -1.5];
    for (const name of names) errorOf(await player.raw(name, {}), 'UNKNOWN_COMMAND');
    errorOf(await player.raw('session:explode'), 'UNKNOWN_COMMAND');
    // The client would not send these by itself.
    const reserved = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
    for (const name of [...reserved, null, true, {}, ['session:get']]) {
      errorOf(await player.text(JSON.stringify([name, {}])), 'UNKNOWN_COMMAND');
    }
    errorOf(await player.text('[]'), 'UNKNOWN_COMMAND');
  });

  it('C-27 an event without an acknowledgement has its effect and harms nothing', async () => {
    const { session_id } = await player.ok('session:create', chess());
    player.socket.emit('session:start', { session_id });
    expect(await player.next('session:update', (event) => event.session_id === session_id)).to.include({ version: 2 });
    for (const payload of [undefined, null, [], 7, { session_id: 'nobody' }]) player.socket.emit('session:switch', payload);
    player.socket.emit('session:explode');
    expect(await player.ok('session:get', { session_id })).to.include({ version: 2 });
  });

  it('C-28 __proto__ and similar keys are ordinary: refused by name as fields, kept inside metadata, without any effect', async () => {
    const payload = (json: string) => JSON.parse(json) as object;
    expect(await fieldsOf('session:get', payload('{"session_id":"x","__proto__":{"admin":true}}'))).to.deep.equal(['__proto__']);
    const metadata = payload('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    const { session_id } = await player.ok('session:create', { ...chess(), metadata: metadata as never });
    expect(JSON.stringify((await player.ok('session:get', { session_id })).metadata)).to.equal(JSON.stringify(metadata));
    expect(({} as { polluted?: boolean }).polluted).to.equal(undefined);
    const hidden = payload('{"__proto__":{"session_id":"x"}}');
    expect(await fieldsOf('session:get', hidden)).to.have.members(['session_id', '__proto__']);
  });

  it('C-28 ids may be __proto__ and the like', async () => {
    for (const id of ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '.', '..']) {
      const participants = ['__proto__', 'constructor'].map((participant_id) => ({ participant_id, total_time_ms: 60_000 }));
      await player.ok('session:create', chess({ session_id: id, participants, command_id: '__proto__' }));
      await player.ok('session:start', { session_id: id, command_id: 'constructor' });
      expect(await player.ok('session:switch', { session_id: id })).to.include({ active_participant_id: 'constructor' });
      await player.next('session:update', (event) => event.session_id === id && event.version === 3);
      await player.ok('session:delete', { session_id: id });
    }
  });

  it('C-36 a frame that is not Socket.IO ends at most its own connection', async () => {
    const event = '["session:get",{"session_id":"x"}]';
    const frames = [
      '',
      '9',
      '2',
      '2[',
      '2["',
      '2{}',
      '2[]',
      '2[{}]',
      '2[null]',
      '2["disconnect"]',
      '2["connect_error",1]',
      '21e9["x"]',
      `2-1${event}`,
    ];
    const odd = [
      '0',
      '0{"a":1}',
      '0/admin,',
      '1',
      '3[]',
      '399[1]',
      '399["x"',
      '4"no"',
      '51-["x",{"_placeholder":true,"num":7}]',
      '5999999999-["x"]',
    ];
    const namespaces = [
      `2/admin,1${event}`,
      `2/${'n'.repeat(5_000)},${event}`,
      `2${'9'.repeat(400)}${event}`,
      `61-1[{"_placeholder":true,"num":0}]`,
    ];
    for (const frame of [...frames, ...odd, ...namespaces]) {
      const careless = await cluster.client(app);
      careless.socket.io.engine.send(frame);
      careless.socket.io.engine.send(Buffer.from(frame));
      // Either it still serves this one, or it has sent it away.
      await Promise.race([careless.disconnected(), careless.raw('time:sync', {}).catch(() => 'gone')]);
      careless.close();
      await player.ok('time:sync', {});
    }
  });
});
