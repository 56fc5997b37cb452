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
 * Everything that happened up to and including `until` (Unix ms) without anybody asking, each at its own instant, oldest first. However late it is asked for,
 * and however much of it at a time, the result is the same.
 */
export function* catchUp(state: SessionState, until: number, outages: readonly Outage[]): Generator<SessionEvent> {
  let current = state;
  for (let overdue = nextOverdue(current, until, outages); overdue !== undefined; overdue = nextOverdue(current, until, outages)) {
    const event = overdue === 'expiry' ? expire(current) : takeIntoAccount(current, overdue);
    yield event;
    current = event.state;
  }
}
