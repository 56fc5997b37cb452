import { setTimeout as wait } from 'node:timers/promises';
import { crossings } from '../domain/clock-warnings.ts';
import { catchUp, nextOverdue } from '../domain/catch-up.ts';
import { isLarge } from '../domain/changes.ts';
import type { SessionEvent } from '../domain/event.ts';
import { isDue } from '../domain/expire.ts';
import { recordedChanges } from '../domain/recorded-changes.ts';
import { isScheduledStart } from '../domain/scheduled-start.ts';
import { SNAPSHOT_EVERY } from '../domain/snapshots.ts';
import { crossed } from '../domain/warnings.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Slice } from '../util/turns.ts';
import type { Alarms } from './alarms.ts';
import type { Clock } from './clock.ts';
import { nextDueAt, type Committed, type Committer, isLive } from './committer.ts';
import type { SessionCache } from './session-cache.ts';
import type { Liveness } from './liveness.ts';
import type { Overdue } from './overdue.ts';
import type { CommandKey, LiveSession, Rooms, SessionStore, StoredSession } from './ports.ts';

/**
 * A commit of overdue events ends when they have so many bytes, or with an event that carries a snapshot, since the
 * stored state is that snapshot.
 */
const COMMIT_BYTES = 256 * 1024;
/** About the size of an event without its metadata. */
const EVENT_BYTES = 1024;
/** Smaller corrections of the clock do not delay a deadline to the next sweep. */
const EARLY_MS = 50;

export interface ExpirerOptions {
  store: SessionStore;
  rooms: Rooms;
  committer: Committer;
  alarms: Alarms;
  cache: SessionCache;
  clock: Clock;
  liveness: Liveness;
  overdue: Overdue;
  graceMs: number;
  /** Whether events are written to the outbox. */
  audit: boolean;
  metrics: Metrics;
  logger: Logger;
}

/**
 * Commits planned starts and expiries, sends warnings, and takes outages into account. Every instance may try; the
 * commit decides which one does it.
 */
export class Expirer {
  readonly #options: ExpirerOptions;
  /** Commits of overdue events under way, by session. */
  readonly #underWay = new Map<string, { base: LiveSession; committed: Promise<Committed> }>();

  constructor(options: ExpirerOptions) {
    this.#options = options;
  }

  /**
   * Commits what is overdue up to `until` (Unix ms): a planned start, outages, expiries after waiting for the grace of
   * the first one, and the end of idle sessions. `session` must come from `Overdue.look` for the same instant. If a
   * `command` ends here, the last of these commits stores its idempotency record. Returns the result of the first
   * commit; more may be overdue.
   */
  async catchUp(session: LiveSession, until: number, command?: CommandKey): Promise<Committed> {
    const { session_id } = session.state;
    const known = this.#underWay.get(session_id);
    // The same question gets the same answer; only a command of its own makes a difference.
    if (command === undefined && known?.base.version === session.version && known.base.epoch === session.epoch) return known.committed;
    const committed = this.#commitOverdue(session, until, command);
    const mine = { base: session, committed };
    this.#underWay.set(session_id, mine);
    try {
      return await committed;
    } finally {
      if (this.#underWay.get(session_id) === mine) this.#underWay.delete(session_id);
    }
  }

  async #commitOverdue(session: LiveSession, until: number, command: CommandKey | undefined): Promise<Committed> {
    const { committer, clock, liveness, overdue, graceMs, metrics } = this.#options;
    const next = overdue.next(session, until);
    const { starts_at, deadline_at } = session.state;
    const due =
      next === 'start' || next === 'expiry'
        ? Date.parse((next === 'start' ? starts_at : deadline_at) ?? '')
        : next === 'idle'
          ? Math.min(until, overdue.idleEnd(session))
          : 0;
    await this.#reach(due + graceMs);
    const events = await this.#eventsUpTo(session, Math.max(due, Math.min(until, Math.floor(clock.now()) - graceMs)));
    const now = clock.now();
    const last = events.at(-1);
    const endsHere =
      last?.expired !== undefined && nextOverdue(last.state, until, liveness.outages, overdue.idleEnd(session)) === undefined;
    const result = await committer.commit({ base: session, events, instant: Math.floor(now), command: endsHere ? command : undefined });
    if (result.outcome === 'committed') {
      const isPunctual = (event: SessionEvent) => event.expired !== undefined || isScheduledStart(event);
      for (const event of events) if (isPunctual(event)) metrics.expiryLateness.observe(Math.max(0, now - event.at - graceMs));
    }
    return result;
  }

