/** The rows of a board. Pure. */
import type { ParticipantState, SessionState } from '@synckairos/client';
import { type Face, facesOf } from '../game/faces.ts';
import { faceOf } from '../stage/shown.ts';
import { hasEnded, inOrder, isDuel } from '../trade.ts';
import { explain, nameOf, standing, titleOf } from '../words.ts';
import type { Followed } from './use-sessions.ts';

/** How a row stands; runs come first, in this order. */
export type Standing = 'running' | 'paused' | 'waiting' | 'done' | 'unknown';

export interface BoardRow {
  /** The id of the session, or of the participant or group. */
  key: string;
  sessionId: string;
  /** Null while the session is not known. */
  state: SessionState | null;
  name: string;
  standing: Standing;
  /** How it stands, in words. */
  words: string;
  /** The clocks to show: one, or two of a duel. */
  faces: Face[];
}

const ORDER: readonly Standing[] = ['running', 'paused', 'waiting', 'done', 'unknown'];

/**
 * A row for each session; of a single session one for each who has a clock, if there are several. What runs comes
 * first, else the given order stays.
 */
export function rowsOf(followed: readonly Followed[]): BoardRow[] {
  const [first] = followed;
  const alone = followed.length === 1 && first?.state != null ? facesOf(first.state) : [];
  const rows = first?.state != null && alone.length > 1 ? participantRows(first.state, alone) : followed.map(sessionRow);
  return rows.sort((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing));
}

/** Whether a row has what somebody typed, in its name, its words or its id. */
export function isSought({ key, name, words }: BoardRow, sought: string): boolean {
  const text = `${name} ${words} ${key}`.toLocaleLowerCase();
  return sought
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((part) => text.includes(part));
}

function sessionRow({ id, state, error }: Followed): BoardRow {
  if (state === null) {
    const words = error === null ? '' : explain(error);
    return { key: id, sessionId: id, state, name: id, standing: 'unknown', words, faces: [] };
  }
  const face = faceOf(state);
  return {
    key: id,
    sessionId: id,
    state,
    name: nameOfSession(state),
    standing: hasEnded(state) ? 'done' : state.status === 'pending' ? 'waiting' : state.status === 'paused' ? 'paused' : 'running',
    words: standing(state),
    faces: isDuel(state) ? facesOf(state) : face === undefined ? [] : [face],
  };
}

/** Its title, and the names of two; the id where it has neither. */
function nameOfSession(state: SessionState): string {
  const names = isDuel(state) ? inOrder(state).map(({ participant_id }) => nameOf(state, participant_id)) : [];
  const title = state.metadata['title'] === undefined ? '' : titleOf(state);
  return [title, names.join(' – ')].filter((part) => part !== '').join(' · ') || state.session_id;
}

function participantRows(state: SessionState, faces: readonly Face[]): BoardRow[] {
  const byId = new Map(state.participants.map((one) => [one.participant_id, one]));
  return faces.map((face) => ({
    key: face.who,
    sessionId: state.session_id,
    state,
    name: face.name,
    standing: standingOf(state, face, byId.get(face.who)),
    words: face.hasExpired ? 'Time is up' : face.note,
    faces: [face],
  }));
}

function standingOf(state: SessionState, face: Face, one: ParticipantState | undefined): Standing {
  if (hasEnded(state) || face.hasExpired || one?.withdrawn === true || one?.clock_status === 'finished') return 'done';
  if (face.hasTurn && state.status === 'running') return 'running';
  return state.status === 'paused' || one?.clock_status === 'paused' ? 'paused' : 'waiting';
}
