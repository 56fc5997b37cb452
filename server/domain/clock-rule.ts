import type { ParticipantState, SessionState, SyncMode } from '#contract';
import { perParticipant } from './rules/per-participant.ts';

/**
 * How one kind of clock behaves. Life cycle, settling and rotation are the same for all of them; a new mode, a delay or byo-yomi is one more rule here.
 * Functions that change something are given a draft that belongs to the caller.
 */
export interface ClockRule {
  /** True where one clock runs through the whole session, so that a new cycle does not start it afresh. */
  sessionClock: boolean;
  /** Takes settled milliseconds from the mode's bank, if it has one. */
  charge(draft: SessionState, elapsed: number): void;
  /** Milliseconds left on the running clock as settled; null when it can't run out. */
  left(state: SessionState): number | null;
  /** Whether the participant could begin a cycle. */
  hasTime(state: SessionState, participant: ParticipantState): boolean;
  /** Gives whoever made the switch what a switch earns. */
  increment(draft: SessionState): void;
  /** Whose turn comes after the active one's; undefined when nobody has time. */
  successor(state: SessionState): ParticipantState | undefined;
}

const RULES: Partial<Record<SyncMode, ClockRule>> = {
  per_participant: perParticipant,
};

/** The rule of a mode; undefined for a mode that can't be played yet. */
export function findRule(mode: SyncMode): ClockRule | undefined {
  return RULES[mode];
}

/** The rule of an existing session. A stored session always has one, since create refuses the others. */
export function ruleOf(state: SessionState): ClockRule {
  const rule = RULES[state.sync_mode];
  if (rule === undefined) throw new Error(`no rule for sync_mode ${state.sync_mode}`);
  return rule;
}
