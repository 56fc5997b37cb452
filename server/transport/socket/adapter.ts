import { createShardedAdapter } from '@socket.io/redis-adapter';
import type { Cluster, Redis } from 'ioredis';
import type { Namespace } from 'socket.io';
import type { UpdateEvent } from '#contract';
import type { Schema } from '../../domain/schema.ts';
import type { LiveSession, Publication } from '../../engine/ports.ts';

/** What a message of another instance tells of the session beside its state: all that an instance needs to go on from there without reading it. */
export type Aside = Pick<LiveSession, 'warnings' | 'expiredSince' | 'lastHash' | 'token'> & {
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
  heard(session: LiveSession): void;
}

/** The parts of the adapter that its types keep to itself. */
interface Internals {
  uid: string;
  onRawMessage(message: Buffer, channel: Buffer): void;
  onMessage(message: unknown): void;
}

type Heard = { aside?: Aside; data?: { packet?: { data?: [string, UpdateEvent] } } };

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
    internals.onMessage = (message) => {
      onMessage(message);
      const { aside, data } = message as Heard;
      const update = data?.packet?.data?.[1];
      if (aside === undefined || update === undefined) return;
      const { schema, ...facts } = aside;
      // In another form it may hold what only another version understands, or lack what this one needs.
      if (schema === reads && schema === writes) {
        heard({ version: update.version, epoch: update.epoch, state: update.state, ...facts });
      }
    };
    return adapter;
  };
}

/** By which name a namespace's adapter speaks to those of other instances. */
export function uidOf(namespace: { adapter: unknown }): string {
  return (namespace.adapter as Internals).uid;
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
