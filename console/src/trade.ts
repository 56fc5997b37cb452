/** What a turn is in each kind of game: its name, who may begin one, and what follows the last. */
import { type ItemState, modeOf, type ParticipantState, type SessionState } from '@synckairos/client';

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
/** The switch that ends the last item ends the session, so it is no turn. */
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
    countdown: EXAM,
  }),
);

/** Everybody's clock runs by itself, so no press ends a turn. */
const TOGETHER: Partial<Record<SessionState['sync_mode'], TurnWords>> = {
  per_participant: EXAM,
  count_up: { ...LAPS, end: null, hint: null, one: 'split', many: 'splits' },
};

/** The words for turns in this game, and how the present one ends. */
export function turnWords(state: SessionState): TurnWords {
  const together = state.concurrent === true ? TOGETHER[state.sync_mode] : undefined;
  if (together !== undefined) return together;
  if (isAuction(state)) return state.participants.length > 0 ? BIDS_BY_NAME : BIDS;
  if (state.items !== undefined) return isLastItem(state) ? LAST_ITEM : ITEMS;
  const known = BY_PRESET.get(presetOf(state));
  if (known !== undefined) return known;
  if (modeOf(state).counts === 'up') return LAPS;
  return modeOf(state).acrossTurns && state.participants.length === 0 ? COUNTDOWN : TURNS;
}

/** How a session is shown: `clocks` where no trade has a view of its own. */
export type View = 'clocks' | 'hall' | 'race';

/** The view of a session, by what it is. */
export function viewOf({ concurrent, sync_mode }: SessionState): View {
  if (concurrent === true && sync_mode === 'per_participant') return 'hall';
  return concurrent === true && sync_mode === 'count_up' ? 'race' : 'clocks';
}

/** What ending the whole session is called. */
export function endWords(state: SessionState): string {
  return { clocks: 'Finish', hall: 'End exam', race: 'End race' }[viewOf(state)];
}

/** How the clock of a participant of a concurrent session stands. */
export type OneStatus = NonNullable<ParticipantState['clock_status']>;

/** How many clocks of a concurrent session wait, run, are paused, have finished or fallen. */
export function tally({ participants }: SessionState): Record<OneStatus, number> {
  const counts = { waiting: 0, running: 0, paused: 0, finished: 0, expired: 0 };
  for (const { clock_status = 'waiting' } of participants) counts[clock_status] += 1;
  return counts;
}

/** Whether the participant whose turn begins can be chosen. */
export function takesTurns(state: SessionState): boolean {
  return BY_PRESET.get(presetOf(state)) !== EXAM;
}

/** Whether two play against each other, each likely on a device of their own. */
export function isDuel(state: SessionState): boolean {
  return (
    state.concurrent !== true && state.participants.length === 2 && takesTurns(state) && !isAuction(state) && state.items === undefined
  );
}

/** Whether turns are moves of players. */
export function hasMoves(state: SessionState): boolean {
  return BY_PRESET.get(presetOf(state)) === MOVES;
}

/** Whether a session was set up as an auction. */
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

/** The item of a programme that runs, or ran last; before the start the first one. */
export function presentItem({ items, item_index }: SessionState): ItemState | undefined {
  return items?.[item_index ?? 0];
}

/** The item that a switch begins; undefined at the last one. */
export function nextItem({ items = [], item_index, round = 1, rounds = 1 }: SessionState): ItemState | undefined {
  const next = items.find((one, index) => index > (item_index ?? -1) && one.status === 'waiting');
  return next ?? (round < rounds ? items[0] : undefined);
}

/** Whether a programme ends with the item that runs. */
export function isLastItem(state: SessionState): boolean {
  return state.items !== undefined && nextItem(state) === undefined;
}

/** What an item is called. */
export function titleOfItem({ title, item_id }: ItemState): string {
  return title ?? item_id;
}

/** Everybody in the order of their turns. */
export function inOrder(state: SessionState): ParticipantState[] {
  return [...state.participants].sort((a, b) => a.participant_index - b.participant_index);
}

function presetOf({ metadata }: SessionState): string {
  return typeof metadata['preset'] === 'string' ? metadata['preset'] : '';
}
