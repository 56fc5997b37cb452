/** What the console says: names, states and errors in a person's words. */
import { formatTime, type SessionState, type SyncKairosError } from '@synckairos/client';

/** A participant's name as its creator gave it, else its id. */
export function nameOf(state: SessionState, participantId: string): string {
  const { names } = state.metadata;
  const name = typeof names === 'object' && names !== null && !Array.isArray(names) ? names[participantId] : undefined;
  return typeof name === 'string' && name !== '' ? name : participantId;
}

/** What kind of game it is, for a heading. */
export function titleOf(state: SessionState): string {
  return typeof state.metadata['title'] === 'string' ? state.metadata['title'] : 'Game';
}

/** Where the game stands, in one line. */
export function standing(state: SessionState): string {
  const active = state.active_participant_id === null ? null : nameOf(state, state.active_participant_id);
  switch (state.status) {
    case 'pending':
      return 'Ready to start';
    case 'running':
      return `${active ?? 'Nobody'} to move`;
    case 'paused':
      return 'Paused';
    case 'expired':
      return `${active ?? 'The clock'} ran out of time`;
    case 'completed':
      return 'Finished';
    case 'cancelled':
      return 'Cancelled';
  }
}

/** A warning as a screen reader says it. */
export function warning(state: SessionState, participantId: string | null, thresholdMs: number): string {
  return `${participantId === null ? 'The clock' : nameOf(state, participantId)}: ${formatTime(thresholdMs, 'spoken')} left`;
}

/** Why something did not work, and what helps. */
export function explain(error: SyncKairosError): string {
  switch (error.code) {
    case 'SESSION_NOT_FOUND':
      return 'This game does not exist any more. Games that nobody uses are cleared away after a while.';
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
    default:
      return error.message;
  }
}
