import type { CreatePayload, ParticipantState, SessionState } from '#contract';
import { create } from '../../server/domain/create.ts';
import { decide, type TimerCommand } from '../../server/domain/decide.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import type { Refusal } from '../../server/domain/refusal.ts';

/** Noon, when every game of these tests is created. Instants are told in milliseconds after it. */
const NOON = Date.parse('2026-06-01T12:00:00.000Z');
export const MINUTE = 60_000;

/** The ISO instant so many milliseconds after noon. */
export function at(ms: number): string {
  return new Date(NOON + ms).toISOString();
}

/** Creates a game at noon, five minutes each for white and black unless told otherwise. */
export function setUp(change: Partial<CreatePayload> = {}): SessionState {
  const decision = tryToSetUp(change);
  if (!decision.ok) throw new Error(decision.message);
  return decision.event.state;
}

/** As `setUp`, where a refusal may be meant. */
export function tryToSetUp(change: Partial<CreatePayload> = {}): ReturnType<typeof create> {
  const participants = [
    { participant_id: 'white', total_time_ms: 5 * MINUTE },
    { participant_id: 'black', total_time_ms: 5 * MINUTE },
  ];
  return create({ sync_mode: 'per_participant', participants, ...change, session_id: 'game' }, NOON);
}

/** A game that was started at noon. */
export function started(change: Partial<CreatePayload> = {}): SessionState {
  return play(setUp(change), 0, { type: 'start' });
}

/** The event that a command makes so many milliseconds after noon. */
export function eventOf(state: SessionState, ms: number, command: TimerCommand): SessionEvent {
  const decision = decide(state, command, NOON + ms);
  if (!decision.ok) throw new Error(`${command.type} was refused: ${decision.code} ${decision.message}`);
  return decision.event;
}

/** The state after a command. */
export function play(state: SessionState, ms: number, command: TimerCommand): SessionState {
  return eventOf(state, ms, command).state;
}

/** Why a command is refused. */
export function refusal(state: SessionState, ms: number, command: TimerCommand): Refusal {
  const decision = decide(state, command, NOON + ms);
  if (decision.ok) throw new Error(`${command.type} was not refused`);
  return decision;
}

/** One participant of a state. */
export function who(state: SessionState, id: string): ParticipantState {
  const found = state.participants.find((participant) => participant.participant_id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

/** What everybody has left, by name. */
export function banks(state: SessionState): Record<string, number | null> {
  return Object.fromEntries(state.participants.map((participant) => [participant.participant_id, participant.time_remaining_ms]));
}
