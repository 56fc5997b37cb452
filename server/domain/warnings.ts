import type { SessionState } from '#contract';

/**
 * The thresholds that a clock which has just begun to run will cross: those under what it has. Whatever it has passed
 * before in the same cycle lies above, so nothing is warned of twice.
 */
export function thresholdsAhead(state: SessionState): number[] {
  if (state.deadline_at === null || state.cycle_started_at === null) return [];
  const left = Date.parse(state.deadline_at) - Date.parse(state.cycle_started_at);
  return state.warning_thresholds_ms.filter((threshold) => threshold < left);
}

/** The thresholds above which an adjustment has lifted the running clock: they are crossed once more. */
export function thresholdsLifted(before: SessionState, after: SessionState): number[] {
  if (before.deadline_at === null) return [];
  const left = Date.parse(before.deadline_at) - Date.parse(after.updated_at);
  return thresholdsAhead(after).filter((threshold) => threshold >= left);
}

/** Those of the `armed` thresholds that the clock has crossed at `now` (Unix ms), highest first. */
export function crossed(state: SessionState, armed: number[], now: number): number[] {
  if (state.deadline_at === null) return [];
  const left = Date.parse(state.deadline_at) - now;
  return armed.filter((threshold) => threshold >= left).toSorted((a, b) => b - a);
}
