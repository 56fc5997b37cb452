import { expect } from 'chai';
import { Redis } from 'ioredis';
import type { ChangesEvent, UpdateEvent } from '#contract';
import { SCHEMA } from '../../server/domain/schema.ts';
import { EVERYBODY, publicationOf, SessionAdapter } from '../../server/transport/socket/session-adapter.ts';
import { received, serveSockets } from '../internals/kit.ts';
import { freshPrefix, oneRedisUrl } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const ROOM = 's/{1}/game/a';
const ENVELOPE = { session_id: 'game', epoch: 1, version: 2, server_time_ms: 3 };
const UPDATE = { ...ENVELOPE, event_type: 'switched', state: { status: 'running' } } as unknown as UpdateEvent;
const CHANGES = { ...ENVELOPE, event_type: 'switched', since_version: 1, changes: {} } as unknown as ChangesEvent;
const ASIDE = { schema: SCHEMA.writes, warnings: [], expiredSince: null, lastHash: null, token: 'token' };

describe('an event that instances tell each other', () => {
  const connections: Redis[] = [];
  let server: Awaited<ReturnType<typeof serveSockets>>;
  let adapter: SessionAdapter;
  let client: Awaited<ReturnType<typeof server.client>>;
  let steps: string[];

  before(async () => {
    const url = await oneRedisUrl();
    const [publisher, subscriber] = [new Redis(url), new Redis(url)];
    connections.push(publisher, subscriber);
    adapter = new SessionAdapter({
      publisher,
      subscriber,
      channelPrefix: freshPrefix(),
      schema: SCHEMA,
      heard: ({ version }, { token }) => steps.push(`heard ${version} ${token}`),
    });
    server = await serveSockets({ adapter: adapter.create() });
    adapter.deliverChanges({
      changed: (room) => steps.push(`changed ${room}`),
      expired: () => false,
      replaced: (room) => steps.push(`replaced ${room}`),
    });
    adapter.onTold((room, event) => steps.push(`noticed ${room} ${event}`));
    server.io.on('connection', (socket) => {
      socket.onAnyOutgoing((event: string) => steps.push(`told ${event}`));
      void socket.join(ROOM);
    });
    client = await server.client();
    await until('the room has its channel', async () =>
      ((await publisher.call('PUBSUB', 'SHARDCHANNELS')) as string[]).includes(adapter.channelOf(ROOM)),
    );
  });
  after(async () => {
    await server.close();
    for (const redis of connections) redis.disconnect();
  });

  const publish = async (uid: string, event: string, payload: object, aside?: typeof ASIDE) => {
    const told = { uid, channel: adapter.channelOf(ROOM), room: ROOM, event, payload: JSON.stringify(payload), withState: false, aside };
    const { channel, head, tail } = publicationOf(told);
    await connections[0]?.spublish(channel, head + tail);
  };
  /** The steps of what is published, up to a deletion that comes after it. */
  const stepsOf = async (work: () => Promise<unknown>) => {
    steps = [];
    const last = received(client, 'session:deleted');
    await work();
    await publish('other', 'session:deleted', ENVELOPE);
    await last;
    return steps.slice(0, -2);
  };

  it('R-90 a message tells the sockets of the room first, then the session cache, then those who note what was told', async () => {
    expect(await stepsOf(() => publish('other', 'session:update', UPDATE, ASIDE))).to.deep.equal([
      `replaced ${ROOM}`,
      'told session:update',
      'heard 2 token',
      `noticed ${ROOM} session:update`,
    ]);
    expect(await stepsOf(() => publish(EVERYBODY, 'session:expired', ENVELOPE))).to.deep.equal([
      'told session:expired',
      `noticed ${ROOM} session:expired`,
    ]);
  });

  it('R-90 a message with changes goes to ChangeDelivery, and is not noted before that sends it', async () => {
    expect(await stepsOf(() => publish('other', 'session:update', CHANGES, ASIDE))).to.deep.equal([`changed ${ROOM}`, 'heard 2 token']);
  });

  it('R-90 a message with a state in another form does not reach the session cache', async () => {
    const aside = { ...ASIDE, schema: SCHEMA.writes + 1 };
    expect(await stepsOf(() => publish('other', 'session:update', UPDATE, aside))).not.to.include('heard 2 token');
  });

  it('R-91 a message that the instance published itself takes no step', async () => {
    expect(await stepsOf(() => publish(adapter.uid, 'session:update', UPDATE, ASIDE))).to.deep.equal([]);
  });

  it('R-90 an event that this instance sends to its own sockets is noted only', async () => {
    const took = await stepsOf(async () => server.io.local.to(ROOM).emit('session:update', UPDATE));
    expect(took).to.deep.equal(['told session:update', `noticed ${ROOM} session:update`]);
  });
});
