import { nextOverdue } from '../domain/catch-up.ts';
import { idleEnd } from '../domain/idle.ts';
import type { Liveness } from './liveness.ts';
import type { LiveSession, Presence } from './ports.ts';

export interface OverdueOptions {
  liveness: Pick<Liveness, 'outages'>;
  presence: Pick<Presence, 'last'>;
  /** How long a session runs without a command and a connection, ms; 0 for ever. */
  idleRunMs: number;
}

/** What happens to sessions without anybody asking: expiries, outages, and that one which nobody plays ends. */
export class Overdue {
  readonly #options: OverdueOptions;

  constructor(options: OverdueOptions) {
    this.#options = options;
  }

  /**
   * What is overdue by `until` (Unix ms), as far as is known here; see `nextOverdue`. 'idle' has to be looked into
   * before it counts.
   */
  next(session: LiveSession, until: number): ReturnType<typeof nextOverdue> {
    return nextOverdue(session.state, until, this.#options.liveness.outages, this.idleEnd(session));
  }

  /**
   * When a session ends for want of anybody, Unix ms, as far as is known here, so never too late; Infinity for never.
   */
  idleEnd({ state, expiredSince, seen = 0 }: LiveSession): number {
    const { idleRunMs, liveness } = this.#options;
    if (idleRunMs === 0 || state.status !== 'running') return Number.POSITIVE_INFINITY;
    // Expiries make no session that somebody plays; any other event does.
    const played = expiredSince?.at ?? Date.parse(state.updated_at);
    // A stopwatch that was brought back may have had connections until then, of which nothing is known any more. A
    // countdown has expiries to tell by.
    const broughtBack = state.deadline_at === null && state.epoch > Date.parse(state.created_at) ? state.epoch : 0;
    const active = Math.max(seen, played, broughtBack);
    return idleEnd(active, idleRunMs, liveness.outages);
  }

  /**
   * The session with the instant at which somebody was last connected, where it may have ended by `until` (Unix ms)
   * without. Throws StoreUnavailableError.
   */
  async look(session: LiveSession, until: number): Promise<LiveSession> {
    if (this.idleEnd(session) > until) return session;
    return { ...session, seen: await this.#options.presence.last(session.state.session_id) };
  }
}
