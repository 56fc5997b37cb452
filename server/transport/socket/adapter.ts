import { createShardedAdapter } from '@socket.io/redis-adapter';
import type { Cluster, Redis } from 'ioredis';
import type { Namespace } from 'socket.io';
import type { ChangesEvent, EventEnvelope, UpdateEvent } from '#contract';
import type { Schema } from '../../domain/schema.ts';
import type { LiveSession, Publication } from '../../engine/ports.ts';

/** What a message of another instance tells of the session beside its state: all that an instance needs to go on from there without reading it. */
export type Facts = Pick<LiveSession, 'warnings' | 'expiredSince' | 'lastHash' | 'token'>;

type Aside = Facts & {
  /** The form of the state. */
  schema: number;
};

export interface AdapterOptions {
  publisher: Redis | Cluster;
  subscriber: Redis | Cluster;
  /** Separates the channels of services that share a Redis. */
  channelPrefix: string;
  schema: Schema;
  /** Another instance has committed this. */
  heard(update: UpdateEvent | ChangesEvent, facts: Facts): void;
}

/** The parts of the adapter that its types keep to itself. */
interface Internals {
  uid: string;
  onRawMessage(message: Buffer, channel: Buffer): void;
  onMessage(message: unknown): void;
  /** Not the adapter's own: takes what the message tells beside what is sent to sockets. */
  hear(message: unknown): void;
  broadcast(packet: { data: [string, EventEnvelope] }, options: { rooms: Set<string> }): Promise<void>;
  shouldUseASeparateNamespace(room: string): boolean;
  _encode(packet: unknown, options: { wsPreEncodedFrame?: Buffer[] }): unknown;
}

type Heard = {
  uid: string;
  aside?: Aside;
  data?: { opts?: { rooms?: string[] }; packet?: { data?: [string, UpdateEvent | ChangesEvent] } };
};

/** By which its own publications are known before they are parsed: an instance gets them back, since it listens to the rooms it talks to. */
const ownHead = (uid: string) => `{"uid":"${uid}",`;

/** socket.io's sharded adapter, which also takes what commits publish (`publicationOf`): it skips its own and passes on what others tell beside them. */
export function createAdapter({ publisher, subscriber, channelPrefix, schema: { reads, writes }, heard }: AdapterOptions) {
  const create = createShardedAdapter(publisher, subscriber, { channelPrefix });
  // Socket.IO calls it with `new`, which arrow functions don't allow.
  return function open(namespace: Namespace): Namespace['adapter'] {
    const adapter = create(namespace);
    const internals = adapter as unknown as Internals;
    const own = Buffer.from(ownHead(internals.uid));
    const onRawMessage = internals.onRawMessage.bind(adapter);
    internals.onRawMessage = (message, channel) => {
      if (message.compare(own, 0, own.length, 0, own.length) !== 0) onRawMessage(message, channel);
    };
    const onMessage = internals.onMessage.bind(adapter);
    internals.hear = (message) => {
      const { aside, data } = message as Heard;
      const update = data?.packet?.data?.[1];
      if (aside === undefined || update === undefined) return;
      const { schema, ...facts } = aside;
      // In another form it may hold what only another version understands, or lack what this one needs.
      if (schema === reads && schema === writes) {
        heard(update, facts);
      }
    };
    internals.onMessage = (message) => {
      onMessage(message);
      internals.hear(message);
    };
    const encode = internals._encode.bind(adapter);
    internals._encode = (packet, options) => {
      const encoded = encode(packet, options);
      // In one piece: a head of its own would be a second buffer in each write to each socket of the room.
      if (options.wsPreEncodedFrame !== undefined) options.wsPreEncodedFrame = [Buffer.concat(options.wsPreEncodedFrame)];
      return encoded;
    };
    const hasChannel = internals.shouldUseASeparateNamespace.bind(adapter);
    internals.shouldUseASeparateNamespace = (room) => !room.startsWith(LOCAL) && hasChannel(room);
    return adapter;
  };
}

