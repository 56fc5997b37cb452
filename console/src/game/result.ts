/** How a game of players came out: who won and by what, as the page writes it into the session and reads it. */
import type { JsonObject, JsonValue, SessionState } from '@synckairos/client';
import { hasEnded, hasMoves, inOrder, isDuel, viewOf } from '../trade.ts';
import { nameOf, standing } from '../words.ts';

const WAYS = { resignation: 'by resignation', agreement: 'by agreement', time: 'on time' } as const;

export interface Result {
  /** Null for a draw. */
  winner: string | null;
  /** Undefined where nobody said it. */
  by?: keyof typeof WAYS;
}

/** The result of a game that has ended; null if there is none. A flag that fell needs nobody to say it. */
export function resultOf(state: SessionState): Result | null {
  if (!hasEnded(state) || state.status === 'cancelled' || viewOf(state) !== 'clocks') return null;
  if (state.outcome !== undefined) return readOutcome(state, state.outcome);
  const left = inOrder(state).filter(({ has_expired }) => !has_expired);
  const [winner] = left;
  if (!hasMoves(state) || !isDuel(state) || state.status !== 'expired' || winner === undefined || left.length > 1) return null;
  return { winner: winner.participant_id, by: 'time' };
}

/** The `outcome` of a session for a result. */
export function outcomeOf({ winner, by }: Result): JsonObject {
  return { winner, ...(by === undefined ? {} : { by }) };
}

/** Other programs may have written anything. */
function readOutcome({ participants }: SessionState, outcome: JsonValue): Result | null {
  if (typeof outcome !== 'object' || outcome === null || Array.isArray(outcome)) return null;
  const { winner, by } = outcome;
  if (winner !== null && !participants.some(({ participant_id }) => participant_id === winner)) return null;
  return { winner: typeof winner === 'string' ? winner : null, ...(isWay(by) ? { by } : {}) };
}

function isWay(by: JsonValue | undefined): by is keyof typeof WAYS {
  return typeof by === 'string' && by in WAYS;
}

/** A result in a line: `Ben won by resignation`. */
export function resultWords(state: SessionState, { winner, by }: Result): string {
  const how = by === undefined ? '' : ` ${WAYS[by]}`;
  return winner === null ? `Draw${how}` : `${nameOf(state, winner)} won${how}`;
}

/** What a result is for one participant; empty where there is none. */
export function resultFor(result: Result | null, who: string): string {
  if (result === null) return '';
  if (result.winner === null) return 'Draw';
  return result.winner === who ? 'Won' : 'Lost';
}

/** How a game stands in a line, with its result. */
export function standingOf(state: SessionState): string {
  const result = resultOf(state);
  if (result === null) return standing(state);
  return state.status === 'expired' ? `${standing(state)} · ${resultWords(state, { winner: result.winner })}` : resultWords(state, result);
}
