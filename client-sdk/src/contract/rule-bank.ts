import type { SessionState } from './state.ts';
import type { Bank } from './clock-rule.ts';

/** What a bank has after the increment, which adds up to the session's ceiling at most; null where there is no bank. */
export function grown(bank: Bank | undefined, { increment_ms, max_time_ms }: SessionState): number | null {
  if (bank?.total_time_ms == null) return null;
  return bank.total_time_ms + Math.max(0, Math.min(increment_ms, (max_time_ms ?? Number.MAX_SAFE_INTEGER) - bank.total_time_ms));
}
