import type { SessionState } from '#contract';
import type { SessionEvent } from './draft.ts';
import { expire, isDue } from './expire.ts';
import { type Outage, pendingOutage, takeIntoAccount } from './outage.ts';

/** What happened to a session without anybody asking: the next expiry or outage up to `until` (Unix ms); undefined when it is up to date. */
export function nextOverdue(state: SessionState, until: number, outages: readonly Outage[]): 'expiry' | Outage | undefined {
  const outage = pendingOutage(state, outages);
  // What ran out before an outage began had run out; nothing runs out inside one.
  if (isDue(state, outage === undefined ? until : Math.min(until, outage.from))) return 'expiry';
  return outage;
}

/**
 * Everything that happened up to and including `until` (Unix ms) without anybody asking, each at its own instant, oldest first and at most `limit`.
 * However late it is called, the result is the same.
 */
export function catchUp(state: SessionState, until: number, limit: number, outages: readonly Outage[]): SessionEvent[] {
  const events: SessionEvent[] = [];
  let current = state;
  while (events.length < limit) {
    const overdue = nextOverdue(current, until, outages);
    if (overdue === undefined) break;
    const event = overdue === 'expiry' ? expire(current) : takeIntoAccount(current, overdue);
    events.push(event);
    current = event.state;
  }
  return events;
}
