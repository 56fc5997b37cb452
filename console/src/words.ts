/** What the console says: names, states and errors in a person's words. */
import { formatTime, type SessionState, type SyncKairosError } from '@synckairos/client';

/** The name its creator gave to a participant or group, else its id. */
export function nameOf(state: SessionState, id: string): string {
  const { names } = state.metadata;
  const name = typeof names === 'object' && names !== null && !Array.isArray(names) ? names[id] : undefined;
  return typeof name === 'string' && name !== '' ? name : id;
}

/** What kind of game it is, for a heading. */
export function titleOf(state: SessionState): string {
  const { title } = state.metadata;
  return typeof title === 'string' && title !== '' ? title : 'Game';
}

interface TurnWords {
  /** On the button that ends a turn. */
  end: string;
  /** On the clock that waits for it. */
  hint: string;
  one: string;
  many: string;
}

const MOVES: TurnWords = { end: 'Done', hint: 'Tap or press space when done', one: 'move', many: 'moves' };
const TURNS: TurnWords = { end: 'Next', hint: 'Tap or press space when done', one: 'turn', many: 'turns' };
const LAPS: TurnWords = { end: 'Lap', hint: 'Tap or press space for a lap', one: 'lap', many: 'laps' };

const BY_PRESET = new Map(
  Object.entries<TurnWords>({
    chess: MOVES,
    rapid: MOVES,
    team: MOVES,
    auction: { end: 'New bid', hint: 'Tap or press space for a bid', one: 'bid', many: 'bids' },
    quiz: { end: 'Next question', hint: 'Tap or press space when answered', one: 'question', many: 'questions' },
    agenda: { end: 'Next item', hint: 'Tap or press space when done', one: 'time', many: 'times' },
  }),
);

/** What turns are called in this game. */
export function turnWords(state: SessionState): TurnWords {
  const { preset } = state.metadata;
  const known = typeof preset === 'string' ? BY_PRESET.get(preset) : undefined;
  return known ?? (state.sync_mode === 'global' || state.sync_mode === 'count_up' ? LAPS : TURNS);
}

/** Where the game stands, in one line. */
export function standing(state: SessionState): string {
  const active = state.active_participant_id === null ? null : nameOf(state, state.active_participant_id);
  switch (state.status) {
    case 'pending':
      return 'Ready to start';
    case 'running':
      if (active === null) return 'Running';
      return turnWords(state) === MOVES ? `${active} to move` : `Now: ${active}`;
    case 'paused':
      return 'Paused';
    case 'expired':
      return active === null || state.sync_mode === 'global' || state.sync_mode === 'count_up' ? 'Time is up' : `${active} ran out of time`;
    case 'completed':
      return 'Finished';
    case 'cancelled':
      return 'Cancelled';
  }
}

/** A warning as a screen reader says it. */
export function warning(state: SessionState, who: string | null, thresholdMs: number): string {
  return `${who === null ? 'The clock' : nameOf(state, who)}: ${formatTime(thresholdMs, 'spoken')} left`;
}

/** Why something did not work, and what helps. */
export function explain(error: SyncKairosError): string {
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
      return Array.isArray(error.details) ? error.details.map(({ field, message }) => `${field}: ${message}`).join(' ') : error.message;
    default:
      return error.message;
  }
}
