/** The texts of the console: names, states and errors in words for users. */
import { type FieldIssue, formatTime, modeOf, type SessionState, SyncKairosError } from '@synckairos/client';
import { amountOf, presentLot } from './trades/lots.ts';
import { answered, hasBid, hasMoves, hasTime, isAuction, isGap, isScores, presentItem, tally, titleOfItem, viewOf } from './trade.ts';

/** The name its creator gave to a participant or group, else its id. */
export function nameOf(state: SessionState, id: string): string {
  const own = ownNames(state).get(id);
  if (own !== undefined) return own;
  const { names } = state.metadata;
  const name = typeof names === 'object' && names !== null && !Array.isArray(names) ? names[id] : undefined;
  return typeof name === 'string' && name !== '' ? name : id;
}

const namesOf = new WeakMap<SessionState['participants'], ReadonlyMap<string, string | undefined>>();

/** The names of participants by id. Each state has a list of its own, which is looked through once for all rows. */
function ownNames({ participants }: SessionState): ReadonlyMap<string, string | undefined> {
  let names = namesOf.get(participants);
  if (names === undefined) {
    names = new Map(participants.map((one) => [one.participant_id, one.name]));
    namesOf.set(participants, names);
  }
  return names;
}

/** What kind of game it is, for a heading. */
export function titleOf(state: SessionState): string {
  const { title } = state.metadata;
  return typeof title === 'string' && title !== '' ? title : 'Game';
}

/** The state of the game in one line. */
export function standing(state: SessionState): string {
  const active = state.active_participant_id === null ? null : nameOf(state, state.active_participant_id);
  const item = presentItem(state);
  switch (state.status) {
    case 'pending':
      return 'Ready to start';
    case 'running':
      if (state.concurrent === true) return together(state);
      if (state.extension !== undefined) return hammer(state);
      if (item !== undefined) return `Now: ${titleOfItem(item)}`;
      if (isAuction(state)) return !hasBid(state) ? 'No bid yet' : active === null ? 'Running' : `Highest bid: ${active}`;
      if (active === null) return 'Running';
      return hasMoves(state) ? `${active} to move` : `Now: ${active}`;
    case 'paused':
      return 'Paused';
    case 'expired':
      return ending(state, active);
    case 'completed':
      return 'Finished';
    case 'cancelled':
      return 'Cancelled';
  }
}

/** How many of a crowd go on, and how many are done. */
function together(state: SessionState): string {
  const { running, paused, finished } = tally(state);
  const view = viewOf(state);
  if (view === 'quiz') {
    const [done, of] = answered(state);
    if (isScores(presentItem(state))) return 'Final scores';
    return running > 0 ? `${done} of ${of} answered` : 'Answers are in';
  }
  if (view === 'race') {
    const timed = state.participants.filter((one) => one.withdrawn !== true && hasTime(one)).length;
    return `${running} running · ${timed} finished${finished > timed ? ` · ${finished - timed} gave up` : ''}`;
  }
  return `${running + paused} writing · ${finished} handed in`;
}

/** How the lot of an auction stands, or went. */
function hammer(state: SessionState): string {
  const lot = presentLot(state);
  const isDone = state.status !== 'running' || isGap(presentItem(state));
  if (lot === undefined || lot.bid === null) return isDone ? 'Not sold' : 'No bid yet';
  const { by, amount } = lot.bid;
  return isDone ? `Sold to ${nameOf(state, by)} for ${amountOf(amount)}` : `Highest bid: ${amountOf(amount)} by ${nameOf(state, by)}`;
}

/** What it means that the clock has expired. */
function ending(state: SessionState, active: string | null): string {
  if (isAuction(state)) return !hasBid(state) ? 'Time is up, no bid' : active === null ? 'Sold' : `Sold to ${active}`;
  if (state.extension !== undefined) return hammer(state);
  const isEverybodys = state.concurrent === true || state.items !== undefined || modeOf(state).acrossTurns;
  return active === null || isEverybodys ? 'Time is up' : `${active} ran out of time`;
}

/** A warning as a screen reader says it. */
export function warning(state: SessionState, who: string | null, thresholdMs: number): string {
  const left = thresholdMs > 0 ? `${formatTime(thresholdMs, 'spoken')} left` : spokenOver(thresholdMs);
  return `${who === null || isAuction(state) ? 'The clock' : nameOf(state, who)}: ${left}`;
}

/** What a clock shows at zero and below, as a screen reader says it; `ms` is negative. */
export function spokenOver(ms: number): string {
  return ms === 0 ? 'time is up, overtime runs' : `${formatTime(-ms, 'spoken')} over`;
}

/**
 * Why something failed, and what helps. Leaves out what the server says of fields and what only developers can act on.
 */
export function explain(error: unknown): string {
  if (!(error instanceof SyncKairosError)) return 'Something went wrong on this page. Load it anew.';
  switch (error.code) {
    case 'SESSION_NOT_FOUND':
      return 'This game does not exist any more. Games that nobody uses are cleared away after a while.';
    case 'UNAUTHORIZED':
    case 'FORBIDDEN':
      return `You may not do this here (${error.message.replace(/^UNAUTHORIZED: /, '')}).`;
    case 'CONFLICT':
    case 'NOT_ACTIVE_PARTICIPANT':
      return 'Somebody else was a moment faster. The clocks show how it stands.';
    case 'INVALID_STATE_TRANSITION':
      return 'That does not go with how the game stands now.';
    case 'RATE_LIMIT_EXCEEDED':
      return 'That was a little too fast. Try again in a second.';
    case 'NETWORK_ERROR':
    case 'TIMEOUT':
    case 'SERVICE_UNAVAILABLE':
      return 'The server can’t be reached right now. Running clocks keep the right time meanwhile.';
    case 'VALIDATION_ERROR':
      return wordsForIssues(Array.isArray(error.details) ? error.details : []);
    case 'PARTICIPANT_NOT_FOUND':
      return 'Nobody of that name is in this game.';
    case 'PARTICIPANT_EXPIRED':
      return 'There is no time left for that turn.';
    case 'SESSION_EXISTS':
      return 'There is such a game already. Try again.';
    case 'PAYLOAD_TOO_LARGE':
      return 'That is more than the server takes: fewer or shorter names will do.';
    case 'STATE_DESERIALIZATION_ERROR':
      return 'The server can’t read this game any more.';
    default:
      return 'Something went wrong on the server. Try again in a moment.';
  }
}

/** Only time given or taken can be refused for its value on this page; forms have words of their own. */
function wordsForIssues(issues: readonly FieldIssue[]): string {
  const code = issues.find(({ field }) => field === 'delta_ms')?.code;
  if (code === 'expired') return 'This clock has run out, and stays so.';
  if (code === 'unsupported') return 'This stopwatch never stops by itself, so there is nothing to adjust.';
  return code === undefined
    ? 'The server does not take this.'
    : 'Something must be left on the clock, at most 24 hours and no more than it may hold.';
}

/** Why a game is not shown, yet or any more. */
export function whyNothing(error: SyncKairosError): string {
  if (error.code !== 'RATE_LIMIT_EXCEEDED') return explain(error);
  return 'Many devices on this network ask at once, and the server lets each network ask so often only. This page asks again by itself, within about a minute.';
}
