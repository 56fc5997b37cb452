/** What a turn is in each kind of game: its name, who may begin one, and what follows the last. */
import { type ItemState, modeOf, type ParticipantState, type SessionState } from '@synckairos/client';

/** Whether a session has ended, in whatever way. */
export function hasEnded({ status }: SessionState): boolean {
  return status === 'completed' || status === 'expired' || status === 'cancelled';
}

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
/** The hammer falls by itself; before that the auctioneer can let it fall. */
const LOTS: TurnWords = { end: 'Close lot', hint: null, one: 'lot', many: 'lots' };
const QUESTIONS: TurnWords = { end: 'Next question', hint: null, one: 'question', many: 'questions' };
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
    // One after the other; a quiz in which all answer at once is told by its clocks.
    quiz: { ...QUESTIONS, hint: 'Tap or press space when answered' },
    turns: { ...QUESTIONS, hint: 'Tap or press space when answered' },
    exam: EXAM,
    countdown: EXAM,
  }),
);

/** Everybody's clock runs by itself, so no press ends a turn. */
const TOGETHER: Partial<Record<SessionState['sync_mode'], TurnWords>> = {
  per_participant: EXAM,
  count_up: { ...LAPS, end: null, hint: null, one: 'split', many: 'splits' },
};

function lotWords(state: SessionState): TurnWords {
  if (state.items === undefined || isLastItem(state)) return { ...LOTS, end: null };
  return isGap(presentItem(state)) ? { ...LOTS, end: 'Next lot' } : LOTS;
}

/** Whether everybody rests between two lots. */
export function isGap(item: ItemState | undefined): boolean {
  return item?.metadata?.['kind'] === 'gap';
}

/** Whether an item of a quiz shows the scores in place of a question. */
export function isScores(item: ItemState | undefined): boolean {
  return item?.metadata?.['kind'] === 'scores';
}

/** What names the present question of a quiz in its metadata. */
export function questionKey(state: SessionState): string {
  return presentItem(state)?.item_id ?? `question-${state.cycle_count + 1}`;
}

/** The next question is not asked while the present one is open. */
function questionWords(state: SessionState): TurnWords {
  if (isLastItem(state) || tally(state).running > 0) return { ...QUESTIONS, end: null };
  if (state.metadata[`right-${questionKey(state)}`] === undefined) return { ...QUESTIONS, end: 'Skip' };
  return isScores(nextItem(state)) ? { ...QUESTIONS, end: 'Final scores' } : QUESTIONS;
}

/** The words for turns in this game, and how the present one ends. */
export function turnWords(state: SessionState): TurnWords {
  if (state.concurrent === true) return TOGETHER[state.sync_mode] ?? questionWords(state);
  if (state.extension !== undefined) return lotWords(state);
  if (isAuction(state)) return state.participants.length > 0 ? BIDS_BY_NAME : BIDS;
  if (state.items !== undefined) return isLastItem(state) ? LAST_ITEM : ITEMS;
  const known = BY_PRESET.get(presetOf(state));
  if (known !== undefined) return known;
  if (modeOf(state).counts === 'up') return LAPS;
  return modeOf(state).acrossTurns && state.participants.length === 0 ? COUNTDOWN : TURNS;
}

/** How a session is shown: `clocks` where no trade has a view of its own. */
export type View = 'clocks' | 'hall' | 'race' | 'quiz' | 'auction' | 'rundown' | 'intervals';

/** The view of a session, by what it is. */
export function viewOf(state: SessionState): View {
  const { concurrent, sync_mode, extension, items } = state;
  if (extension !== undefined) return 'auction';
  if (concurrent !== true) return items === undefined ? 'clocks' : presetOf(state) === 'intervals' ? 'intervals' : 'rundown';
  if (sync_mode === 'per_cycle') return 'quiz';
  return sync_mode === 'count_up' ? 'race' : 'hall';
}

const END_WORDS: Partial<Record<View, string>> = { hall: 'End exam', race: 'End race', quiz: 'End quiz', auction: 'End auction' };

/** What ending the whole session is called. */
export function endWords(state: SessionState): string {
  return END_WORDS[viewOf(state)] ?? 'Finish';
}

/** How the clock of a participant of a concurrent session stands. */
export type OneStatus = NonNullable<ParticipantState['clock_status']>;

/** How many clocks of a concurrent session wait, run, are paused, have finished or fallen. */
export function tally({ participants }: SessionState): Record<OneStatus, number> {
  const counts = { waiting: 0, running: 0, paused: 0, finished: 0, expired: 0 };
  for (const { clock_status = 'waiting', withdrawn } of participants) if (withdrawn !== true) counts[clock_status] += 1;
  return counts;
}

/** How many have answered the present question of a quiz, and of how many. */
export function answered(state: SessionState): [done: number, of: number] {
  const { running, paused, finished, expired } = tally(state);
  return [finished, running + paused + finished + expired];
}

/** What a runner who gives up finishes with: they have no time and no place. */
export const GAVE_UP = 'gave up';

/** Whether a runner has a time that counts. */
export function hasTime({ clock_status, answer }: ParticipantState): boolean {
  return clock_status === 'finished' && answer !== GAVE_UP;
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
