import type { Server, Socket } from 'socket.io';
import { iso, ruleOf } from '#arithmetic';
import type { ClientToServerEvents, ServerToClientEvents, SessionState } from '#contract';
import type { SessionEvent } from '../../domain/draft.ts';
import type { Rooms } from '../../engine/ports.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Principal } from '../access/principal.ts';

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

const PREFIX = 's/';
/** The sharded adapter takes any room name of this length for a socket's own room. */
const SOCKET_ID_LENGTH = 20;

/** Whoever was away for longer than this many events of one commit needs the outcome, not the story. */
const TOLD_ONE_BY_ONE = 10;

/** The room of a session. Ids hold no `/`, so the longer form can't be mistaken for another session's. */
export function roomOf(sessionId: string): string {
  const room = PREFIX + sessionId;
  return room.length === SOCKET_ID_LENGTH ? `s//${sessionId}` : room;
}

/** The session of a room; undefined for a socket's own room. */
export function sessionOf(room: string): string | undefined {
  return room.startsWith(PREFIX) ? room.slice(room.lastIndexOf('/') + 1) : undefined;
}

/** Tells the sockets of a session, on all instances, what happened to it. */
export function createRooms(io: IoServer, now: () => number, metrics: Metrics): Rooms {
  const send = <Event extends keyof ServerToClientEvents>(
    sessionId: string,
    event: Event,
    ...payload: Parameters<ServerToClientEvents[Event]>
  ): void => {
    metrics.broadcasts.inc({ event });
    io.to(roomOf(sessionId)).emit(event, ...payload);
  };
  const envelope = ({ session_id, epoch, version }: SessionState) => ({
    session_id,
    epoch,
    version,
    server_time_ms: Math.floor(now()),
  });

  const publishOne = (event: SessionEvent): void => {
    const { event_type, state } = event;
    if (event_type === 'session_created') return;
    if (event_type === 'session_deleted') {
      // Whoever is told leaves the room with it (seats.ts).
      send(state.session_id, 'session:deleted', envelope(state));
      return;
    }
    send(state.session_id, 'session:update', { ...envelope(state), event_type, state });
    if (event.expired === undefined) return;
    send(state.session_id, 'session:expired', {
      ...envelope(state),
      expired_participant_id: event.expired.participant_id,
      expired_group_id: event.expired.group_id,
      expired_at: iso(event.at),
      action_applied: state.action_on_timeout,
    });
  };

  return {
    publish: (events) => events.slice(events.length > TOLD_ONE_BY_ONE ? -1 : 0).forEach(publishOne),
    warn(state, threshold) {
      const holder = ruleOf(state).holder(state);
      const deadline_at = state.deadline_at ?? state.updated_at;
      send(state.session_id, 'session:warning', { ...envelope(state), ...holder, threshold_ms: threshold, deadline_at });
    },
    message(sessionId, message) {
      send(sessionId, 'session:message', { session_id: sessionId, message, server_time_ms: Math.floor(now()) });
    },
  };
}