  /**
   * The overdue events that fit in one commit. However many there are, other work gets its turn: what they changed is
   * computed here too, since the commit can't be interrupted.
   */
  async #eventsUpTo(session: LiveSession, until: number): Promise<SessionEvent[]> {
    const { liveness, overdue, audit } = this.#options;
    const events: SessionEvent[] = [];
    const slice = new Slice();
    let bytes = 0;
    let before = session.state;
    for (const event of catchUp(session.state, until, liveness.outages, overdue.idleEnd(session))) {
      events.push(event);
      if (audit && isLarge(event.state)) event.changes = JSON.stringify(recordedChanges(before, event.state));
      before = event.state;
      bytes += EVENT_BYTES + JSON.stringify(event.metadata).length;
      if (bytes >= COMMIT_BYTES || event.state.version % SNAPSHOT_EVERY === 0) break;
      // A command that came after a start goes on from the started session, whatever ran out in it since.
      if (isScheduledStart(event)) break;
      if (slice.isOver) await slice.next();
    }
    return events;
  }

  /**
   * Does what is due for a session: starts it, sends warnings, commits expiries, ends an idle one. For alarms and the
   * sweep.
   */
  async handleDue(sessionId: string): Promise<void> {
    const { store, cache, clock, liveness, overdue, graceMs, metrics } = this.#options;
    await liveness.beSure();
    const isOverdue = (one: LiveSession, now: number) => overdue.next(one, now - graceMs) !== undefined;
    const cached = cache.get(sessionId);
    // The commit checks whether the expiry is still due.
    let session: StoredSession | null =
      cached !== undefined && isOverdue(cached, clock.now()) ? cached : (await store.load(sessionId)).session;
    if (session === null) return store.forget(sessionId);
    let redone = false;
    let caughtUp = false;
    while (isLive(session)) {
      const now = Math.floor(clock.now());
      const looked = await overdue.look(session, now);
      if (!isOverdue(looked, now)) {
        // The present version's commit has set when it is due next.
        if (!caughtUp) await this.#warn(looked);
        return;
      }
      const result: Committed = await this.catchUp(looked, now);
      if (result.outcome !== 'clock') {
        session = result.session;
        caughtUp = true;
        continue;
      }
      metrics.clockRefusals.inc();
      if (redone) throw new Error('the clock of this instance is not in step');
      redone = true;
      await clock.sample();
    }
  }

  async #warn(session: LiveSession): Promise<void> {
    if (session.state.concurrent === true) return this.#warnOfClocks(session);
    const { store, rooms, alarms, cache, clock, overdue, graceMs } = this.#options;
    const { state, version, epoch, warnings } = session;
    const now = clock.now();
    // During the grace the clock does not run any more, so there is nothing to warn of.
    const over = isDue(state, now);
    const due = over ? [] : crossed(state, warnings, now);
    const left = warnings.filter((threshold) => !due.includes(threshold));
    const nextDue = nextDueAt({ ...session, warnings: over ? [] : left }, graceMs, () => overdue.idleEnd(session));
    const claimed = await store.claimWarnings(session, due, nextDue);
    if (claimed === null) return;
    for (const threshold of claimed) rooms.warn(state, threshold);
    // A commit uses the session cache, which may contain warnings that were sent since. Its alarm then rang for one of
    // those.
    const known = cache.get(state.session_id);
    const misled = known?.version === version && known.epoch === epoch && known.warnings.length > warnings.length;
    cache.refresh({ ...session, warnings: left });
    // The instance that warned keeps the alarm for this clock. An alarm that rang a moment early, because the clock was
    // set back a little, is set again.
    if (due.length > 0 || misled || (nextDue !== null && nextDue - now < EARLY_MS)) alarms.set(state.session_id, nextDue);
  }

  /** As `#warn`, of the clocks of a concurrent session. */
  async #warnOfClocks(session: LiveSession): Promise<void> {
    const { store, rooms, alarms, cache, clock, overdue, graceMs } = this.#options;
    const { state, warnings } = session;
    const now = Math.floor(clock.now());
    const due = crossings(state, Math.max(...warnings), now);
    const warned = due.length === 0 ? session : { ...session, warnings: [now] };
    const nextDue = nextDueAt(warned, graceMs, () => overdue.idleEnd(session));
    if (due.length === 0) await store.claimWarnings(session, [], nextDue);
    else if (!(await store.claimUntil(session, now, nextDue))) return;
    // During the grace a clock does not run any more, so there is nothing to warn of.
    for (const crossing of due) if (Date.parse(crossing.deadline_at) > now) rooms.warnOfClocks(state, crossing);
    cache.refresh(warned);
    alarms.set(state.session_id, nextDue);
  }

  /** Waits until the clock has reached an instant; timers may fire early. */
  async #reach(instant: number): Promise<void> {
    const { clock } = this.#options;
    for (let left = instant - clock.now(); left > 0; left = instant - clock.now()) await wait(Math.ceil(left));
  }
}
