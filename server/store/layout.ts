import type { ParticipantState, SessionState } from '#contract';
import { encodeState, type Schema } from '../domain/schema.ts';

/**
 * From this many participants on, a state is split: pieces of PIECE participants each (`p0`, `p1`, …) are in a hash
 * beside the session, so that a commit writes only pieces in which something is new. Another size of a piece is another
 * form of stored states (schema.ts).
 */
const SPLIT_FROM = 64;
const PIECE = 32;

/** The end of a state whose participants are in pieces. */
const OPEN = '"participants":[';
const CLOSE = ']}';

/** A state in the form that the commit script takes. */
export interface Layout {
  /** The state, without the participants that are in pieces. */
  text: string;
  /** Pieces to write, by their fields. */
  pieces: [field: string, text: string][];
  /** Whether all stored pieces are to be deleted first. */
  replaces: boolean;
}

/**
 * Lays out a state for Redis. `before` is the state that Redis has in the present form; null writes all pieces. `json`
 * makes the state's JSON.
 */
export function layOut(state: SessionState, before: SessionState | null, json: () => string, schema: Schema): Layout {
  const { participants, ...rest } = state;
  if (participants.length < SPLIT_FROM) return { text: encodeState(json(), schema), pieces: [], replaces: false };
  // It may have grown to pieces with this event.
  const stored = before !== null && before.participants.length >= SPLIT_FROM ? before : null;
  const pieces: Layout['pieces'] = [];
  for (let from = 0; from < participants.length; from += PIECE) {
    if (stored !== null && isSamePiece(participants, stored.participants, from)) continue;
    pieces.push([`p${from / PIECE}`, JSON.stringify(participants.slice(from, from + PIECE)).slice(1, -1)]);
  }
  return { text: `${encodeState(JSON.stringify(rest), schema).slice(0, -1)},${OPEN}`, pieces, replaces: stored === null };
}

/** Whether nothing is new in a piece: unchanged participants are the same objects as before (shareParticipants). */
function isSamePiece(after: ParticipantState[], before: ParticipantState[], from: number): boolean {
  const end = Math.min(from + PIECE, Math.max(after.length, before.length));
  for (let place = from; place < end; place++) if (after[place] !== before[place]) return false;
  return true;
}

/** Whether a stored session's text has its participants in pieces. */
export function isInPieces(text: string): boolean {
  return text.endsWith(OPEN);
}

/** Joins a state whose participants are in pieces. */
export function joinState(text: string, pieces: string[]): string {
  return text + pieces.join(',') + CLOSE;
}
