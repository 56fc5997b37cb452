import { isLarge } from '../../domain/changes.ts';
import { StoreUnavailableError } from '../../engine/ports.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { patientTimeout } from '../../util/patient-timeout.ts';
import type { Seat } from '../commands.ts';
import { limited } from '../limits.ts';
import type { ChangeRelay } from './change-relay.ts';
import type { Healing } from './healing.ts';
import { changesRoomOf, type GatewaySocket, roomOf } from './rooms.ts';

/** A join that Redis does not confirm within this time is refused, so that nobody waits in an outage. */
const SUBSCRIBE_TIMEOUT_MS = 1_500;

export interface SeatOptions {
  /** Resolves once Redis has confirmed the subscription to a room; null where it stands. */
  subscribed(room: string): Promise<void> | null;
  healing: Pick<Healing, 'synced'>;
  changes: Pick<ChangeRelay, 'seated'>;
  metrics: Metrics;
  /** Sockets of a session on this instance; 0 for any number. */
  sessionSocketLimit: number;
}

/** Joins of one socket to one room that are not answered yet. */
interface Joining {
  count: number;
  /** Whether the socket is in the room whatever becomes of them. */
  stays: boolean;
  /** The newest epoch whose deletion was told meanwhile. */
  deleted: number;
}

export interface SocketSeat extends Seat {
  /** The socket is being told of a deletion, after which it is in the room no more; unless it has joined a newer session of that id already. */
  deleted(position: { session_id: string; epoch: number }): void;
}

/**
 * A socket's places in session rooms. Its commands run side by side, so a refused join must not undo one that was acknowledged, nor outlive a later leave;
 * and what instances tell each other may come late.
 */
export function seatOf(socket: GatewaySocket, { subscribed, healing, changes, metrics, sessionSocketLimit }: SeatOptions): SocketSeat {
  const joinings = new Map<string, Joining>();
  /** The epochs of the sessions that were joined. */
  const epochs = new Map<string, number>();

  const begin = (sessionId: string, room: string): Joining => {
    const isIn = socket.rooms.has(room);
    let joining = joinings.get(sessionId);
    // Out of the room again: it was left or the session deleted, and what was under way before counts no more.
    if (joining === undefined || !isIn) joinings.set(sessionId, (joining = { count: 0, stays: isIn, deleted: 0 }));
    joining.count += 1;
    return joining;
  };

  const leave = async (sessionId: string) => {
    await Promise.all([socket.leave(roomOf(sessionId)), socket.leave(changesRoomOf(sessionId))]);
  };

  return {
    async join(sessionId, work, deltas) {
      const room = roomOf(sessionId);
      if (!socket.connected) return work();
      const sockets = socket.nsp.adapter.rooms.get(room);
      if (sessionSocketLimit > 0 && sockets !== undefined && sockets.size >= sessionSocketLimit && !sockets.has(socket.id)) {
        return limited('session_sockets', metrics);
      }
      const joining = begin(sessionId, room);
      const changesRoom = changesRoomOf(sessionId);
      const hadChanges = socket.rooms.has(changesRoom);
      let isSeated = false;
      try {
        // In the room before anything else of this socket has its turn.
        const seated = socket.join(deltas === true ? [room, changesRoom] : room);
        if (deltas === false) await socket.leave(changesRoom);
        await seated;
        const confirmed = subscribed(room);
        if (confirmed !== null) {
          await within(SUBSCRIBE_TIMEOUT_MS, confirmed).catch((cause: unknown) => {
            throw new StoreUnavailableError('no subscription', { cause });
          });
        }
        const outcome = await work();
        if (outcome.ok) {
          const { epoch, version } = outcome.state;
          if (epoch > joining.deleted) {
            joining.stays = true;
            if (joinings.get(sessionId) === joining) epochs.set(sessionId, epoch);
          }
          healing.synced(sessionId, { epoch, version });
          if (isLarge(outcome.state)) changes.seated(outcome.state);
          isSeated = true;
        }
        return outcome;
      } finally {
        joining.count -= 1;
        if (joining.count === 0 && joinings.get(sessionId) === joining) {
          joinings.delete(sessionId);
          if (!joining.stays) await leave(sessionId);
        }
        if (!isSeated && deltas !== undefined && socket.rooms.has(room)) {
          await (hadChanges ? socket.join(changesRoom) : socket.leave(changesRoom));
        }
      }
    },
    async leave(sessionId) {
      joinings.delete(sessionId);
      epochs.delete(sessionId);
      await leave(sessionId);
    },
    deleted({ session_id, epoch }) {
      if ((epochs.get(session_id) ?? 0) > epoch) return;
      epochs.delete(session_id);
      const joining = joinings.get(session_id);
      if (joining === undefined) {
        void leave(session_id);
      } else {
        joining.stays = false;
        joining.deleted = Math.max(joining.deleted, epoch);
      }
    },
  };
}

/** Rejects when the work takes longer than `ms`. */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    patientTimeout(
      ms,
      (next) => (timer = next),
      () => reject(new Error(`no answer within ${ms} ms`)),
    );
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
