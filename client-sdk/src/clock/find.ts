/**
 * Finds the clocks of a session in its state, and keeps what became of them there. Whatever depends on the mode goes by
 * modes.ts.
 */
import type { GroupState, ParticipantState, SessionState } from '../contract/state.ts';
import { type Clock, countdown } from './clock.ts';
import { concurrentClock, nextToFall } from './concurrent.ts';
import { type Share, shares } from './hourglass.ts';
import { modeOf } from './modes.ts';
import { activeParticipant, change, findGroup, findParticipant } from './turn-order.ts';

/** Whose clock is asked for: a participant's, a group's, or whatever clock the session is running. */
export type ClockOwner = { participant_id: string } | { group_id: string } | 'session';

/** A clock of a session as settled, and whether it is the one that runs while the session does. */
export interface FoundClock {
  clock: Clock;
  hasTurn: boolean;
  /** What it receives of the time that the running one uses, in an hourglass. */
  share?: Share;
  /** The instant from which it is not settled, null while it stands; undefined where it goes by that of the session. */
  since?: string | null;
  /** When it is closed whatever it has, Unix ms; only of a concurrent session. */
  closesAt?: number;
}

/** The clock of an owner; undefined where nobody has that id, or they have none in this mode. */
export function findClock(state: SessionState, owner: ClockOwner): FoundClock | undefined {
  if (owner === 'session') return sessionClock(state);
  // A participant's state names both ids and means the participant.
  if ('participant_id' in owner) {
    const participant = findParticipant(state, owner.participant_id);
    return participant && participantClock(state, participant);
  }
  const group = modeOf(state).owners === 'groups' ? findGroup(state, owner.group_id) : undefined;
  return group && groupClock(state, group);
}

/** As `findClock`, for a participant at hand. */
export function participantClock(state: SessionState, participant: ParticipantState): FoundClock | undefined {
  if (state.concurrent === true) return concurrentClock(state, participant);
  const { owners, acrossTurns } = modeOf(state);
  const isActive = participant.participant_id === state.active_participant_id;
  switch (owners) {
    case 'participants':
      return ownClock(state, participant, isActive);
    case 'groups':
      return participant.group_id === null ? undefined : findClock(state, { group_id: participant.group_id });
    case 'session':
      // Whoever waits will have all of the time.
      return acrossTurns || isActive ? sessionClock(state) : { clock: countdown(given(state), state.overrun_ms), hasTurn: false };
  }
}

/**
 * Keeps an owner's clock in a draft as it has become. The one clock of a session is what it was given less
 * `cycle_time_used_ms`: where a stopwatch was adjusted its ceiling moves, elsewhere the time counts as not used.
 */
export function keepClock(draft: SessionState, owner: ClockOwner, clock: Clock): void {
  const { main_ms } = clock;
  // A clock that falls always has main time.
  if (main_ms === null) return;
  if (owner === 'session') {
    if (modeOf(draft).counts === 'up') draft.max_time_ms = draft.cycle_time_used_ms + main_ms;
    else draft.cycle_time_used_ms = (given(draft) ?? 0) - main_ms;
    return;
  }
  const values = clock.control === undefined ? { total_time_ms: main_ms } : { total_time_ms: main_ms, clock: clock.state };
  if ('participant_id' in owner) change(draft.participants, findParticipant(draft, owner.participant_id), values);
  else change(draft.groups, findGroup(draft, owner.group_id), values);
}

/** Whose clock runs while the session does; undefined where it is nobody's turn and turns have clocks of their own. */
export function runningOwner(state: SessionState): ClockOwner | undefined {
  const { active_participant_id: participant_id, active_group_id: group_id } = state;
  switch (modeOf(state).owners) {
    case 'participants':
      return participant_id === null ? undefined : { participant_id };
    case 'groups':
      return group_id === null ? undefined : { group_id };
    case 'session':
      return 'session';
  }
}

/** Who is named when the running clock warns or runs out. */
export interface ClockHolder {
  participant_id: string | null;
  group_id: string | null;
}

/** Whose time it is: nobody's where one clock runs through all turns. */
export function clockHolder(state: SessionState): ClockHolder {
  const { owners, acrossTurns } = modeOf(state);
  if (acrossTurns) return { participant_id: null, group_id: null };
  if (owners !== 'groups') return { participant_id: state.active_participant_id, group_id: null };
  return { participant_id: activeParticipant(state)?.participant_id ?? null, group_id: state.active_group_id };
}

/** The clock that runs while the session does; of many the one that falls next. */
function sessionClock(state: SessionState): FoundClock | undefined {
  if (state.concurrent === true) return nextToFall(state);
  const owner = runningOwner(state);
  if (owner !== 'session') return owner && findClock(state, owner);
  const total = given(state);
  return { clock: countdown(total === null ? null : total - state.cycle_time_used_ms, state.overrun_ms), hasTurn: true };
}

/** As `findClock`, for a group at hand. */
export function groupClock(state: SessionState, group: GroupState): FoundClock {
  return ownClock(state, group, group.group_id === state.active_group_id);
}

/** The clock that a participant or a group has for itself. */
function ownClock(state: SessionState, owner: ParticipantState | GroupState, hasTurn: boolean): FoundClock {
  if (owner.clock === undefined) return { clock: countdown(owner.total_time_ms, state.overrun_ms), hasTurn };
  const control = owner.time_control ?? state.time_control ?? { stages: [] };
  const clock: Clock = { main_ms: owner.total_time_ms ?? 0, floor_ms: 0 - (state.overrun_ms ?? 0), control, state: owner.clock };
  const share = hasTurn || control.hourglass !== true ? undefined : shares(state).get(owner);
  return share === undefined ? { clock, hasTurn } : { clock, hasTurn, share };
}

/** What the one clock of a session has in all, ms. */
function given(state: SessionState): number | null {
  const { given: field } = modeOf(state);
  return field === null ? null : state[field];
}
