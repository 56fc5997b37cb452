/**
 * Where the corpus finds the parts of the server and of the client. No other file of it imports them, so that a part
 * that moves changes this file alone.
 */
import { Server } from 'socket.io';
import type { ChangesEvent, UpdateEvent } from '#contract';
import { eventColumns, readEvent } from '../../server/audit/rows.ts';
import { hashOfRow, historyJson, toRecordedEvent } from '../../server/audit/history-event.ts';
import { unbrokenRun } from '../../server/audit/history.ts';
import { SCHEMA } from '../../server/domain/schema.ts';
import { Alarms } from '../../server/engine/alarms.ts';
import { Archive } from '../../server/engine/archive.ts';
import type { Clock } from '../../server/engine/clock.ts';
import { Committer } from '../../server/engine/committer.ts';
import { Engine } from '../../server/engine/engine.ts';
import { Expirer } from '../../server/engine/expirer.ts';
import { Liveness } from '../../server/engine/liveness.ts';
import { Overdue } from '../../server/engine/overdue.ts';
import type { Commit, Marks, Presence, Publication, SessionStore } from '../../server/engine/ports.ts';
import { SessionCache } from '../../server/engine/session-cache.ts';
import type { Trail as NewestStates } from '../../server/engine/trail-ports.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { createMetrics } from '../../server/observability/metrics.ts';
import { chainEvents } from '../../server/store/codec.ts';
import { commitArguments } from '../../server/store/commit-arguments.ts';
import { Access } from '../../server/transport/access/access.ts';
import { type Principal, senderOf } from '../../server/transport/access/principal.ts';
import { CommandHandler } from '../../server/transport/command-handler.ts';
import { PreparedEncoder } from '../../server/transport/socket/prepared-encoder.ts';
import type { History } from '../../server/transport/history-port.ts';
import { createRooms, type IoServer } from '../../server/transport/socket/rooms.ts';

export * from '#clock';
export * from '#contract';
export type { Outage } from '../../server/domain/outage.ts';
export { type RecordedEvent, replay, stateAfter } from '../../server/domain/replay.ts';
export {
  decodeState,
  encodeBrief,
  encodeState,
  isChanges,
  readSnapshot,
  SCHEMA,
  type Schema,
  textAsRead,
} from '../../server/domain/schema.ts';
export { followsByItself } from '../../server/domain/snapshots.ts';
export type { Commit, CommitResult, Publication, SessionStore } from '../../server/engine/ports.ts';
export type { ArchivedSession } from '../../server/engine/trail-ports.ts';
export { recordJson, readFacts, toRecord, toPosition, toSession, writeFacts } from '../../server/store/codec.ts';
export type { Principal } from '../../server/transport/access/principal.ts';
export type { TrailIncarnation } from '../../server/transport/history-port.ts';
export { formatTime, shownElapsed, shownTime, untilNextDigit, untilNextElapsedDigit } from '../../client-sdk/src/format-time.ts';
export { SessionStore as ClientStore } from '../../client-sdk/src/session-store.ts';
export { bankOf, ownerOf, type Who } from '../../client-sdk/src/who.ts';
export { hashOfRow, historyJson, toRecordedEvent, unbrokenRun };

/** What an instance reads of the trail. */
export type Trail = NewestStates & History;

/** A row of `sync_events` as Prisma reads it. */
export type Row = Parameters<typeof hashOfRow>[0];

/** What a commit sends to Redis. */
export interface Sent {
  /** The arguments of its script, in their order. */
  args: string[];
  /** The events as the outbox carries them. */
  events: string[];
  lastHash: string | null;
  publications: Publication[];
}

/** Makes what a commit sends to Redis, as the store does. `token` names the commit. */
export function sentBy(commit: Commit, token: string): Sent {
  const last = commit.events.at(-1);
  if (last === undefined) throw new Error('a commit without events');
  const { texts, lastHash } = commit.audit ? chainEvents(commit.events, commit.previousHash) : { texts: [], lastHash: null };
  const publications = commit.publications?.({ lastHash, token }) ?? [];
  const args = commitArguments(commit, last, token, 0, texts, lastHash, publications, SCHEMA).map(String);
  return { args, events: texts, lastHash, publications };
}

