import type { Cluster, Redis } from 'ioredis';
import type { Namespace } from 'socket.io';
import type { ChangesEvent, EventEnvelope, ExpiredEvent, UpdateEvent } from '#contract';
import type { Schema } from '../../domain/schema.ts';
import type { LiveSession, Publication } from '../../engine/ports.ts';
import {
  broadcastJson,
  channelOf,
  type ClusterMessage,
  createHookedAdapter,
  headOf,
  type OpenedAdapter,
} from '../../internals/redis-adapter.ts';
import { joinFrames } from '../../internals/socket.io-adapter.ts';

/**
 * What another instance's message tells of a session besides its state: all that an instance needs to go on without
 * reading the session.
 */
export type Facts = Pick<LiveSession, 'warnings' | 'expiredSince' | 'lastHash' | 'token'>;

type Aside = Facts & {
  /** The form of the state. */
  schema: number;
};

/** Delivers messages that contain only the changes of a large session. */
export interface ChangeDelivery {
  /** Tells the sockets of a room what has changed, instead of Socket.IO. */
  changed(room: string, event: ChangesEvent): void;
  /** Socket.IO is about to tell the sockets of a room this whole state. */
  replaced(room: string, update: UpdateEvent): void;
  /** Whether it will tell the sockets of a room of clocks that fell, instead of Socket.IO. */
  expired(room: string, event: ExpiredEvent): boolean;
}

/** Called when sockets of this instance were sent an event of a session. */
type Notice = (room: string, event: string, payload: EventEnvelope) => void;

export interface SessionAdapterOptions {
  publisher: Redis | Cluster;
  subscriber: Redis | Cluster;
  /** Separates the channels of services that share a Redis. */
  channelPrefix: string;
  schema: Schema;
  /** Called with what another instance has committed. */
  heard(update: UpdateEvent | ChangesEvent, facts: Facts): void;
}

type SessionMessage = ClusterMessage & {
  aside?: Aside;
  data?: { packet?: { data?: [event: string, payload: UpdateEvent | ChangesEvent] } };
};

/**
 * The messages of instances about sessions, over Socket.IO's sharded adapter. Each message takes these steps, all in
 * one turn of the event loop:
 *
 * 1. skip: an instance also receives its own publications, since it subscribes to the rooms to which it sends. Its
 * sockets have been told already, so the first bytes decide, before anything is parsed.
 * 2. deliver: sockets are told first, since people wait for them. Changes of a large session go through
 * `ChangeDelivery`, which gives each socket the form that it asked for. A whole state is shown to `ChangeDelivery`,
 * then Socket.IO sends it to all sockets of the room, as it does with any other event.
 * 3. hear: the session cache takes over the committed state and its facts. This comes after the sockets, so that
 * neither its time nor its errors delay them.
 * 4. notice: healing and room memberships learn what the room was told. Changes are left out: `ChangeDelivery` sends
 * them as local events, which are noticed when they are sent.
 *
 * What this instance sends itself takes step 4 only.
 */
export class SessionAdapter {
  readonly #options: SessionAdapterOptions;
  #adapter: OpenedAdapter | undefined;
  #changes: ChangeDelivery | undefined;
  #notice: Notice | undefined;

  constructor(options: SessionAdapterOptions) {
    this.#options = options;
  }

