import type { Server, Socket } from 'socket.io';
import { clockHolder, iso } from '#clock';
import type {
  ClientToServerEvents,
  CycleAnswer,
  EventEnvelope,
  ExpiredEvent,
  ServerToClientEvents,
  SessionState,
  UpdateEvent,
} from '#contract';
import { canTellChanges, isLarge, secondForm } from '../../domain/changes.ts';
import type { SessionEvent } from '../../domain/event.ts';
import { partitionOf } from '../../domain/partitions.ts';
import type { Schema } from '../../domain/schema.ts';
import { changesTold, shownTo, wholeOf } from '../../domain/told.ts';
import { incarnationOf, type SessionIncarnation } from '../../engine/incarnation.ts';
import type { Rooms } from '../../engine/ports.ts';
import { SOCKET_ID_LENGTH } from '../../internals/redis-adapter.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Principal } from '../access/principal.ts';
import type { Audience } from '../work.ts';
import { prepare } from './prepared-encoder.ts';
import { EVERYBODY, localRoomOf, publicationOf, type SessionAdapter } from './session-adapter.ts';

/** What instances tell each other. */
interface InstanceEvents {
  'link:revoked': (linkId: string) => void;
}

interface SocketData {
  /** Who it is, where that is asked. */
  principal?: Principal;
}

export type IoServer = Server<ClientToServerEvents, ServerToClientEvents, InstanceEvents, SocketData>;

export type GatewaySocket = Socket<ClientToServerEvents, ServerToClientEvents, InstanceEvents, SocketData>;

const PREFIX = 's';

/**
 * If one commit has more events than this, the room gets only the last expiry and what came after it, not each step.
 */
const TOLD_ONE_BY_ONE = 10;

/** If more clocks than this cross one threshold at one instant, the room gets one warning that names all. */
const WARNED_ONE_BY_ONE = 50;

/**
 * The name of a session's room. It contains the incarnation of the id, so that whoever is in it never gets a message of
 * another session that had the same id. It also contains the hash tag of the session's keys, so that the commit script
 * may publish on its channel. Neither ids nor incarnations hold a `/`.
 */
export function roomOf(session: SessionIncarnation): string {
  const room = `${PREFIX}/{${partitionOf(session.session_id)}}/${session.session_id}/${incarnationOf(session)}`;
  return room.length === SOCKET_ID_LENGTH ? `${room}/` : room;
}

/** The session and incarnation of a room; undefined for a room of another kind. */
export function whoseRoom(room: string): { sessionId: string; incarnation: string } | undefined {
  const [prefix, , sessionId, incarnation] = room.split('/');
  return prefix === PREFIX && sessionId !== undefined && incarnation !== undefined ? { sessionId, incarnation } : undefined;
}

/**
 * The room of those sockets of this instance that are in a session's room and asked for changes: in the first form,
 * which a client of any version knows, or also in the second (`secondForm`).
 */
export function changesRoomOf(room: string, form: 1 | 2 = 1): string {
  return localRoomOf(form === 1 ? room : `2/${room}`);
}

/** How many sockets of this instance are told of a session. */
export function audienceOf(io: IoServer, session: SessionIncarnation): Audience {
  const { rooms } = io.of('/').adapter;
  const room = roomOf(session);
  return { sockets: rooms.get(room)?.size ?? 0, brief: rooms.get(changesRoomOf(room))?.size ?? 0 };
}

/** Rooms of concurrent sessions of more participants than this get merged updates. */
const MERGED_FROM = 50;

/** Whether a session's room may be told of several changes by one update. */
export function getsMerged({ concurrent, participants }: SessionState): boolean {
  return concurrent === true && participants.length > MERGED_FROM;
}

export interface RoomsOptions {
  adapter: Pick<SessionAdapter, 'uid' | 'channelOf'>;
  schema: Schema;
  now(): number;
  metrics: Metrics;
}

type RoomEvent = Exclude<keyof ServerToClientEvents, 'server:closing'>;

