import { setTimeout as wait } from 'node:timers/promises';
import { catchUp, nextOverdue } from '../domain/catch-up.ts';
import { crossed } from '../domain/warnings.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Alarms } from './alarms.ts';
import type { Clock } from './clock.ts';
import { attentionAt, type Committed, type Committer } from './committer.ts';
import type { Liveness } from './liveness.ts';
import { isLive } from './outcome.ts';
import type { CommandKey, LiveSession, Rooms, SessionStore } from './ports.ts';

/** Cycles that ran out are caught up on in commits of this many, however long nobody was there. */
const EVENTS_A_COMMIT = 1000;

export interface ExpirerOptions {
  store: SessionStore;
  rooms: Rooms;
  committer: Committer;
  alarms: Alarms;
  clock: Clock;
  liveness: Liveness;
  graceMs: number;
  metrics: Metrics;
  logger: Logger;
}

/** Lets clocks run out, warns before they do, and takes outages into account. Any instance may ask; the commit decides. */
export class Expirer {
  readonly #options: ExpirerOptions;

  constructor(options: ExpirerOptions) {
    this.#options = options;
  }

  /**
   * Commits what is overdue up to `until` (Unix ms): outages, and expiries whose grace is over, after waiting for the first one's to end.
   * A `command` that ends here is remembered with it. Returns what came of the first commit; more may be overdue.
   */
  async catchUp(session: LiveSession, until: number, command?: CommandKey): Promise<Committed> {
    const { committer, clock, liveness, graceMs, metrics } = this.#options;
    const { state } = session;
    const firstDeadline = nextOverdue(state, until, liveness.outages) === 'expiry' ? Date.parse(state.deadline_at ?? '') : 0;
    for (let redone = false; ; redone = true) {
      await this.#reach(firstDeadline + graceMs);
      const now = clock.now();
      const horizon = Math.max(firstDeadline, Math.min(until, Math.floor(now) - graceMs));
      const events = catchUp(state, horizon, EVENTS_A_COMMIT, liveness.outages);
      const result = await committer.commit({ base: session, events, instant: Math.floor(now), command });
      if (result.outcome === 'committed') {
        for (const event of events) if (event.expired !== undefined) metrics.expiryLateness.observe(Math.max(0, now - event.at - graceMs));
      }
      if (result.outcome !== 'clock' || redone) return result;
      metrics.clockRefusals.inc();
      await clock.sample();
    }
  }

  /** Does what is due for a session: sends warnings, commits expiries. For alarms and the sweep. */
  async attend(sessionId: string): Promise<void> {
    const { store, clock, liveness, graceMs } = this.#options;
    await liveness.beSure();
    let { session } = await store.load(sessionId);
    if (session === null) return store.forget(sessionId);
    while (isLive(session) && nextOverdue(session.state, clock.now() - graceMs, liveness.outages) !== undefined) {
      const result: Committed = await this.catchUp(session, Math.floor(clock.now()));
      if (result.outcome === 'clock') throw new Error('the clock of this instance is not in step');
      session = result.session;
    }
    if (isLive(session)) await this.#warn(session);
  }

  async #warn(session: LiveSession): Promise<void> {
    const { store, rooms, alarms, clock, graceMs } = this.#options;
    const due = crossed(session.state, session.warnings, clock.now());
    const rest = { ...session, warnings: session.warnings.filter((threshold) => !due.includes(threshold)) };
    const attention = attentionAt(rest, graceMs);
    const claimed = await store.attend(session, due, attention);
    for (const threshold of claimed) rooms.warn(session.state, threshold);
    if (due.length > 0) alarms.set(session.state.session_id, attention);
  }

  /** Waits until the clock has reached an instant; timers may fire early. */
  async #reach(instant: number): Promise<void> {
    const { clock } = this.#options;
    for (let left = instant - clock.now(); left > 0; left = instant - clock.now()) await wait(Math.ceil(left));
  }
}
