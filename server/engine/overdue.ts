import { nextOverdue } from '../domain/catch-up.ts';
import { idleEnd } from '../domain/idle.ts';
import type { Liveness } from './liveness.ts';
import type { LiveSession, Presence } from './ports.ts';

export interface OverdueOptions {
  liveness: Pick<Liveness, 'outages'>;
  presence: Pick<Presence, 'last'>;
  /** How long a session runs without a command and a connection if it does not say so itself, ms; 0 for ever. */
  idleRunMs: number;
}

/** Finds what happens to sessions without a command: planned starts, expiries, outages, the end of idle sessions. */
export class Overdue {
  readonly #options: OverdueOptions;

  constructor(options: OverdueOptions) {
    this.#options = options;
  }

  /**
   * What is overdue by `until` (Unix ms), as far as this instance knows; see `nextOverdue`. 'idle' must be checked by
   * `look` first.
   */
  next(session: LiveSession, until: number): ReturnType<typeof nextOverdue> {
    return nextOverdue(session.state, until, this.#options.liveness.outages, this.idleEnd(session));
  }

  /** When an idle session ends, Unix ms, as far as this instance knows, so never too late; Infinity for never. */
  idleEnd({ state, expiredSince, seen = 0 }: LiveSession): number {
    const { idleRunMs, liveness } = this.#options;
    const idleMs = state.idle_end_ms ?? idleRunMs;
    if (idleMs === 0 || state.status !== 'running') return Number.POSITIVE_INFINITY;
    // An expiry does not show that somebody plays; any other event does.
    const played = expiredSince?.at ?? Date.parse(state.updated_at);
    // A stopwatch that was brought back may have had connections until then that are not known any more. For a
    // countdown the expiries tell.
    const broughtBack = state.deadline_at === null && state.epoch > Date.parse(state.created_at) ? state.epoch : 0;
    const active = Math.max(seen, played, broughtBack);
    return idleEnd(active, idleMs, liveness.outages);
  }

  /**
   * The session with the instant of its last connection, if it may have ended as idle by `until` (Unix ms). Throws
   * StoreUnavailableError.
   */
  async look(session: LiveSession, until: number): Promise<LiveSession> {
    if (this.idleEnd(session) > until) return session;
    return { ...session, seen: await this.#options.presence.last(session.state.session_id) };
  }
}
