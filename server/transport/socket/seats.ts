import { StoreUnavailableError } from '../../engine/ports.ts';
import type { Seat } from '../commands.ts';
import type { Healing } from './healing.ts';
import { type GatewaySocket, roomOf } from './rooms.ts';

/** A join that Redis does not confirm within this time is refused, so that nobody waits in an outage. */
const SUBSCRIBE_TIMEOUT_MS = 1_500;

export interface SeatOptions {
  /** Resolves once Redis has confirmed the subscription to a room. */
  subscribed(room: string): Promise<void>;
  healing: Pick<Healing, 'synced'>;
}

/** Joins of one socket to one room that are not answered yet. */
interface Joining {
  count: number;
  /** Whether the socket is in the room whatever becomes of them. */
  stays: boolean;
}

/** A socket's places in session rooms. Its commands run side by side, so a refused join must not undo one that was acknowledged, nor outlive a later leave. */
export function seatOf(socket: GatewaySocket, { subscribed, healing }: SeatOptions): Seat {
  const joinings = new Map<string, Joining>();

  const begin = (sessionId: string, room: string): Joining => {
    const isIn = socket.rooms.has(room);
    let joining = joinings.get(sessionId);
    // Out of the room again: it was left or the session deleted, and what was under way before counts no more.
    if (joining === undefined || !isIn) joinings.set(sessionId, (joining = { count: 0, stays: isIn }));
    joining.count += 1;
    return joining;
  };

  return {
    async join(sessionId, work) {
      const room = roomOf(sessionId);
      if (!socket.connected) return work();
      const joining = begin(sessionId, room);
      try {
        await socket.join(room);
        await within(SUBSCRIBE_TIMEOUT_MS, subscribed(room)).catch((cause: unknown) => {
          throw new StoreUnavailableError('no subscription', { cause });
        });
        const outcome = await work();
        if (outcome.ok) {
          const { epoch, version } = outcome.state;
          joining.stays = true;
          healing.synced(sessionId, { epoch, version });
        }
        return outcome;
      } finally {
        joining.count -= 1;
        if (joining.count === 0 && joinings.get(sessionId) === joining) {
          joinings.delete(sessionId);
          if (!joining.stays) await socket.leave(room);
        }
      }
    },
    async leave(sessionId) {
      joinings.delete(sessionId);
      await socket.leave(roomOf(sessionId));
    },
  };
}

/** Rejects when the work takes longer than `ms`. */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
