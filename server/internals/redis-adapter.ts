import { createShardedAdapter } from '@socket.io/redis-adapter';
import type { Cluster, Redis } from 'ioredis';
import type { Namespace } from 'socket.io';

/** A message between instances. Those that broadcast an event have these fields; the other kinds have other `data`. */
export interface ClusterMessage {
  data?: { opts?: { rooms?: string[] }; packet?: { data?: [event: string, payload: unknown] } };
}

/** Functions that the adapter calls. All are synchronous. */
export interface AdapterHooks {
  /** True to ignore a message, before it is parsed. */
  skips(message: Buffer): boolean;
  /**
   * Takes each message of this instance's subscriptions, and calls `deliver` for those that Socket.IO should handle.
   */
  receive(message: ClusterMessage): void;
  /** Called when this instance has sent an event to rooms. If the event was local, its sockets have been told. */
  sent(rooms: ReadonlySet<string>, event: string, payload: unknown): void;
  /** True if a room has sockets of this instance only: the adapter then subscribes to no channel for it. */
  isLocal(room: string): boolean;
}

export interface OpenedAdapter {
  /** The name of this instance in its messages. */
  uid: string;
  /** The sockets of this instance, by room. */
  rooms: ReadonlyMap<string, ReadonlySet<string>>;
  /** Does what the adapter itself does with a message: sends the event to this instance's sockets of the room. */
  deliver(message: ClusterMessage): void;
}

/**
 * Private members of `ShardedRedisAdapter`; all but the first and the last belong to its base class `ClusterAdapter` in
 * socket.io-adapter.
 */
interface Private {
  onRawMessage(message: Buffer, channel: Buffer): void;
  uid: string;
  onMessage(message: ClusterMessage): void;
  broadcast(packet: { data: [event: string, payload: unknown] }, options: { rooms: Set<string> }): Promise<void>;
  shouldUseASeparateNamespace(room: string): boolean;
}

/**
 * Makes the `adapter` option of a Socket.IO server: the sharded adapter of @socket.io/redis-adapter 8.3.0 with the
 * hooks that `open` returns. Replaces its private methods `onRawMessage`, `onMessage`, `broadcast` and
 * `shouldUseASeparateNamespace`, and reads `uid`.
 */
export function createHookedAdapter(
  { publisher, subscriber, channelPrefix }: { publisher: Redis | Cluster; subscriber: Redis | Cluster; channelPrefix: string },
  open: (adapter: OpenedAdapter) => AdapterHooks,
): (namespace: Namespace) => Namespace['adapter'] {
  const create = createShardedAdapter(publisher, subscriber, { channelPrefix });
  // Socket.IO calls this with `new`, which arrow functions do not allow.
  return function openHooked(namespace) {
    const adapter = create(namespace);
    const inside = adapter as unknown as Private;
    const parse = inside.onRawMessage.bind(adapter);
    const deliver = inside.onMessage.bind(adapter);
    const broadcast = inside.broadcast.bind(adapter);
    const hasChannel = inside.shouldUseASeparateNamespace.bind(adapter);
    const hooks = open({ uid: inside.uid, rooms: adapter.rooms, deliver });
    inside.onRawMessage = (message, channel) => {
      if (!hooks.skips(message)) parse(message, channel);
    };
    inside.onMessage = hooks.receive;
    inside.broadcast = (packet, options) => {
      const done = broadcast(packet, options);
      hooks.sent(options.rooms, ...packet.data);
      return done;
    };
    inside.shouldUseASeparateNamespace = (room) => !hooks.isLocal(room) && hasChannel(room);
    return adapter;
  };
}

/** A room whose name has this length gets no channel of its own, since the adapter takes it for the id of a socket. */
export const SOCKET_ID_LENGTH = 20;

/**
 * The channel of a room in the namespace `/`, as the adapter's private `dynamicChannel` names it. It has the hash tag
 * of the room, if any.
 */
export function channelOf(channelPrefix: string, room: string): string {
  return `${channelPrefix}#/#${room}#`;
}

/** The beginning of each message of `broadcastJson`. `uid`: the name of the instance. */
export function headOf(uid: string): string {
  return `{"uid":"${uid}",`;
}

/**
 * JSON of a message that broadcasts an event to a room: what adapters of socket.io-adapter 2.5.8 publish as
 * `ClusterMessage` of type 3. Returned in two parts, so that the end of the payload can be put between them.
 * @param payload JSON, or the beginning of it
 * @param beside JSON of what the message tells other instances besides the event; undefined for nothing
 */
export function broadcastJson(uid: string, room: string, event: string, payload: string, beside?: string): { head: string; tail: string } {
  const aside = beside === undefined ? '' : `"aside":${beside},`;
  return {
    head: `${headOf(uid)}"nsp":"/","type":3,${aside}"data":{"opts":{"rooms":["${room}"],"except":[],"flags":{}},"packet":{"type":2,"nsp":"/","data":["${event}",${payload}`,
    tail: ']}}}',
  };
}
