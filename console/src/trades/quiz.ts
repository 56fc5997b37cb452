/** A quiz: what is asked, how it stands, and what an answer is worth. Pure. */
import type { EditPayload, JsonValue, ParticipantState, SessionState } from '@synckairos/client';
import { inOrder, isScores, presentItem, questionKey, tally, titleOfItem } from '../trade.ts';

/** The signs of the choices, told apart without colour. */
export const SIGNS = ['▲', '◆', '●', '■', '★', '✚'] as const;
export const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
const USUAL_CHOICES = 4;
/** What a right answer is worth at once; at the last moment it is half of it. */
const MOST_POINTS = 1_000;
export interface Question {
  /** Names the question in the session's metadata. */
  key: string;
  title: string;
  choices: string[];
  /** From 1. */
  number: number;
  /** How many there are; null where nobody knows. */
  of: number | null;
  /** The index of the right choice; null until the host has told it. */
  right: number | null;
}

/** The question that is asked, or was asked last; null where the scores are shown. */
export function questionOf(state: SessionState): Question | null {
  const item = presentItem(state);
  if (isScores(item)) return null;
  const questions = state.items?.filter((one) => !isScores(one));
  const number = state.items === undefined ? state.cycle_count + 1 : (state.item_index ?? 0) + 1;
  const key = questionKey(state);
  const right = state.metadata[`right-${key}`];
  return {
    key,
    title: item === undefined ? `Question ${number}` : titleOfItem(item),
    choices: choicesOf(item?.metadata?.['choices']),
    number,
    of: questions?.length ?? state.max_cycles ?? null,
    right: typeof right === 'number' ? right : null,
  };
}

function choicesOf(given: JsonValue | undefined): string[] {
  const texts = Array.isArray(given) ? given.filter((text) => typeof text === 'string') : [];
  return texts.length > 1 ? texts.slice(0, SIGNS.length) : Array.from({ length: USUAL_CHOICES }, () => '');
}

/** Whether answers are still taken: somebody's clock runs. */
export function isOpen(state: SessionState): boolean {
  return tally(state).running > 0;
}

export function pointsOf({ metadata }: ParticipantState): number {
  return numberOf(metadata?.['points']);
}

/** What they got for the question that was told last. */
export function gainOf({ metadata }: ParticipantState): number {
  return numberOf(metadata?.['gain']);
}

function numberOf(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** Everybody by their points, the best first. */
export function byPoints(state: SessionState): ParticipantState[] {
  return inOrder(state).sort((a, b) => pointsOf(b) - pointsOf(a));
}

/**
 * What tells the right choice and gives the points for it. `bySpeed`: the points fall from 1000 at once to 500 at the
 * end of the time; else a right answer is one point.
 */
export function revealOf(state: SessionState, { key }: Question, right: number, bySpeed: boolean): Omit<EditPayload, 'session_id'> {
  const participants = state.participants.map((one) => {
    const gain = one.clock_status === 'finished' && one.answer === right ? worth(one, bySpeed) : 0;
    return { participant_id: one.participant_id, metadata: { points: pointsOf(one) + gain, gain } };
  });
  return { metadata: { [`right-${key}`]: right }, participants, expected_version: state.version };
}

function worth({ given_ms, cycle_time_used_ms: used = 0 }: ParticipantState, bySpeed: boolean): number {
  if (!bySpeed) return 1;
  return Math.round(MOST_POINTS * (1 - used / Math.max(1, given_ms ?? 0) / 2));
}