/** An event as it is sent to a room. */
interface Telling {
  event: RoomEvent;
  payload: EventEnvelope;
  /** JSON of the payload; if it has a state, up to the state. */
  json: string;
  /** The event of the commit whose state is the payload's last field. */
  snapshot?: number;
  /** Whether other instances can go on from these changes: a room is told nothing of hidden answers. */
  isComplete?: boolean;
}

/** The first of a commit's events of which the room is told. `lastExpiry`: the index of its last expiry, or -1. */
function toldFrom(events: readonly SessionEvent[], lastExpiry: number): number {
  const last = events[events.length - 1]?.state;
  // Commands of several senders: one large room is told of all at once, as it would be of several commits.
  if (lastExpiry === -1 && last?.concurrent === true) return getsMerged(last) ? events.length - 1 : 0;
  return events.length <= TOLD_ONE_BY_ONE ? 0 : lastExpiry === -1 ? events.length - 1 : lastExpiry;
}

/** Whose clocks fell in these events of a concurrent session. */
function fallenIn(events: readonly SessionEvent[]): string[] {
  return [
    ...new Set(events.flatMap(({ expired, metadata }) => (expired === undefined ? [] : ((metadata['participant_ids'] ?? []) as string[])))),
  ];
}

const NONE: readonly SessionEvent[] = [];

/** The hidden answers of the cycle that one of these events ended last; nothing where none has. */
function answersIn(events: readonly SessionEvent[]): Pick<UpdateEvent, 'answers'> {
  const { state, metadata } = events.findLast((event) => event.state.answers !== undefined && 'answers' in event.metadata) ?? {};
  return state === undefined ? {} : { answers: (metadata?.['answers'] ?? []) as object[] as CycleAnswer[] };
}

