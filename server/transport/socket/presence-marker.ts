import { IDLE_END_MIN_MS, type SessionState } from '#contract';
import type { Presence, SessionStore } from '../../engine/ports.ts';
import type { Logger } from '../../observability/logger.ts';
import { every } from '../../util/every.ts';
import { type IoServer, whoseRoom } from './rooms.ts';

const LOOK_INTERVAL_MS = 1_000;
const MARK_INTERVAL_MS = 60_000;
const BATCH = 100;

export interface PresenceMarkerOptions {
  io: IoServer;
  store: Pick<SessionStore, 'positions'>;
  presence: Pick<Presence, 'mark'>;
  /** How long a session runs without a command and a connection if it does not say so itself, ms; 0 for ever. */
  idleRunMs: number;
  /** The state of a session that this instance remembers. */
  remembered(sessionId: string): SessionState | undefined;
  /** Unix ms. */
  now(): number;
  logger: Logger;
}

/**
 * Says of running sessions that have a socket here that somebody is connected: within a second of the first socket,
 * then each minute, or more often if a session ends sooner than in three minutes for want of anybody.
 */
export class PresenceMarker {
  readonly #options: PresenceMarkerOptions;
  /** When each session with a socket was last looked at, Unix ms. */
  #marked = new Map<string, number>();
  readonly #stop = new AbortController();
  #repeating: Promise<void> = Promise.resolve();

  constructor(options: PresenceMarkerOptions) {
    this.#options = options;
  }

  /** Begins to mark the sessions of connected sockets. */
  start(): void {
    this.#repeating = every(
      LOOK_INTERVAL_MS,
      this.#stop.signal,
      () => this.#mark(),
      (error) => this.#options.logger.debug({ err: error }, 'could not say which sessions have sockets'),
    );
  }

  /** Ends the marking; resolves when the present round is over. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#repeating;
  }

  /** How often a session has to be marked, ms. One of which nothing is known may be one that ends soonest. */
  #intervalOf(sessionId: string): number {
    const { idleRunMs, remembered } = this.#options;
    const state = remembered(sessionId);
    const byServer = idleRunMs === 0 ? Number.POSITIVE_INFINITY : idleRunMs;
    const idleMs = state === undefined ? Math.min(byServer, IDLE_END_MIN_MS) : (state.idle_end_ms ?? byServer);
    return Math.min(MARK_INTERVAL_MS, idleMs / 3);
  }

  async #mark(): Promise<void> {
    const { io, store, presence, now } = this.#options;
    const known = this.#marked;
    this.#marked = new Map();
    const due: string[] = [];
    for (const room of io.of('/').adapter.rooms.keys()) {
      const sessionId = whoseRoom(room)?.sessionId;
      if (sessionId === undefined) continue;
      const marked = known.get(sessionId);
      if (marked !== undefined && now() - marked < this.#intervalOf(sessionId)) this.#marked.set(sessionId, marked);
      else due.push(sessionId);
    }
    for (let from = 0; from < due.length; from += BATCH) {
      const batch = due.slice(from, from + BATCH);
      const positions = await store.positions(batch);
      const instant = now();
      // To start or to resume is a command, so nothing has to be known of what does not run.
      await presence.mark(
        batch.filter((_, index) => positions[index]?.status === 'running'),
        instant,
      );
      for (const [index, sessionId] of batch.entries()) if (positions[index] !== undefined) this.#marked.set(sessionId, instant);
    }
  }
}
