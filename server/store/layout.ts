import type { SessionState } from '#contract';
import { encodeState, type Schema } from '../domain/schema.ts';

/**
 * From this many participants on, they are in pieces (`p0`, `p1`, …) of so many in a hash beside the session, so that a
 * commit writes only the pieces in which something is new. To change the size of a piece is to change the form of what
 * is stored (schema.ts).
 */
const SPLIT_FROM = 64;
const PIECE = 32;

/** The end of a state whose participants are in pieces. */
const OPEN = '"participants":[';
const CLOSE = ']}';

/** A state as the commit script takes it. */
export interface Layout {
  /** The state, or what of it is not in pieces. */
  text: string;
  /** Pieces to write, by their fields. */
  pieces: [field: string, text: string][];
  /** Whether no piece of what is stored stays. */
  replaces: boolean;
}

/**
 * Lays out a state for Redis. `before` is the state that it has, in the form that is written; null writes everything.
 * `json` makes the state's JSON.
 */
export function layOut(state: SessionState, before: SessionState | null, json: () => string, schema: Schema): Layout {
  const { participants, ...rest } = state;
  if (participants.length < SPLIT_FROM) return { text: encodeState(json(), schema), pieces: [], replaces: false };
  const pieces: Layout['pieces'] = [];
  for (let from = 0; from < participants.length; from += PIECE) {
    const piece = participants.slice(from, from + PIECE);
    // Participants in whom nothing is new are the same objects (shareParticipants).
    if (before !== null && piece.every((one, index) => one === before.participants[from + index])) continue;
    pieces.push([`p${from / PIECE}`, JSON.stringify(piece).slice(1, -1)]);
  }
  return { text: `${encodeState(JSON.stringify(rest), schema).slice(0, -1)},${OPEN}`, pieces, replaces: before === null };
}

/** Whether the text of a stored session says that its participants are in pieces. */
export function isInPieces(text: string): boolean {
  return text.endsWith(OPEN);
}

/** A state whose participants are in pieces, whole. */
export function joinState(text: string, pieces: string[]): string {
  return text + pieces.join(',') + CLOSE;
}
