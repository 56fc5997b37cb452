import type { SessionState } from '#contract';

/**
 * The instant at which the running clock is at zero, from which thresholds count, Unix ms; null where nothing can run
 * out.
 */
export function zeroOf({ zero_at, deadline_at }: Pick<SessionState, 'zero_at' | 'deadline_at'>): number | null {
  const zero = zero_at ?? deadline_at;
  return zero === null ? null : Date.parse(zero);
}

/**
 * The thresholds that a clock which has just begun to run will cross: those below the time left on it. Thresholds that
 * it crossed earlier in the same cycle lie above that, so no warning is repeated.
 */
export function thresholdsAhead(state: SessionState): number[] {
  const zero = zeroOf(state);
  if (zero === null || state.cycle_started_at === null) return [];
  const left = zero - Date.parse(state.cycle_started_at);
  return state.warning_thresholds_ms.filter((threshold) => threshold < left);
}

/** The thresholds above which an adjustment has lifted the running clock, which it will cross again. */
export function thresholdsLifted(before: SessionState, after: SessionState): number[] {
  const zero = zeroOf(before);
  if (zero === null) return [];
  const left = zero - Date.parse(after.updated_at);
  return thresholdsAhead(after).filter((threshold) => threshold >= left);
}

/** Those of the `armed` thresholds that the clock has crossed at `now` (Unix ms), highest first. */
export function crossed(state: SessionState, armed: number[], now: number): number[] {
  const zero = zeroOf(state);
  if (zero === null) return [];
  const left = zero - now;
  return armed.filter((threshold) => threshold >= left).toSorted((a, b) => b - a);
}
