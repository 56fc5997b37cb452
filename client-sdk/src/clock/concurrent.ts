/**
 * Clocks of a concurrent session, where every participant has one that runs by itself. Each clock is settled on its
 * own: its given time less what was charged is what it had at its own `cycle_started_at`. Pure.
 */
import type { ClockStatus, ParticipantState, SessionState } from '../contract/state.ts';
import { type Clock, countdown, remainingOf, untilFall } from './clock.ts';
import type { FoundClock } from './find.ts';
import { instantOf, iso } from './instants.ts';

/** The statuses of a clock that has not ended. */
const GOES_ON: ReadonlySet<ClockStatus | undefined> = new Set(['waiting', 'running', 'paused']);

/**
 * Whether a participant's clock of a concurrent session has neither finished nor fallen. That of somebody who has
 * withdrawn does not go on, nor in this cycle that of somebody who joined within it.
 */
export function goesOnAlone({ clock_status, withdrawn, sits_out }: ParticipantState): boolean {
  return GOES_ON.has(clock_status) && withdrawn !== true && sits_out !== true;
}

/** Whether a participant's clock waits for a start. */
export function waitsForStart(one: ParticipantState): boolean {
  return one.clock_status === 'waiting' && goesOnAlone(one);
}

/** The clock of a participant of a concurrent session. */
export function concurrentClock(state: SessionState, one: ParticipantState): FoundClock {
  const since = one.cycle_started_at ?? null;
  const closing = goesOnAlone(one) ? closingOf(state, one) : null;
  const found = { clock: clockOf(state, one), hasTurn: since !== null, since };
  return closing === null ? found : { ...found, closesAt: instantOf(closing) };
}

/** The clock that falls next, which counts as the session's clock; undefined where none runs. */
export function nextToFall(state: SessionState): FoundClock | undefined {
  let next: ParticipantState | undefined;
  for (const one of state.participants) {
    if (one.cycle_started_at == null) continue;
    // A clock that never falls comes last. Instants of one form are ordered like their texts.
    if (next === undefined || (one.deadline_at ?? '~') < (next.deadline_at ?? '~')) next = one;
  }
  return next && concurrentClock(state, next);
}

/** When a participant's clock is closed, whatever is left on it; null where it has no closing. */
export function closingOf(state: SessionState, one: ParticipantState): string | null {
  return one.closes_at ?? state.closes_at ?? null;
}

/** When a running clock would fall without a closing, Unix ms; null where it never would. */
export function fallOf(state: SessionState, one: ParticipantState, since: number): number | null {
  const left = untilFall(clockOf(state, one));
  return left === null ? null : since + left;
}

/** A clock as settled. In `per_cycle` it has the rest of the cycle only. */
function clockOf(state: SessionState, { given_ms = null, time_used_ms, cycle_time_used_ms = time_used_ms }: ParticipantState): Clock {
  return countdown(given_ms === null ? null : given_ms - cycle_time_used_ms, state.overrun_ms);
}

/**
 * A participant whose clock is charged up to `at` (Unix ms), or to where it began if that is later, and goes on from
 * `goesOnAt`, or stands with null.
 */
export function settleOne(state: SessionState, one: ParticipantState, at: number, goesOnAt: number | null): ParticipantState {
  const elapsed = one.cycle_started_at == null ? 0 : Math.max(0, at - instantOf(one.cycle_started_at));
  const settled: ParticipantState = { ...one, time_used_ms: one.time_used_ms + elapsed };
  if (one.cycle_time_used_ms !== undefined) settled.cycle_time_used_ms = one.cycle_time_used_ms + elapsed;
  if (one.total_time_ms !== null && state.sync_mode === 'per_participant') settled.total_time_ms = one.total_time_ms - elapsed;
  return runOne(state, settled, goesOnAt);
}

/** A participant with their clock, as settled, running from `at` (Unix ms), or standing with null. */
export function runOne(state: SessionState, one: ParticipantState, at: number | null): ParticipantState {
  if (at === null) return { ...one, ...standing(state) };
  const fall = fallOf(state, one, at);
  const falls = fall === null ? null : iso(fall);
  const closing = closingOf(state, one);
  const runs = { ...one, cycle_started_at: iso(at), deadline_at: earlier(falls, closing) };
  if (state.overrun_ms !== undefined) runs.zero_at = fall === null ? null : earlier(iso(fall - state.overrun_ms), closing);
  return runs;
}

