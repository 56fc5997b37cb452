/**
 * Clocks of a concurrent session, where every participant has one that runs by itself. A clock is settled on its own:
 * what it was given, less what is charged, is what it had at its own `cycle_started_at`. Pure.
 */
import type { ClockStatus, ParticipantState, SessionState } from '../contract/state.ts';
import { countdown, remainingOf, untilFall } from './clock.ts';
import type { FoundClock } from './find.ts';
import { instantOf, iso } from './instants.ts';

/** The statuses of a clock that has not ended. */
const GOES_ON: ReadonlySet<ClockStatus | undefined> = new Set(['waiting', 'running', 'paused']);

/** Whether a participant's clock of a concurrent session has neither finished nor fallen. */
export function goesOnAlone({ clock_status }: ParticipantState): boolean {
  return GOES_ON.has(clock_status);
}

/** The clock of a participant of a concurrent session. */
export function concurrentClock(state: SessionState, one: ParticipantState): FoundClock {
  const since = one.cycle_started_at ?? null;
  return { clock: countdown(leftOf(one), state.overrun_ms), hasTurn: since !== null, since };
}

/** The clock that falls next, for whoever asks for the session's; undefined where none runs. */
export function nextToFall(state: SessionState): FoundClock | undefined {
  const next = state.participants.find((one) => one.deadline_at != null && one.deadline_at === state.deadline_at);
  return next && concurrentClock(state, next);
}

/** What a clock has as settled, ms. */
function leftOf({ given_ms = null, time_used_ms }: ParticipantState): number | null {
  return given_ms === null ? null : given_ms - time_used_ms;
}

/**
 * A participant whose clock is charged up to `at` (Unix ms), or to where it began if that is later, and goes on from
 * `goesOnAt`, or stands with null.
 */
export function settleOne(state: SessionState, one: ParticipantState, at: number, goesOnAt: number | null): ParticipantState {
  const elapsed = one.cycle_started_at == null ? 0 : Math.max(0, at - instantOf(one.cycle_started_at));
  const settled: ParticipantState = { ...one, time_used_ms: one.time_used_ms + elapsed };
  if (one.total_time_ms !== null) settled.total_time_ms = one.total_time_ms - elapsed;
  return runOne(state, settled, goesOnAt);
}

/** A participant with their clock, as settled, running from `at` (Unix ms), or standing with null. */
export function runOne(state: SessionState, one: ParticipantState, at: number | null): ParticipantState {
  const left = at === null ? null : untilFall(countdown(leftOf(one), state.overrun_ms));
  return {
    ...one,
    cycle_started_at: at === null ? null : iso(at),
    deadline_at: left === null || at === null ? null : iso(at + left),
  };
}

/**
 * Fills in what follows from the clocks as of `at` (Unix ms): the session's deadline, which is the least, and each
 * `is_active` and `time_remaining_ms`. Entries of which nothing is new stay the same objects.
 */
export function deriveConcurrent(draft: SessionState, at: number): void {
  const isOn = draft.status === 'running' || draft.status === 'paused';
  const { participants } = draft;
  let least: string | null = null;
  for (const [index, one] of participants.entries()) {
    const { deadline_at = null, cycle_started_at = null } = one;
    // Instants of one form stand in the order of their texts.
    if (deadline_at !== null && (least === null || deadline_at < least)) least = deadline_at;
    const is_active = isOn && one.clock_status === 'running';
    const elapsed = cycle_started_at === null ? 0 : Math.max(0, at - instantOf(cycle_started_at));
    const time_remaining_ms = remainingOf(countdown(leftOf(one), draft.overrun_ms), elapsed);
    if (one.is_active !== is_active || one.time_remaining_ms !== time_remaining_ms) {
      participants[index] = { ...one, is_active, time_remaining_ms };
    }
  }
  draft.deadline_at = least;
}
