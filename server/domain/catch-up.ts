import { startOf } from '#clock';
import type { SessionState } from '#contract';
import type { SessionEvent } from './event.ts';
import { expire, isDue } from './expire.ts';
import { endIdle, isIdle } from './idle.ts';
import { type Outage, pendingOutage, takeIntoAccount } from './outage.ts';
import { startScheduled } from './scheduled-start.ts';

/** Events of a session that no command makes. */
type Overdue = 'start' | 'expiry' | 'idle' | Outage;

/**
 * The next event of a session that no command makes: its planned start, an expiry or an outage up to `until`, or its
 * cancellation as idle at `idleEnd` (both Unix ms); undefined when it is up to date.
 */
export function nextOverdue(
  state: SessionState,
  until: number,
  outages: readonly Outage[],
  idleEnd = Number.POSITIVE_INFINITY,
): Overdue | undefined {
  const start = startOf(state);
  // An outage makes no difference to when it starts, only to what its clock is charged afterwards.
  if (start !== null && start <= until && !isDue(state, start - 1)) return 'start';
  const outage = pendingOutage(state, outages);
  // A clock that ran out before an outage began has run out; none runs out inside one.
  const horizon = outage === undefined ? until : Math.min(until, outage.from);
  if (isIdle(state, horizon, idleEnd)) return 'idle';
  return isDue(state, horizon) ? 'expiry' : outage;
}

/**
 * All events up to and including `until` (Unix ms) that no command makes, each as of its own instant, oldest first. The
 * result does not depend on when or in how many parts they are computed.
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

function eventOf(state: SessionState, overdue: Overdue, idleEnd = 0): SessionEvent {
  if (overdue === 'start') return startScheduled(state);
  if (overdue === 'expiry') return expire(state);
  return overdue === 'idle' ? endIdle(state, idleEnd) : takeIntoAccount(state, overdue);
}
