import type { ParticipantState, SessionState, Status } from '#contract';
import type { TimerCommand } from './decide.ts';
import { type Refusal, refuse } from './refusal.ts';

/**
 * The statuses of a session in which each command is allowed. A command on a single clock is judged by the status of
 * that, too.
 */
const ALLOWED: Record<Exclude<TimerCommand['type'], 'delete'>, readonly Status[]> = {
  start: ['pending'],
  switch: ['running'],
  pause: ['running'],
  resume: ['paused'],
  finish: ['running', 'paused'],
  undo: ['running', 'paused'],
  adjust: ['pending', 'running', 'paused'],
  extend: ['running'],
  schedule: ['pending', 'running', 'paused'],
  edit: ['pending', 'running', 'paused'],
  complete: ['pending', 'running', 'paused', 'expired'],
  cancel: ['pending', 'running', 'paused'],
};

/** The refusal of a command that the status of its session does not allow; null if it is allowed. */
export function checkStatus(state: SessionState, type: TimerCommand['type']): Refusal | null {
  return type === 'delete' || ALLOWED[type].includes(state.status) ? null : statusSaysNo(state, type);
}

/** Refuses a command that names a participant who has withdrawn. */
export function hasWithdrawn({ status }: SessionState, { participant_id }: ParticipantState, command: TimerCommand['type']): Refusal {
  const message = `Cannot ${command}: ${participant_id} has withdrawn`;
  return refuse('INVALID_STATE_TRANSITION', message, { status, command, withdrawn: true });
}

/** Refuses a command because of the status of its session. */
export function statusSaysNo({ status }: SessionState, command: TimerCommand['type']): Refusal {
  return refuse('INVALID_STATE_TRANSITION', `Cannot ${command}: session is ${status}`, { status, command });
}
