/** Warnings of a concurrent session, in which every running clock crosses its thresholds by itself. Pure. */
import { instantOf } from '#clock';
import type { ParticipantState, SessionState } from '#contract';
import type { SessionEvent } from './event.ts';

/** One threshold that clocks cross at one instant. */
export interface Crossing {
  /** Unix ms. */
  at: number;
  threshold_ms: number;
  /** Where the threshold is a part of what the clock was given. */
  threshold_percent?: number;
  deadline_at: string;
  /** From where the threshold counts, where the clocks go on below zero. */
  zero_at?: string;
  participant_ids: string[];
}

/**
 * The thresholds that running clocks cross after `from` and up to `until` (Unix ms), in order of their instants. It
 * follows from the state alone: a clock crosses those that are under what it had when it was settled last.
 */
export function crossings(state: SessionState, from: number, until: number): Crossing[] {
  const found = new Map<string, Crossing>();
  each(state, from, (at, { participant_id: id, deadline_at = null, zero_at }, threshold_ms, threshold_percent) => {
    if (at > until || deadline_at === null) return;
    const key = `${at}/${threshold_ms}/${threshold_percent ?? ''}/${deadline_at}`;
    const known = found.get(key);
    if (known !== undefined) known.participant_ids.push(id);
    else {
      const part = threshold_percent === undefined ? {} : { threshold_percent };
      const zero = zero_at == null ? {} : { zero_at };
      found.set(key, { at, threshold_ms, ...part, deadline_at, ...zero, participant_ids: [id] });
    }
  });
  return [...found.values()].toSorted((a, b) => a.at - b.at);
}

/** When a clock next crosses a threshold after `from` (both Unix ms); null where none does. */
export function nextCrossing(state: SessionState, from: number): number | null {
  let next: number | null = null;
  each(state, from, (at) => {
    if (next === null || at < next) next = at;
  });
  return next;
}

type Visit = (at: number, one: ParticipantState, threshold: number, percent?: number) => void;

function each(state: SessionState, from: number, visit: Visit): void {
  const { participants, warning_thresholds_ms: thresholds, warning_thresholds_percent: parts = [] } = state;
  if (thresholds.length === 0 && parts.length === 0) return;
  // Many clocks fall at one instant, and reading it takes longer than everything else here.
  let [zeroText, zero] = ['', Number.NaN];
  for (const one of participants) {
    const { cycle_started_at, deadline_at, given_ms } = one;
    if (cycle_started_at == null || deadline_at == null) continue;
    const text = one.zero_at ?? deadline_at;
    if (text !== zeroText) [zeroText, zero] = [text, Date.parse(text)];
    const after = Math.max(from, instantOf(cycle_started_at));
    for (const threshold of thresholds) {
      if (zero - threshold > after) visit(zero - threshold, one, threshold);
    }
    for (const percent of parts) {
      const threshold = Math.floor(((given_ms ?? 0) * percent) / 100);
      if (zero - threshold > after) visit(zero - threshold, one, threshold, percent);
    }
  }
}

/**
 * Until when warnings were sent, or must not be sent any more, after an event: what a credit covers was crossed before,
 * and what a session that is brought back has crossed may have been told. `-Infinity` where none were.
 */
export function warnedUntil(warned: readonly number[], { event_type, at }: Pick<SessionEvent, 'event_type' | 'at'>): number {
  const until = Math.max(...warned);
  return event_type === 'session_credited' || event_type === 'session_recovered' ? Math.max(until, at) : until;
}
