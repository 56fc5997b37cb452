import { closingOf, fallOf, goesOnAlone, modeOf, startOf } from '#clock';
import { ACTION_TYPES, type Notice, type SessionState } from '#contract';
import { goesOn } from './expire.ts';

/** A reply names no more clocks than this. */
const NOTICES_MAX = 100;
/** How many characters of an unknown name a notice repeats. */
const NAME_MAX = 50;

/** Remarks for the creator of a session that is valid but may not be what was meant. */
export function noticesOfCreate(state: SessionState): Notice[] {
  return [...unknownAction(state), ...cutByClose(state)];
}

/**
 * A notice for each clock that is closed before it would fall, with the time that it loses: extra time that the closing
 * cuts off would be given in vain. Clocks that wait count as if they began as of the state. With `named` only that
 * participant's clock counts. At most NOTICES_MAX.
 */
export function cutByClose(state: SessionState, named?: ReadonlySet<string>): Notice[] {
  const notices: Notice[] = [];
  if (state.concurrent !== true) return notices;
  for (const one of state.participants) {
    const { participant_id } = one;
    const closing = closingOf(state, one);
    if (closing === null || !goesOnAlone(one) || named?.has(participant_id) === false) continue;
    const begins = startOf(state) ?? Date.parse(state.updated_at);
    const fall = fallOf(state, one, one.cycle_started_at == null ? begins : Date.parse(one.cycle_started_at));
    // What is below zero is nobody's time.
    const lost_ms = fall === null ? 0 : fall - (state.overrun_ms ?? 0) - Date.parse(closing);
    if (lost_ms <= 0) continue;
    const message = `The clock of ${participant_id} is closed ${lost_ms} ms before it would fall`;
    notices.push({ code: 'CUT_BY_CLOSE', field: 'closes_at', message, participant_id, lost_ms });
    if (notices.length === NOTICES_MAX) break;
  }
  return notices;
}

function unknownAction(state: SessionState): Notice[] {
  const type = state.action_on_timeout?.type;
  const known: readonly string[] = ACTION_TYPES;
  if (type === undefined || known.includes(type)) return [];
  const name = JSON.stringify(type.length > NAME_MAX ? `${type.slice(0, NAME_MAX)}…` : type);
  const follows = goesOn(state) && !modeOf(state).acrossTurns ? 'the next one’s cycle begins' : 'the session ends';
  const message = `${name} is none of ${known.join(', ')}: when a clock runs out, ${follows}`;
  return [{ code: 'UNKNOWN_ACTION', field: 'action_on_timeout.type', message }];
}