/** Rooms whose names begin so are of this instance only: no messages come for them. */
export const LOCAL = 'local/';

/** In place of an instance's own name: what is published under it comes back to whoever publishes it, in the order in which everybody gets it. */
export const EVERYBODY = 'everybody';

/** Lets updates that tell changes be delivered by `tell` instead of the adapter, and shows `whole` those that hold a state. */
export function interceptChanges(
  namespace: { adapter: unknown },
  tell: (room: string, event: ChangesEvent) => void,
  whole: (room: string, update: UpdateEvent) => void,
): void {
  const internals = namespace.adapter as Internals;
  const onMessage = internals.onMessage.bind(namespace.adapter);
  internals.onMessage = (message) => {
    const { opts, packet } = (message as Heard).data ?? {};
    const [event, update] = packet?.data ?? [];
    const room = opts?.rooms?.[0] ?? '';
    if (event !== 'session:update' || update === undefined) {
      onMessage(message);
    } else if ('changes' in update) {
      tell(room, update);
      internals.hear(message);
    } else {
      whole(room, update);
      onMessage(message);
    }
  };
}

/**
 * Calls `told` when sockets of this instance have been sent an event of a session, once for all of a room: a listener of each socket would be called for
 * each delivery.
 */
export function noticeTold(namespace: Namespace, told: (room: string, event: string, payload: EventEnvelope) => void): void {
  const { rooms } = namespace.adapter;
  const internals = namespace.adapter as unknown as Internals;
  const notice = (to: Iterable<string>, data: [string, EventEnvelope]) => {
    // Who asked for changes is told ahead of the others: the room has not been told yet (change-relay.ts).
    for (const room of to) if (!room.startsWith(LOCAL) && rooms.has(room)) return told(room, ...data);
  };
  const broadcast = internals.broadcast.bind(namespace.adapter);
  internals.broadcast = (packet, options) => {
    const done = broadcast(packet, options);
    notice(options.rooms, packet.data);
    return done;
  };
  const onMessage = internals.onMessage.bind(namespace.adapter);
  internals.onMessage = (message) => {
    onMessage(message);
    const { opts, packet } = (message as Heard).data ?? {};
    // What has changed is told anew by whoever makes it what each socket asked for.
    if (packet?.data !== undefined && !('changes' in (packet.data[1] ?? {}))) notice(opts?.rooms ?? [], packet.data);
  };
}

/** By which name a namespace's adapter speaks to those of other instances. */
export function uidOf(namespace: { adapter: unknown }): string {
  return (namespace.adapter as Internals).uid;
}

/**
 * What begins the channels of a deployment. The channels of a Redis are those of all its databases, so they carry the number; but for database 0, whose
 * instances of earlier versions would not be heard otherwise.
 */
export function channelPrefixOf(keyPrefix: string, database: number): string {
  return database === 0 ? keyPrefix : `${keyPrefix}/${database}`;
}

/** The channel of a room, as the sharded adapter names it. Its hash tag, if any, is that of the room. */
export function channelOf(channelPrefix: string, room: string): string {
  return `${channelPrefix}#/#${room}#`;
}

interface Telling {
  uid: string;
  channel: string;
  room: string;
  event: string;
  /** JSON of the payload up to the state, without its end; or the whole of it. */
  payload: string;
  /** Whether the new state follows. */
  withState: boolean;
  aside?: Aside | undefined;
}

/** An event to a room in the form in which sharded adapters tell each other: see `ClusterMessage` of socket.io-adapter. */
export function publicationOf({ uid, channel, room, event, payload, withState, aside }: Telling): Publication {
  const head = `${ownHead(uid)}"nsp":"/","type":3,${aside === undefined ? '' : `"aside":${JSON.stringify(aside)},`}"data":{"opts":{"rooms":["${room}"],"except":[],"flags":{}},"packet":{"type":2,"nsp":"/","data":["${event}",${payload}`;
  return withState ? { channel, head, tail: '}]}}}' } : { channel, head: `${head}]}}}`, tail: '' };
}
