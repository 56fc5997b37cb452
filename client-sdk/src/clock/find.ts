/**
 * Finds the clocks of a session in its state, and writes changed clocks back. modes.ts holds what depends on the mode.
 */
import type { GroupState, ParticipantState, SessionState } from '../contract/state.ts';
import { type Clock, countdown } from './clock.ts';
import { concurrentClock, nextToFall } from './concurrent.ts';
import { type Share, shares } from './hourglass.ts';
import { modeOf } from './modes.ts';
import { presentItem, waitingTime } from './programme.ts';
import { activeParticipant, change, findGroup, findParticipant } from './turn-order.ts';

/** The owner of a clock: a participant, a group, or the session for its running clock. */
export type ClockOwner = { participant_id: string } | { group_id: string } | 'session';

/** A clock of a session as settled, and whether it is the one that runs while the session does. */
export interface FoundClock {
  clock: Clock;
  hasTurn: boolean;
  /** In an hourglass: the share that it receives of the time which the running clock uses. */
  share?: Share;
  /** The instant up to which it is settled, null while it stands; undefined where the session has that instant. */
  since?: string | null;
  /** When it is closed whatever it has, Unix ms; only of a concurrent session. */
  closesAt?: number;
}

/** The clock of an owner; undefined for an unknown id, and for an owner without a clock in this mode. */
export function findClock(state: SessionState, owner: ClockOwner): FoundClock | undefined {
  if (owner === 'session') return sessionClock(state);
  // A participant's state has both ids and means the participant.
  if ('participant_id' in owner) {
    const participant = findParticipant(state, owner.participant_id);
    return participant && participantClock(state, participant);
  }
  const group = modeOf(state).owners === 'groups' ? findGroup(state, owner.group_id) : undefined;
  return group && groupClock(state, group);
}

/** As `findClock`, for the given participant. */
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
      if (acrossTurns || isActive) return sessionClock(state);
      // A participant who waits will get all of the time.
      return {
        clock: countdown(state.items === undefined ? given(state) : waitingTime(state, participant), state.overrun_ms),
        hasTurn: false,
      };
  }
}

/**
 * Writes an owner's clock to a draft. The one clock of a session is what it was given less `cycle_time_used_ms`: an
 * adjustment of a stopwatch moves its ceiling, any other counts as time that was not used.
 */
export function keepClock(draft: SessionState, owner: ClockOwner, clock: Clock): void {
  const { main_ms } = clock;
  // A clock that can fall always has main time.
  if (main_ms === null) return;
  if (owner === 'session') {
    if (modeOf(draft).counts === 'up') draft.max_time_ms = draft.cycle_time_used_ms + main_ms;
    else draft.cycle_time_used_ms = (given(draft) ?? 0) - main_ms;
    return;
  }
  const values = clock.control ? { total_time_ms: main_ms, clock: clock.state } : { total_time_ms: main_ms };
  if ('participant_id' in owner) change(draft.participants, findParticipant(draft, owner.participant_id), values);
  else change(draft.groups, findGroup(draft, owner.group_id), values);
}

/**
 * The owner of the clock that runs while the session does; undefined where owners have clocks and it is nobody's turn.
 */
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

/** The owner whom warnings and expiries of the running clock name. */
export interface ClockHolder {
  participant_id: string | null;
  group_id: string | null;
}

/** The owner of the running time: null where one clock runs through all turns. */
export function clockHolder(state: SessionState): ClockHolder {
  const { owners, acrossTurns } = modeOf(state);
  if (acrossTurns) return { participant_id: null, group_id: null };
  if (owners !== 'groups') return { participant_id: state.active_participant_id, group_id: null };
  return { participant_id: activeParticipant(state)?.participant_id ?? null, group_id: state.active_group_id };
}

/** The clock that runs while the session does; of several the one that falls next. */
function sessionClock(state: SessionState): FoundClock | undefined {
  if (state.concurrent) return nextToFall(state);
  const { owners } = modeOf(state);
  if (owners !== 'session') {
    const owner = owners === 'groups' ? findGroup(state, state.active_group_id) : activeParticipant(state);
    return owner && ownClock(state, owner, true);
  }
  const total = given(state);
  return { clock: countdown(total === null ? null : total - state.cycle_time_used_ms, state.overrun_ms), hasTurn: true };
}

/** As `findClock`, for the given group. */
export function groupClock(state: SessionState, group: GroupState): FoundClock {
  return ownClock(state, group, group.group_id === state.active_group_id);
}

/** A participant's or group's own clock. */
function ownClock(state: SessionState, owner: ParticipantState | GroupState, hasTurn: boolean): FoundClock {
  if (!owner.clock) return { clock: countdown(owner.total_time_ms, state.overrun_ms), hasTurn };
  const control = owner.time_control ?? state.time_control ?? { stages: [] };
  const clock: Clock = { main_ms: owner.total_time_ms ?? 0, floor_ms: 0 - (state.overrun_ms ?? 0), control, state: owner.clock };
  const share = hasTurn || control.hourglass !== true ? undefined : shares(state).get(owner);
  return share ? { clock, hasTurn, share } : { clock, hasTurn };
}

/** All time of the session's one clock, ms; in a programme the time of its present item. */
function given(state: SessionState): number | null {
  const { given: field } = modeOf(state);
  if (state.items) return presentItem(state)?.time_ms ?? null;
  return field && state[field];
}