/** The row that the trail's worker makes of an entry of the outbox. */
export function rowOf(entry: { event: string; state: string }): Row {
  const columns = eventColumns([readEvent(entry)]);
  const value = (name: keyof typeof columns) => columns[name][0] ?? null;
  return {
    session_id: value('session_id') ?? '',
    epoch: BigInt(value('epoch') ?? 0),
    version: Number(value('version')),
    event_type: value('event_type') ?? '',
    timestamp: new Date(value('timestamp') ?? ''),
    participant_id: value('participant_id'),
    group_id: value('group_id'),
    time_elapsed_ms: BigInt(value('time_elapsed_ms') ?? 0),
    time_remaining_ms: value('time_remaining_ms') === null ? null : BigInt(value('time_remaining_ms') ?? 0),
    snapshot: value('state_snapshot'),
    changes: value('changes'),
    metadata: value('metadata') ?? '',
    previous_hash: value('previous_hash'),
    rules: Number(value('rules')),
  };
}

/** What an instance is given: ports in memory, and a clock that the sequence sets. */
export interface InstancePorts {
  store: SessionStore;
  trail: Trail | undefined;
  marks: Marks;
  presence: Pick<Presence, 'last'>;
  clock: Clock;
  idleMs: number;
  idleRunMs: number;
  graceMs: number;
  audit: boolean;
  /** Whether users are asked who they are. */
  asks: boolean;
  /** A frame that the sockets of this instance were sent. */
  framed(text: string): void;
}

export interface Instance {
  /** The JSON of the reply to a command. */
  handle(name: unknown, payload: unknown, arrival: number, principal: Principal | undefined): Promise<string>;
  /** What an alarm or the sweep calls when something is due for a session. */
  handleDue(sessionId: string): Promise<void>;
  /** Takes a publication of another instance into the session cache. */
  hear(update: unknown, facts: unknown): void;
}

const logger = createLogger('silent', 'corpus');
const metrics = createMetrics();
const encoder = new PreparedEncoder();

/** The names of this instance and of the channel of a room. */
const ROOM_NAMES = { uid: 'instance', channelOf: (room: string) => room };

/** A server of Socket.IO without sockets: whatever it is told to send goes to `sink.framed`. */
const sink: { framed: (text: string) => void } = { framed: () => {} };
const io: IoServer = new Server();
Object.assign(io.of('/').adapter, {
  rooms: { has: () => true, get: () => undefined },
  broadcast: (packet: Parameters<PreparedEncoder['encode']>[0]) =>
    sink.framed(String(encoder.encode(Object.assign(packet, { nsp: '/' }))[0])),
});

const noCodes = () => Promise.reject(new Error('no sequence has a join code'));

/**
 * An instance of the server without Redis, PostgreSQL, sockets and timers: everything from a command to its reply and
 * to what rooms are told.
 */
export function openInstance(ports: InstancePorts): Instance {
  const { store, trail, marks, presence, clock, idleMs, idleRunMs, graceMs, audit, asks, framed } = ports;
  const now = () => clock.now();
  const cache = new SessionCache();
  const alarms = new Alarms(now, () => {});
  // The sequence says when an alarm rings; the commit tells for when it was set.
  alarms.close();
  const liveness = new Liveness(marks, logger);
  const overdue = new Overdue({ liveness, presence, idleRunMs });
  const rooms = createRooms(io, { adapter: ROOM_NAMES, schema: SCHEMA, now, metrics });
  const parts = { store, rooms, alarms, cache, clock, liveness, overdue, idleMs, graceMs, audit, metrics, logger };
  const committer = new Committer(parts);
  const archive = new Archive({ ...parts, trail, committer });
  const expirer = new Expirer({ ...parts, committer });
  const engine = new Engine({ ...parts, committer, archive, expirer });
  const handler = new CommandHandler(
    {
      engine,
      archive,
      clock: { now, errorBound: () => 0.5 },
      trail,
      limits: { switches: undefined, messages: undefined, owners: undefined },
      metrics,
      access: asks ? new Access(undefined, now) : undefined,
      codes: { make: noCodes, open: noCodes },
      evict: () => {},
      audience: () => ({ sockets: 0, brief: 0 }),
    },
    logger,
  );
  const address = '127.0.0.1';
  return {
    async handle(name, payload, arrival, principal) {
      sink.framed = framed;
      const sender = senderOf(principal, address);
      const request = { name, payload, arrival, principal, address, sender, membership: undefined, refresh: undefined, ids: {} };
      const reply = await handler.handle(request);
      const [frame] = encoder.encode({ type: 3, nsp: '/', data: [reply] });
      return String(frame).slice(2, -1);
    },
    async handleDue(sessionId) {
      sink.framed = framed;
      await expirer.handleDue(sessionId);
    },
    hear(update, facts) {
      const aside = facts as Parameters<SessionCache['follow']>[1];
      const told = update as UpdateEvent | ChangesEvent;
      if ('changes' in told) cache.follow(told, aside);
      else cache.refresh({ ...told, ...aside });
    },
  };
}
