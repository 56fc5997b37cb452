import { setTimeout as wait } from 'node:timers/promises';
import { expiries, isDue } from '../domain/expire.ts';
import { crossed } from '../domain/warnings.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Alarms } from './alarms.ts';
import type { Clock } from './clock.ts';
import { attentionAt, type Committed, type Committer } from './committer.ts';
import type { CommandKey, LiveSession, Rooms, SessionStore, StoredSession } from './ports.ts';

/** Cycles that ran out are caught up on in commits of this many, however long nobody was there. */
const EXPIRIES_A_COMMIT = 1000;

export interface ExpirerOptions {
  store: SessionStore;
  rooms: Rooms;
  committer: Committer;
  alarms: Alarms;
  clock: Clock;
  graceMs: number;
  metrics: Metrics;
  logger: Logger;
}

/** Lets clocks run out, and warns before they do. Any instance may ask; the commit decides. */
export class Expirer {
  readonly #options: ExpirerOptions;

  constructor(options: ExpirerOptions) {
    this.#options = options;
  }

  /**
   * Commits what ran out up to `until` (Unix ms), after waiting for the grace to end. A `command` that ends here is remembered with it.
   * Returns what came of the first commit; more may be due.
   */
  async expire(session: LiveSession, until: number, command?: CommandKey): Promise<Committed> {
    const { committer, clock, graceMs, metrics } = this.#options;
    const graceEnds = Date.parse(session.state.deadline_at ?? '') + graceMs;
    await this.#reach(graceEnds);
    for (let redone = false; ; redone = true) {
      const now = clock.now();
      const events = expiries(session.state, Math.max(graceEnds - graceMs, Math.min(until, Math.floor(now) - graceMs)), EXPIRIES_A_COMMIT);
      const result = await committer.commit({ base: session, events, instant: Math.floor(now), command });
      if (result.outcome === 'committed') for (const event of events) metrics.expiryLateness.observe(Math.max(0, now - event.at - graceMs));
      if (result.outcome !== 'clock' || redone) return result;
      metrics.clockRefusals.inc();
      await clock.sample();
      await this.#reach(graceEnds);
    }
  }

  /** Does what is due for a session: sends warnings, commits expiries. For alarms and the sweep. */
  async attend(sessionId: string): Promise<void> {
    const { store, clock, graceMs } = this.#options;
    let { session } = await store.load(sessionId);
    if (session === null) return store.forget(sessionId);
    while (isLive(session) && isDue(session.state, clock.now() - graceMs)) {
      const result: Committed = await this.expire(session, Math.floor(clock.now()));
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

/** Whether there is a session that can be played. */
export function isLive(session: StoredSession | null): session is LiveSession {
  return session !== null && session.state !== null;
}
