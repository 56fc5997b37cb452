import { modeOf, startOf } from '#clock';
import type { EventType } from '#contract';
import { nextCrossing, warnedUntil } from '../domain/clock-warnings.ts';
import type { SessionEvent } from '../domain/event.ts';
import { nextEpoch } from '../domain/recover.ts';
import { isScheduledStart } from '../domain/scheduled-start.ts';
import { undoHistoryAfter, type UndoHistory } from '../domain/undo.ts';
import { crossed, thresholdsAhead, thresholdsLifted, zeroOf } from '../domain/warnings.ts';
import type { Alarms } from './alarms.ts';
import type { SessionCache } from './session-cache.ts';
import { lifetimeOf, TOMBSTONE_MS } from './lifetime.ts';
import type { CommandKey, Commit, CommitResult, LiveSession, Rooms, SessionStore, StoredSession } from './ports.ts';
import type { Overdue } from './overdue.ts';

export interface CommitterOptions {
  store: SessionStore;
  rooms: Rooms;
  alarms: Alarms;
  cache: SessionCache;
  overdue: Overdue;
  /** How long an idle session stays in Redis, ms. */
  idleMs: number;
  /** How long after its deadline an expiry waits for commands that arrived before it, ms. */
  graceMs: number;
  /** Whether events are written to the outbox. */
  audit: boolean;
}

export interface Proposal {
  /** The session on which the decision was made; null for a new one. */
  base: StoredSession | null;
  events: SessionEvent[];
  /** The instant that was judged, Unix ms; of several commands the latest. */
  instant: number;
  /** Of several commands the earliest instant that was judged, Unix ms. */
  oldest?: number;
  command: CommandKey | undefined;
  /** Where each event is that of another command: their keys, at the places of the events. */
  commands?: readonly (CommandKey | undefined)[];
}

/** The store's result; after a commit with the session as it is now. */
export type Committed =
  | Exclude<CommitResult, { outcome: 'committed' | 'other_run' | 'behind' }>
  | { outcome: 'committed'; session: LiveSession };

/** Whether the session exists and was not deleted. */
export function isLive(session: StoredSession | null): session is LiveSession {
  return session !== null && session.state !== null;
}

/**
 * When a session is due next, Unix ms: at its planned start after the grace; at its next warning, or at its expiry
 * after the grace; if nothing can expire, at its end as idle session; null for never.
 */
export function nextDueAt({ state, warnings }: LiveSession, graceMs: number, idleEnd: () => number): number | null {
  const start = startOf(state);
  // A closing that comes before that cancels the session.
  if (start !== null && (state.deadline_at === null || start <= Date.parse(state.deadline_at))) return start + graceMs;
  if (state.concurrent === true && state.deadline_at !== null) {
    const falls = Date.parse(state.deadline_at) + graceMs;
    return Math.min(falls, nextCrossing(state, Math.max(...warnings)) ?? falls);
  }
  const zero = zeroOf(state);
  if (state.deadline_at === null || zero === null) {
    const end = idleEnd();
    return Number.isFinite(end) ? end + graceMs : null;
  }
  return warnings.length === 0 ? Date.parse(state.deadline_at) + graceMs : zero - Math.max(...warnings);
}

