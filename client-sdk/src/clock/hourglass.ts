/** An hourglass: what the active one uses, everybody else receives, so that all clocks together stay what they were. */
import type { GroupState, ParticipantState, SessionState } from '../contract/state.ts';
import { modeOf } from './modes.ts';

/** Which part of what is used an owner receives: one of `of` equal ones, and what can't be divided if `takesRest`. */
export interface Share {
  of: number;
  takesRest: boolean;
}

/** What a share has received of a turn's first `used` ms. */
export function shareOf({ of, takesRest }: Share, used: number): number {
  const each = Math.floor(used / of);
  return takesRest ? used - each * (of - 1) : each;
}

/**
 * What a share has of a turn's first `used` ms that others may still get, ms: who takes the rest gives it up, but for
 * 1 ms, as soon as it can be divided.
 */
export function heldOf({ of, takesRest }: Share, used: number): number {
  return takesRest ? Math.max(0, (used % of) - 1) : 0;
}

/** Who receives which share: all whose turn it is not and whose clocks have not fallen. The first takes the rest. */
export function shares(state: SessionState): Map<ParticipantState | GroupState, Share> {
  const { active_participant_id, active_group_id } = state;
  const isGroups = modeOf(state).owners === 'groups';
  const entries: (ParticipantState | GroupState)[] = (isGroups ? state.groups : state.participants).filter(
    (one) => !one.has_expired && ('members' in one ? one.group_id !== active_group_id : one.participant_id !== active_participant_id),
  );
  // Participants go by their index, groups by their place.
  const orderOf = (entry: ParticipantState | GroupState, place: number): number => ('members' in entry ? place : entry.participant_index);
  const first = Math.min(...entries.map(orderOf));
  return new Map(entries.map((one, place) => [one, { of: entries.length, takesRest: orderOf(one, place) === first }]));
}
