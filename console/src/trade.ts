/** What a turn is in each kind of game: its name, who may begin one, and what follows the last. */
import { modeOf, type ParticipantState, type SessionState } from '@synckairos/client';

export interface TurnWords {
  /** Text of the button that ends a turn; null if no turn can be ended, or only by naming the next one. */
  end: string | null;
  /** Text on the clock that waits for a tap; null if a tap or the space bar ends nothing. */
  hint: string | null;
  one: string;
  many: string;
}

const MOVES: TurnWords = { end: 'Done', hint: 'Tap or press space when done', one: 'move', many: 'moves' };
const TURNS: TurnWords = { end: 'Next', hint: 'Tap or press space when done', one: 'turn', many: 'turns' };
const LAPS: TurnWords = { end: 'Lap', hint: 'Tap or press space for a lap', one: 'lap', many: 'laps' };
const ITEMS: TurnWords = { end: 'Next item', hint: 'Tap or press space when done', one: 'item', many: 'items' };
/** Ending the meeting is not a turn. */
const LAST_ITEM: TurnWords = { ...ITEMS, end: null, hint: null };
const BIDS: TurnWords = { end: 'New bid', hint: 'Tap or press space for a bid', one: 'bid', many: 'bids' };
/** A bid has a bidder, whose name is pressed. */
const BIDS_BY_NAME: TurnWords = { ...BIDS, end: null, hint: null };
/** A countdown for everybody; a touch by chance must not add a lap to its history. */
const COUNTDOWN: TurnWords = { ...LAPS, hint: null };
const EXAM: TurnWords = { ...TURNS, end: null, hint: null };

const BY_PRESET = new Map(
  Object.entries<TurnWords>({
    ...Object.fromEntries(
      [
        'chess',
        'rapid',
        'team',
        'classical',
        'three-stages',
        'delay',
        'bronstein',
        'byo-yomi',
        'canadian',
        'hourglass',
        'scrabble',
        'backgammon',
      ].map((preset) => [preset, MOVES]),
    ),
    quiz: { end: 'Next question', hint: 'Tap or press space when answered', one: 'question', many: 'questions' },
    exam: EXAM,
  }),
);

/** The words for turns in this game, and how the present one ends. */
export function turnWords(state: SessionState): TurnWords {
  if (isAuction(state)) return state.participants.length > 0 ? BIDS_BY_NAME : BIDS;
  if (isAgenda(state)) return isLastItem(state) ? LAST_ITEM : ITEMS;
  const known = BY_PRESET.get(presetOf(state));
  if (known !== undefined) return known;
  if (modeOf(state).counts === 'up') return LAPS;
  return modeOf(state).acrossTurns && state.participants.length === 0 ? COUNTDOWN : TURNS;
}

/** Whether the participant whose turn begins can be chosen. */
export function takesTurns(state: SessionState): boolean {
  return BY_PRESET.get(presetOf(state)) !== EXAM;
}

/** Whether two play against each other, each likely on a device of their own. */
export function isDuel(state: SessionState): boolean {
  return state.participants.length === 2 && takesTurns(state) && !isAuction(state) && !isAgenda(state);
}

/** Whether turns are moves of players. */
export function hasMoves(state: SessionState): boolean {
  return BY_PRESET.get(presetOf(state)) === MOVES;
}

export function isAuction(state: SessionState): boolean {
  return presetOf(state) === 'auction';
}

/**
 * Whether somebody has bid on a lot. Its first cycle belongs to the first in the list, who has not bid; and the cycle
 * that expired was ended by no bid.
 */
export function hasBid({ cycle_count: ended, status, participants }: SessionState): boolean {
  const hasRunOut = status === 'expired' || participants.some((bidder) => bidder.has_expired);
  return ended > (hasRunOut ? 1 : 0);
}

/** Whether participants are items that are taken up once, in order. */
export function isAgenda(state: SessionState): boolean {
  return presetOf(state) === 'agenda' && state.participants.length > 0;
}

/**
 * The item that follows: the next one that was not taken up yet, else one that was passed over; undefined at the last.
 */
export function nextItem(state: SessionState): ParticipantState | undefined {
  const from = state.participants.find((item) => item.participant_id === state.active_participant_id)?.participant_index ?? -1;
  const open = inOrder(state).filter((item) => !item.has_gone && !item.has_expired && item.participant_id !== state.active_participant_id);
  return open.find((item) => item.participant_index > from) ?? open[0];
}

export function isLastItem(state: SessionState): boolean {
  return isAgenda(state) && nextItem(state) === undefined;
}

/** Whether the last item has expired. The rotation then returns to the rest of items that were closed early. */
export function isMeetingOver(state: SessionState): boolean {
  return state.status === 'running' && isAgenda(state) && state.participants.every((item) => item.has_gone);
}

/** Everybody in the order of their turns. */
export function inOrder(state: SessionState): ParticipantState[] {
  return [...state.participants].sort((a, b) => a.participant_index - b.participant_index);
}

function presetOf({ metadata }: SessionState): string {
  return typeof metadata['preset'] === 'string' ? metadata['preset'] : '';
}
