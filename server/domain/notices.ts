import { modeOf } from '#clock';
import { ACTION_TYPES, type Notice, type SessionState } from '#contract';
import { goesOn } from './expire.ts';

/** Of a name that somebody made up so many characters are repeated. */
const NAME_MAX = 50;

/** What whoever creates a session should know of it, though nothing about it is wrong. */
export function noticesOf(state: SessionState): Notice[] {
  const type = state.action_on_timeout?.type;
  const known: readonly string[] = ACTION_TYPES;
  if (type === undefined || known.includes(type)) return [];
  const name = JSON.stringify(type.length > NAME_MAX ? `${type.slice(0, NAME_MAX)}…` : type);
  const follows = goesOn(state) && !modeOf(state).acrossTurns ? 'the next one’s cycle begins' : 'the session ends';
  const message = `${name} is none of ${known.join(', ')}: when a clock runs out, ${follows}`;
  return [{ code: 'UNKNOWN_ACTION', field: 'action_on_timeout.type', message }];
}
