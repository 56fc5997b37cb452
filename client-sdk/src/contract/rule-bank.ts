import type { SessionState } from './state.ts';
import type { Bank } from './clock-rule.ts';

/** Adds the increment to a bank, up to the session's ceiling. */
export function grow(bank: Bank | undefined, { increment_ms, max_time_ms }: SessionState): void {
  if (bank?.total_time_ms == null) return;
  bank.total_time_ms += Math.max(0, Math.min(increment_ms, (max_time_ms ?? Number.MAX_SAFE_INTEGER) - bank.total_time_ms));
}
