import { expect } from 'chai';
import { Redis } from 'ioredis';
import {
  broadcastJson,
  channelOf,
  createHookedAdapter,
  headOf,
  type OpenedAdapter,
  SOCKET_ID_LENGTH,
} from '../../server/internals/redis-adapter.ts';
import { freshPrefix, oneRedisUrl } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { received, serveSockets } from './kit.ts';

describe('the private parts of @socket.io/redis-adapter', () => {
  const prefix = freshPrefix();
  const connections: Redis[] = [];
  const servers: { close(): Promise<void> }[] = [];
  const connect = async () => {
    const redis = new Redis(await oneRedisUrl());
    connections.push(redis);
    return redis;
  };
  after(async () => {
    for (const server of servers) await server.close();
    for (const redis of connections) redis.disconnect();
  });

  /**
   * A server whose hooks let everything pass and note what they are asked; rooms that begin with `here/` are its own.
   */
  const open = async () => {
    const asked: string[] = [];
    let opened: OpenedAdapter | undefined;
    const [publisher, subscriber] = [await connect(), await connect()];
    const server = await serveSockets({
      adapter: createHookedAdapter({ publisher, subscriber, channelPrefix: prefix }, (adapter) => {
        opened = adapter;
        return {
          skips: (message) => {
            const skipped = message.toString().startsWith(headOf('skipped'));
            asked.push(skipped ? 'skipped' : 'raw');
            return skipped;
          },
          receive: (message) => {
            asked.push(`receive ${message.data?.opts?.rooms?.join()} ${message.data?.packet?.data?.join()}`);
            adapter.deliver(message);
          },
          sent: (rooms, event, payload) => asked.push(`sent ${[...rooms].join()} ${event} ${String(payload)}`),
          isLocal: (room) => room.startsWith('here/'),
        };
      }),
    });
    servers.push(server);
    return { ...server, asked, adapter: opened as unknown as OpenedAdapter };
  };
  const channels = async () => (await connections[0]?.call('PUBSUB', 'SHARDCHANNELS', `${prefix}*`)) as string[];
  const joined = async (server: Awaited<ReturnType<typeof open>>, rooms: string[]) => {
    server.io.once('connection', (socket) => void socket.join(rooms));
    const client = await server.client();
    await until('the rooms have their channels', async () => (await channels()).includes(channelOf(prefix, rooms[0] ?? '')));
    return client;
  };

  it('R-93 the Redis adapter calls each hook at its moment, delivers what it receives, and gives a local room no channel', async () => {
    const [here, there] = [await open(), await open()];
    const client = await joined(there, ['first', 'here/second']);
    expect(here.adapter.uid)
      .to.match(/^\w{16}$/)
      .and.not.equal(there.adapter.uid);
    expect([...there.adapter.rooms.keys()]).to.include.members(['first', 'here/second']);
    expect(await channels()).not.to.include(channelOf(prefix, 'here/second'));

    const told = received(client, 'event');
    here.io.to('first').emit('event', 'payload');
    expect(here.asked).to.deep.equal(['sent first event payload']);
    expect(await told).to.deep.equal(['payload']);
    expect(there.asked).to.deep.equal(['raw', 'receive first event,payload']);
  });

  it('R-93 the Redis adapter delivers what broadcastJson makes, when it is published on the channel of the room, and parses nothing that is skipped', async () => {
    const there = await open();
    const client = await joined(there, ['third']);
    const publisher = await connect();
    const publish = async (uid: string, payload: string, beside?: string) => {
      const { head, tail } = broadcastJson(uid, 'third', 'event', payload, beside);
      await publisher.spublish(channelOf(prefix, 'third'), `${head}${tail}`);
    };
    const told = received(client, 'event');
    await publish('skipped', '"never"');
    await publish('other', '{"x":1}', '{"y":2}');
    expect(await told).to.deep.equal([{ x: 1 }]);
    expect(there.asked).to.deep.equal(['skipped', 'raw', 'receive third event,[object Object]']);
  });

  it('R-93 the Redis adapter publishes messages for a room with a name as long as a socket’s id on the channel of all rooms', async () => {
    const here = await open();
    const listener = await connect();
    const heard: string[] = [];
    listener.on('smessage', (channel: string) => heard.push(channel));
    const rooms = [SOCKET_ID_LENGTH - 1, SOCKET_ID_LENGTH, SOCKET_ID_LENGTH + 1].map((length) => 'r'.repeat(length));
    for (const channel of [`${prefix}#/#`, ...rooms.map((room) => channelOf(prefix, room))]) await listener.ssubscribe(channel);
    for (const room of rooms) here.io.to(room).emit('event', 'payload');
    await until('three messages', async () => heard.length === 3);
    expect(heard).to.deep.equal([channelOf(prefix, rooms[0] ?? ''), `${prefix}#/#`, channelOf(prefix, rooms[2] ?? '')]);
  });
});