/** Commits decisions, tells the room what went through, and sets the alarm for what is due next. */
export class Committer {
  readonly #options: CommitterOptions;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /**
   * Commits events in one step. Afterwards the rooms are told, the session is cached and its alarm is set. Rejects with
   * StoreUnavailableError when Redis does not answer; the outcome is then unknown.
   */
  async commit({ base, events, instant, oldest, command, commands }: Proposal): Promise<Committed> {
    const { store, rooms, alarms, cache, overdue, idleMs, graceMs, audit } = this.#options;
    const last = events.at(-1);
    if (last === undefined) throw new Error('nothing to commit');
    // The trail may lack the session's last versions, which a client may have seen.
    if (base?.archived === true) beginEpoch(events, nextEpoch(base.epoch, instant));
    const sameClock = last.state.concurrent === true || runsOn(base, events);
    const arming = thresholdsToArm(sameClock ? base : null, last);
    const session: LiveSession = {
      version: last.state.version,
      epoch: last.state.epoch,
      state: last.state,
      warnings: sameClock ? [...new Set([...(base?.warnings ?? []), ...arming])] : arming,
      expiredSince: last.expired === undefined ? null : (base?.expiredSince ?? positionOf(base)),
      lastHash: null,
      token: null,
    };
    const deleted = last.event_type === 'session_deleted';
    const nextDue = deleted ? null : nextDueAt(session, graceMs, () => overdue.idleEnd(session));
    const commit = {
      // Redis has no version of it; the epoch says that it is not a new session.
      base: base?.archived === true ? { version: 0, epoch: base.epoch } : base,
      events,
      instant,
      oldest,
      notBefore: earliestOf(events, graceMs),
      lifetimeMs: deleted ? TOMBSTONE_MS : lifetimeOf(last.state, instant, idleMs),
      nextDue,
      warnings: arming,
      sameClock,
      command,
      commands,
      expiredSince: session.expiredSince,
      previousHash: base?.lastHash ?? null,
      audit,
    } satisfies Partial<Commit>;
    const before = base?.state ?? null;
    const attempt = async () => {
      const texts: string[] = [];
      const snapshotAt = (index: number) => (texts[index] ??= JSON.stringify(events[index]?.state));
      const { publications, tell } = rooms.announce(events, snapshotAt, session, before);
      if (last.state.undo_depth !== undefined) session.undo = historyAfter(base, events);
      return { tell, result: await store.commit({ ...commit, undo: session.undo, snapshotAt, publications }) };
    };
    let { result, tell } = await attempt();
    if (result.outcome === 'other_run') {
      session.epoch = nextEpoch(session.epoch, instant);
      beginEpoch(events, session.epoch);
      ({ result, tell } = await attempt());
    }
    if (result.outcome === 'other_run') throw new Error('a new epoch was refused');
    const { session_id } = last.state;
    // The cache learns what won the race from its publication.
    if (result.outcome === 'behind') return { outcome: 'conflict', session: base };
    if (result.outcome !== 'committed') {
      // What Redis has counts: the session may have been lost or deleted.
      if (result.outcome !== 'clock' && isLive(result.session)) cache.replace(result.session);
      else cache.drop(session_id);
      return result;
    }
    const committed = { ...session, lastHash: result.lastHash, token: result.token };
    if (deleted) cache.drop(session_id);
    else cache.set(committed);
    tell();
    alarms.set(session_id, nextDue);
    return { outcome: 'committed', session: committed };
  }
}

/** The version of a session, and when it was made (Unix ms). */
function positionOf(base: StoredSession | null): StoredSession['expiredSince'] {
  return base?.state == null ? null : { version: base.version, at: Date.parse(base.state.updated_at) };
}

/**
 * Gives events a new epoch, so that version numbers that a client may have seen do not get a second meaning. No turn of
 * an earlier epoch can be taken back.
 */
function beginEpoch(events: SessionEvent[], epoch: number): void {
  for (const { state } of events) {
    state.epoch = Math.max(state.epoch, epoch);
    if (state.undo_depth !== undefined) state.undo_available = 0;
  }
}

/** What is kept after some events so that turns can be taken back. */
function historyAfter(base: StoredSession | null, events: SessionEvent[]): UndoHistory | undefined {
  let [history, before] = [base?.undo, base?.state ?? null];
  for (const event of events) {
    history = undoHistoryAfter(history, before, event);
    before = event.state;
  }
  return history;
}

/** Events by which a turn passes; a clock that runs through all turns goes on. */
const PASSING: ReadonlySet<EventType> = new Set(['cycle_switched', 'session_undone', 'session_edited']);

/** Whether the same clock runs before and after some events, so that warnings which were sent count as sent. */
function runsOn(base: StoredSession | null, events: SessionEvent[]): boolean {
  if (base?.state == null || base.state.deadline_at === null) return false;
  const { cycle_count } = base.state;
  return events.every(
    ({ event_type, state }) =>
      event_type === 'session_adjusted' ||
      // The turn of a participant who withdraws passes.
      (event_type === 'session_edited' && state.cycle_count === cycle_count) ||
      event_type === 'session_credited' ||
      event_type === 'session_extended' ||
      (PASSING.has(event_type) && modeOf(state).acrossTurns),
  );
}

/** The thresholds that an event arms. `same`: the session before it, if the same clock goes on. */
function thresholdsToArm(same: StoredSession | null, { event_type, state, at }: SessionEvent): number[] {
  if (state.concurrent === true) {
    const until = warnedUntil(same?.warnings ?? [], { event_type, at });
    return Number.isFinite(until) ? [until] : [];
  }
  // The credit covers the time that the clock ran, so it crosses nothing again.
  if (event_type === 'session_credited' && same !== null) return [];
  if (same?.state != null) return thresholdsLifted(same.state, state);
  const ahead = thresholdsAhead(state);
  if (event_type !== 'session_recovered') return ahead;
  // Warnings of thresholds that were crossed before may have been sent.
  const over = new Set(crossed(state, ahead, at));
  return ahead.filter((threshold) => !over.has(threshold));
}

/**
 * The earliest instant at which events may be committed: an expiry, or a start by itself, not before its instant and
 * the grace, whatever this instance's clock says.
 */
function earliestOf(events: SessionEvent[], graceMs: number): number {
  const due = events.findLast((event) => event.expired !== undefined || isScheduledStart(event));
  return due === undefined ? 0 : due.at + graceMs;
}