/** Sends to the sockets of a session, on all instances, what happened to it. */
export function createRooms(io: IoServer, { adapter, schema, now, metrics }: RoomsOptions): Rooms {
  const namespace = io.of('/');
  const envelope = ({ session_id, epoch, version }: SessionState): EventEnvelope => ({
    session_id,
    epoch,
    version,
    server_time_ms: Math.floor(now()),
  });
  const telling = (event: RoomEvent, payload: EventEnvelope): Telling => ({ event, payload, json: JSON.stringify(payload) });
  /**
   * The channel of a session. `looped`: this instance receives its own publication, in the same order as all others,
   * instead of telling its sockets at once.
   */
  const wayTo = (session: SessionIncarnation, looped: boolean) => {
    const room = roomOf(session);
    return { uid: looped ? EVERYBODY : adapter.uid, channel: adapter.channelOf(room), room };
  };

  /** `untold`: the events before it that are not told by themselves. */
  const updateOf = (event: SessionEvent, snapshot: number, before: SessionState | null, untold: readonly SessionEvent[]): Telling => {
    const { event_type, state } = event;
    const base = Object.assign(envelope(state), { event_type });
    if (state.answers !== undefined) Object.assign(base, answersIn([...untold, event]));
    const { payload, json } = telling('session:update', base);
    const shown = shownTo(state, undefined);
    if (before !== null && canTellChanges(before, state)) {
      const form = secondForm(state) ? { deltas: 2 } : {};
      const changed = Object.assign(payload, { ...form, since_version: before.version, changes: changesTold(before, state) });
      return { ...telling('session:update', changed), isComplete: shown === state && shownTo(before, undefined) === before };
    }
    if (shown !== state) return telling('session:update', Object.assign(payload, { state: wholeOf(shown) }));
    return { event: 'session:update', payload: Object.assign(payload, { state }), json: `${json.slice(0, -1)},"state":`, snapshot };
  };

  const tellingsOf = (event: SessionEvent, snapshot: number, before: SessionState | null, untold: readonly SessionEvent[]): Telling[] => {
    const { event_type, state } = event;
    if (event_type === 'session_created') return [];
    // Sockets leave the room when they are told (room-membership.ts).
    if (event_type === 'session_deleted') return [telling('session:deleted', envelope(state))];
    const update = updateOf(event, snapshot, before, untold);
    if (event.expired === undefined) return [update];
    const fallen = fallenIn([...untold, event]);
    const expired: Omit<ExpiredEvent, keyof EventEnvelope> = {
      expired_participant_id: fallen.length > 1 ? null : event.expired.participant_id,
      expired_group_id: event.expired.group_id,
      expired_at: iso(event.at),
      action_applied: state.action_on_timeout,
    };
    if (state.concurrent === true) expired.expired_participant_ids = fallen;
    return [update, telling('session:expired', Object.assign(envelope(state), expired))];
  };

  return {
    announce(events, snapshotAt, session, base) {
      const lastExpiry = events.findLastIndex((event) => event.expired !== undefined);
      const from = toldFrom(events, lastExpiry);
      // Changes refer to the event that was sent before.
      const beforeOf = (index: number) => (index === from ? base : (events[index - 1]?.state ?? null));
      const tellings = events.flatMap((event, index) => {
        if (index < from) return [];
        return tellingsOf(event, index, beforeOf(index), index === from && from > 0 ? events.slice(0, from) : NONE);
      });
      const last = events.at(-1);
      if (last === undefined) throw new Error('nothing to announce');
      // Changes must come in order, and a deletion not before a message that was published earlier.
      const looped = isLarge(last.state) || last.event_type === 'session_deleted';
      const to = wayTo(last.state, looped);
      return {
        publications: ({ lastHash, token }) => {
          const { warnings, expiredSince } = session;
          const aside = { schema: schema.writes, warnings, expiredSince, lastHash, token };
          return tellings.map(({ event, json, snapshot, isComplete }) =>
            // The store puts the last state in.
            snapshot === events.length - 1
              ? publicationOf({ ...to, event, payload: json, withState: true, aside })
              : publicationOf({
                  ...to,
                  event,
                  payload: snapshot === undefined ? json : `${json}${snapshotAt(snapshot)}}`,
                  withState: false,
                  aside: isComplete === true ? aside : undefined,
                }),
          );
        },
        tell() {
          for (const { event } of tellings) metrics.broadcasts.inc({ event });
          if (looped || !namespace.adapter.rooms.has(to.room)) return;
          for (const { event, payload, json, snapshot } of tellings) {
            io.local.to(to.room).emit(event, prepare(payload, snapshot === undefined ? json : `${json}${snapshotAt(snapshot)}}`));
          }
        },
      };
    },
    warn(state, threshold) {
      const holder = clockHolder(state);
      const { deadline_at, zero_at } = state;
      const ends = { deadline_at: deadline_at ?? state.updated_at, ...(zero_at == null ? {} : { zero_at }) };
      metrics.broadcasts.inc({ event: 'session:warning' });
      io.to(roomOf(state)).emit('session:warning', { ...envelope(state), ...holder, threshold_ms: threshold, ...ends });
    },
    warnOfClocks(state, { threshold_ms, threshold_percent, deadline_at, zero_at, participant_ids }) {
      const part = threshold_percent === undefined ? {} : { threshold_percent };
      const about = {
        ...envelope(state),
        group_id: null,
        threshold_ms,
        ...part,
        deadline_at,
        ...(zero_at === undefined ? {} : { zero_at }),
      };
      const told = participant_ids.length > WARNED_ONE_BY_ONE ? [null] : participant_ids;
      for (const participant_id of told) {
        metrics.broadcasts.inc({ event: 'session:warning' });
        const all = participant_id === null ? { participant_ids } : {};
        io.to(roomOf(state)).emit('session:warning', { ...about, participant_id, ...all });
      }
    },
    message(state, message, arrival, actor) {
      const event = 'session:message';
      metrics.broadcasts.inc({ event });
      const { session_id } = state;
      const payload = JSON.stringify({ session_id, message, arrived_at_ms: arrival, server_time_ms: Math.floor(now()), actor });
      return publicationOf({ ...wayTo(state, true), event, payload, withState: false });
    },
  };
}
