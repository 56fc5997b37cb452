import type { SessionState } from '#contract';
import { type Refusal, refuse } from './refusal.ts';

/** The refusal of a command that was meant for another cycle: CONFLICT with the state; null where it may go on. */
export function checkCycleCount(state: SessionState, cycle: number | undefined): Refusal | null {
  if (cycle === undefined || cycle === state.cycle_count) return null;
  const { version, cycle_count } = state;
  return refuse('CONFLICT', `Cycle ${cycle} was meant, not ${cycle_count}`, { expected_version: version, actual_version: version, state });
}
