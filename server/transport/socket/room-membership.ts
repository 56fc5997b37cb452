import { isLarge } from '../../domain/changes.ts';
import type { Outcome } from '../../engine/command-context.ts';
import type { SessionIncarnation } from '../../engine/incarnation.ts';
import { StoreUnavailableError } from '../../engine/ports.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { within } from '../../util/within.ts';
import { limited } from '../limits.ts';
import type { RoomMembership } from '../room-membership.ts';
import type { ChangeRelay } from './change-relay.ts';
import type { Healing } from './healing.ts';
import { changesRoomOf, type GatewaySocket, roomOf, whoseRoom } from './rooms.ts';
import type { StandingRooms } from './standing-rooms.ts';

/** A join that Redis does not confirm within this time is refused, so that nobody waits in an outage. */
const SUBSCRIBE_TIMEOUT_MS = 1_500;

export interface MembershipOptions {
  /** Resolves once Redis has confirmed the subscription to a room; null if it is confirmed already. */
  subscribed(room: string): Promise<void> | null;
  standing: StandingRooms;
  healing: Pick<Healing, 'synced'>;
  changes: Pick<ChangeRelay, 'joined'>;
  metrics: Metrics;
  /** Sockets of a session on this instance; 0 for any number. */
  sessionSocketLimit: number;
}

/** The rooms of sockets that asked for changes, in the first form and in the second. */
function changesRoomsOf(room: string): string[] {
  return [changesRoomOf(room), changesRoomOf(room, 2)];
}

const late = () => {
  throw new Error(`no answer within ${SUBSCRIBE_TIMEOUT_MS} ms`);
};

/** A command that is not answered yet and may enter a room. */
interface Joining {
  /** Whether the session was left since the command came. */
  isLeft: boolean;
  /** Resolves when it has ended. */
  ended: Promise<unknown>;
}

/** The commands of one socket that are in one room. */
interface Stay {
  count: number;
  /** Whether the socket stays in the room, whatever the result of those commands. */
  stays: boolean;
}

export interface SocketMembership extends RoomMembership {
  /** Called when the socket is told that a room's session was deleted; the socket leaves the room. */
  dissolved(room: string): void;
  /** Resolves when all running commands have ended that may enter a room. */
  settled(): Promise<void>;
}

/**
 * A socket's membership of session rooms. Its commands run side by side, so a refused join must not undo an
 * acknowledged one, nor a later leave; and messages between instances may come late.
 */
export function membershipOf(socket: GatewaySocket, options: MembershipOptions): SocketMembership {
  const { subscribed, standing, healing, changes, metrics, sessionSocketLimit } = options;
  const joinings = new Map<string, Set<Joining>>();
  const stays = new Map<string, Stay>();

  const begin = (room: string): Stay => {
    const isIn = socket.rooms.has(room);
    let stay = stays.get(room);
    // The room was left or dissolved meanwhile, so commands that began before no longer count.
    if (stay === undefined || !isIn) stays.set(room, (stay = { count: 0, stays: isIn }));
    stay.count += 1;
    return stay;
  };

  const leave = async (room: string) => {
    stays.delete(room);
    await Promise.all([room, ...changesRoomsOf(room)].map(async (name) => socket.leave(name)));
  };

  const leaveAll = async (rooms: readonly string[]) => {
    for (const name of rooms) if (socket.rooms.has(name)) await socket.leave(name);
  };

  const isFull = (room: string) => {
    const sockets = socket.nsp.adapter.rooms.get(room);
    return sessionSocketLimit > 0 && sockets !== undefined && sockets.size >= sessionSocketLimit && !sockets.has(socket.id);
  };

  const enter = async (
    session: SessionIncarnation,
    work: () => Promise<Outcome>,
    joining: Joining,
    deltas?: boolean | 2,
  ): Promise<Outcome> => {
    if (!socket.connected || joining.isLeft) return work();
    const room = roomOf(session);
    if (isFull(room)) return limited('session_sockets', metrics);
    const stay = begin(room);
    const changesRooms = changesRoomsOf(room);
    const had = changesRooms.filter((name) => socket.rooms.has(name));
    const wanted = changesRooms.slice(0, Number(deltas ?? 0));
    let isMember = false;
    try {
      // In the room before any other command of this socket runs.
      const joined = socket.join([room, ...wanted]);
      if (deltas !== undefined) await leaveAll(changesRooms.filter((name) => !wanted.includes(name)));
      await joined;
      // If it has left meanwhile, there is no subscription to wait for.
      const confirmed = socket.rooms.has(room) ? subscribed(room) : null;
      if (confirmed !== null) {
        await within(SUBSCRIBE_TIMEOUT_MS, confirmed, late).catch((cause: unknown) => {
          throw new StoreUnavailableError('no subscription', { cause });
        });
      }
      const outcome = await work();
      // The room may have been left, or the socket closed, meanwhile. Then no room exists, and nothing would ever
      // remove what is kept for it.
      if (outcome.ok && roomOf(outcome.state) === room && socket.rooms.has(room)) {
        stay.stays = true;
        standing.know(outcome.state);
        healing.synced(room, outcome.state);
        if (isLarge(outcome.state)) changes.joined(outcome.state);
        isMember = true;
      }
      return outcome;
    } finally {
      stay.count -= 1;
      if (stay.count === 0 && stays.get(room) === stay) {
        stays.delete(room);
        if (!stay.stays) await leave(room);
      }
      if (!isMember && deltas !== undefined && socket.rooms.has(room)) {
        await socket.join(had);
        await leaveAll(changesRooms.filter((name) => !had.includes(name)));
      }
    }
  };

  return {
    known: (sessionId) => standing.of(sessionId),
    async join(sessionId, work, deltas) {
      const joining: Joining = { isLeft: false, ended: Promise.resolve() };
      const underWay = joinings.get(sessionId) ?? new Set();
      joinings.set(sessionId, underWay.add(joining));
      const working = work((session, inside) => enter(session, inside, joining, deltas)).finally(() => {
        underWay.delete(joining);
        if (underWay.size === 0 && joinings.get(sessionId) === underWay) joinings.delete(sessionId);
      });
      joining.ended = working.catch(() => {});
      return working;
    },
    async leave(sessionId) {
      for (const joining of joinings.get(sessionId) ?? []) joining.isLeft = true;
      const rooms = [...socket.rooms].filter((room) => whoseRoom(room)?.sessionId === sessionId);
      await Promise.all(rooms.map(leave));
    },
    dissolved(room) {
      void leave(room);
    },
    async settled() {
      await Promise.all([...joinings.values()].flatMap((underWay) => [...underWay].map(({ ended }) => ended)));
    },
  };
}