/** The instants of a clock that stands. */
export function standing({ overrun_ms }: SessionState): Pick<ParticipantState, 'cycle_started_at' | 'deadline_at' | 'zero_at'> {
  return { cycle_started_at: null, deadline_at: null, ...(overrun_ms === undefined ? {} : { zero_at: null }) };
}

/** With at least MANY participants an event recomputes only the entries that it changed; each 100th version all. */
const MANY = 64;
const WHOLE_EVERY = 100;

/**
 * Whether the state of a concurrent session has only those entries as of `updated_at` that its event changed, and the
 * others as of the event that changed them. Otherwise each of a thousand hand-ins would write a thousand entries.
 */
export function isLazy({ concurrent, participants, version, status }: SessionState): boolean {
  const goesOn = status === 'pending' || status === 'running' || status === 'paused';
  return concurrent === true && participants.length >= MANY && version % WHOLE_EVERY !== 0 && goesOn;
}

/** A state with all of its entries as of `updated_at`, as it is told. */
export function asTold(state: SessionState): SessionState {
  if (!isLazy(state)) return state;
  const told = { ...state, participants: [...state.participants] };
  deriveConcurrent(told, Date.parse(state.updated_at));
  return told;
}

/**
 * As `asTold`, but the entries are computed when somebody first looks at them: for a thousand participants that takes
 * longer than everything else that a client does with an update.
 */
export function toldWhenSeen(state: SessionState): SessionState {
  if (!isLazy(state)) return state;
  let told: ParticipantState[] | undefined;
  const get = (): ParticipantState[] => (told ??= asTold(state).participants);
  return Object.defineProperty({ ...state }, 'participants', { get, enumerable: true });
}

/**
 * Fills in what follows from the clocks as of `at` (Unix ms): the session's deadline, which is the least of all
 * deadlines and closings, and each `is_active` and `time_remaining_ms`. Entries of which nothing is new, and those that
 * are the same objects as in `kept`, stay the same objects.
 */
export function deriveConcurrent(draft: SessionState, at: number, kept: readonly ParticipantState[] = []): void {
  const isOn = hasBegun(draft);
  const { participants } = draft;
  let least: string | null = null;
  let zero: string | null = null;
  for (const [place, one] of participants.entries()) {
    least = earlier(least, one.deadline_at ?? null);
    if (draft.overrun_ms !== undefined) zero = earlier(zero, one.zero_at ?? null);
    const closing = closingOf(draft, one);
    if (closing !== null && (isOn || draft.status === 'pending') && goesOnAlone(one)) least = earlier(least, closing);
    if (one !== kept[place]) deriveOne(draft, place, at);
  }
  // Where everybody has withdrawn or ended before the start, the session's closing still ends it.
  if (least === null && draft.status === 'pending') least = draft.closes_at ?? null;
  draft.deadline_at = least;
  if (draft.overrun_ms !== undefined) draft.zero_at = zero;
}

/** Fills in `is_active` and `time_remaining_ms` of the participant at this place of the list, as of `at` (Unix ms). */
export function deriveOne(draft: SessionState, place: number, at: number): void {
  const one = draft.participants[place];
  if (one === undefined) return;
  const { cycle_started_at = null } = one;
  const closing = goesOnAlone(one) ? closingOf(draft, one) : null;
  const is_active = hasBegun(draft) && one.clock_status === 'running';
  const elapsed = cycle_started_at === null ? 0 : Math.max(0, at - instantOf(cycle_started_at));
  const left = remainingOf(clockOf(draft, one), elapsed);
  const time_remaining_ms = closing === null ? left : untilClosed(left, instantOf(closing) - at);
  if (one.is_active !== is_active || one.time_remaining_ms !== time_remaining_ms) {
    draft.participants[place] = { ...one, is_active, time_remaining_ms };
  }
}

function hasBegun({ status }: SessionState): boolean {
  return status === 'running' || status === 'paused';
}

/** The time left on a clock that is closed in so many ms. */
export function untilClosed(left: number | null, closesIn: number): number | null {
  const most = Math.max(0, closesIn);
  return left === null ? most : Math.min(left, most);
}

/** The earlier of two instants; null means never. */
function earlier(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b < a) ? b : a;
}
