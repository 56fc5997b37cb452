import type { GroupState, ParticipantState, SessionState, SyncMode } from './state.ts';
import { countUp, global } from './rule-session-clock.ts';
import { perCycle } from './rule-per-cycle.ts';
import { perGroup } from './rule-per-group.ts';
import { perParticipant } from './rule-per-participant.ts';
import type { Rules } from './rules.ts';

/** A store of time that drains while it is somebody's turn: a participant's or a group's. */
export type Bank = Pick<ParticipantState | GroupState, 'total_time_ms' | 'has_expired'>;

/** Who is named when a clock runs out or warns. */
export interface ClockHolder {
  participant_id: string | null;
  group_id: string | null;
}

/**
 * How one kind of clock behaves. Life cycle, settling, switching and expiry are the same for all of them; a new mode, a delay or byo-yomi is one more rule here.
 * Functions that change something are given a draft that belongs to the caller.
 */
export interface ClockRule {
  /** True where one clock runs through the whole session: a new cycle does not start it afresh, and when it runs out nothing follows. */
  sessionClock: boolean;
  /** Takes settled milliseconds from the mode's bank, if it has one. */
  charge(draft: SessionState, elapsed: number): void;
  /** Milliseconds left on the running clock as settled; null when it can't run out. */
  left(state: SessionState): number | null;
  /** Whether the participant could begin a cycle. */
  hasTime(state: SessionState, participant: ParticipantState): boolean;
  /** Gives whoever made the switch what it earns by these rules when `next` follows. */
  increment(draft: SessionState, next: ParticipantState | undefined, rules: Rules): void;
  /** Whose turn comes after the active one's, whose turn has been counted; undefined when nobody can follow. */
  successor(state: SessionState): ParticipantState | undefined;
  /** Notes on the active one's clock that it ran out. */
  markExpired(draft: SessionState): void;
  /** Whose clock is running. */
  holder(state: SessionState): ClockHolder;
  /** The field in which an adjustment names whose clock it means; null where there is only one clock. */
  adjusts: 'participant_id' | 'group_id' | null;
}

const RULES: Record<SyncMode, ClockRule> = {
  per_participant: perParticipant,
  per_cycle: perCycle,
  per_group: perGroup,
  global,
  count_up: countUp,
};

/** The rule by which a session's clock runs. */
export function ruleOf(state: Pick<SessionState, 'sync_mode'>): ClockRule {
  return RULES[state.sync_mode];
}