  /** The `adapter` option of a Socket.IO server with the one namespace `/`. */
  create(): (namespace: Namespace) => Namespace['adapter'] {
    const open = createHookedAdapter(this.#options, (adapter) => {
      this.#adapter = adapter;
      const own = Buffer.from(headOf(adapter.uid));
      return {
        skips: (message) => message.compare(own, 0, own.length, 0, own.length) === 0,
        receive: (message) => this.#receive(adapter, message as SessionMessage),
        sent: (rooms, event, payload) => this.#told(rooms, event, payload as EventEnvelope),
        isLocal,
      };
    });
    return function openJoining(namespace) {
      const adapter = open(namespace);
      joinFrames(adapter);
      return adapter;
    };
  }

  /** The name of this instance in its messages. @throws Error before the Socket.IO server is created */
  get uid(): string {
    if (this.#adapter === undefined) throw new Error('the adapter is not open yet');
    return this.#adapter.uid;
  }

  /** The Redis channel for the messages of a room. */
  channelOf(room: string): string {
    return channelOf(this.#options.channelPrefix, room);
  }

  /** Sets what delivers changes of large sessions from now on. */
  deliverChanges(delivery: ChangeDelivery): void {
    this.#changes = delivery;
  }

  /**
   * Sets what is called when sockets of this instance were sent an event of a session: once for a room, where a
   * listener of each socket would be called for each socket.
   */
  onTold(notice: Notice): void {
    this.#notice = notice;
  }

  /** Steps 2 to 4 of a message of another instance. */
  #receive(adapter: OpenedAdapter, message: SessionMessage): void {
    const { opts, packet } = message.data ?? {};
    const [event, payload] = packet?.data ?? [];
    const rooms = opts?.rooms ?? [];
    const [room = ''] = rooms;
    if (event === 'session:expired' && this.#changes?.expired(room, payload as object as ExpiredEvent) === true) return;
    if (event !== 'session:update' || payload === undefined || this.#changes === undefined) {
      adapter.deliver(message);
    } else if ('changes' in payload) {
      this.#changes.changed(room, payload);
    } else {
      this.#changes.replaced(room, payload);
      adapter.deliver(message);
    }
    if (message.aside !== undefined && payload !== undefined) this.#hear(payload, message.aside);
    if (event !== undefined && payload !== undefined && !('changes' in payload)) this.#told(rooms, event, payload);
  }

  #hear(update: UpdateEvent | ChangesEvent, { schema, ...facts }: Aside): void {
    const { reads, writes } = this.#options.schema;
    // A state in another form may contain what only another version understands, or lack what this one needs.
    if (schema === reads && schema === writes) this.#options.heard(update, facts);
  }

  /** Step 4. */
  #told(rooms: Iterable<string>, event: string, payload: EventEnvelope): void {
    if (this.#notice === undefined) return;
    // Sockets that asked for changes are told in a local room, before the other sockets: the session's room has not
    // been told yet.
    for (const room of rooms) if (!isLocal(room) && this.#adapter?.rooms.has(room) === true) return this.#notice(room, event, payload);
  }
}

const LOCAL = 'local/';

/** The name of a room of this instance only; no messages come for it. */
export function localRoomOf(room: string): string {
  return LOCAL + room;
}

function isLocal(room: string): boolean {
  return room.startsWith(LOCAL);
}

/**
 * Used in place of an instance's name: the publishing instance then receives the message too, in the order in which all
 * do.
 */
export const EVERYBODY = 'everybody';

/**
 * The prefix of a deployment's channels. All databases of a Redis share its channels, so the prefix contains the number
 * of the database; not for database 0, so that instances of earlier versions are heard.
 */
export function channelPrefixOf(keyPrefix: string, database: number): string {
  return database === 0 ? keyPrefix : `${keyPrefix}/${database}`;
}

interface Telling {
  uid: string;
  channel: string;
  room: string;
  event: string;
  /** JSON of the payload; if the state follows, without the end of it. */
  payload: string;
  /** Whether the new state follows. */
  withState: boolean;
  aside?: Aside | undefined;
}

/**
 * An event to a room, in the form that the commit script publishes; if the state follows, the script puts it between
 * head and tail.
 */
export function publicationOf({ uid, channel, room, event, payload, withState, aside }: Telling): Publication {
  const { head, tail } = broadcastJson(uid, room, event, payload, aside === undefined ? undefined : JSON.stringify(aside));
  return withState ? { channel, head, tail: `}${tail}` } : { channel, head: head + tail, tail: '' };
}
