import type { SessionState } from '#contract';
import type { SessionEvent } from './event.ts';
import { expire, isDue } from './expire.ts';
import { endIdle, isIdle } from './idle.ts';
import { type Outage, pendingOutage, takeIntoAccount } from './outage.ts';

/**
 * What happened to a session without anybody asking: the next expiry or outage up to `until`, or that it ended for want
 * of anybody at `idleEnd` (both Unix ms); undefined when it is up to date.
 */
export function nextOverdue(
  state: SessionState,
  until: number,
  outages: readonly Outage[],
  idleEnd = Number.POSITIVE_INFINITY,
): 'expiry' | 'idle' | Outage | undefined {
  const outage = pendingOutage(state, outages);
  // What ran out before an outage began had run out; nothing runs out inside one.
  const horizon = outage === undefined ? until : Math.min(until, outage.from);
  if (isIdle(state, horizon, idleEnd)) return 'idle';
  return isDue(state, horizon) ? 'expiry' : outage;
}

/**
 * Everything that happened up to and including `until` (Unix ms) without anybody asking, each at its own instant,
 * oldest first. However late it is asked for, and however much of it at a time, the result is the same.
 */
export function* catchUp(state: SessionState, until: number, outages: readonly Outage[], idleEnd?: number): Generator<SessionEvent> {
  let current = state;
  for (;;) {
    const overdue = nextOverdue(current, until, outages, idleEnd);
    if (overdue === undefined) return;
    const event = eventOf(current, overdue, idleEnd);
    yield event;
    current = event.state;
  }
}

function eventOf(state: SessionState, overdue: 'expiry' | 'idle' | Outage, idleEnd = 0): SessionEvent {
  if (overdue === 'expiry') return expire(state);
  return overdue === 'idle' ? endIdle(state, idleEnd) : takeIntoAccount(state, overdue);
}
