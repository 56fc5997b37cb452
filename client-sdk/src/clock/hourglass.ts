/**
 * An hourglass: the time that the active owner uses goes to all others, so that the sum of all clocks stays the same.
 */
import type { GroupState, ParticipantState, SessionState } from '../contract/state.ts';
import { modeOf } from './modes.ts';

/** The part of the used time that an owner receives: one of `of` equal parts and, with `takesRest`, the remainder. */
export interface Share {
  of: number;
  takesRest: boolean;
}

/** Time that a share has received of a turn's first `used` ms. */
export function shareOf({ of, takesRest }: Share, used: number): number {
  const each = Math.floor(used / of);
  return takesRest ? used - each * (of - 1) : each;
}

/**
 * Time of a turn's first `used` ms that a share may still lose to others, ms: the remainder less 1 ms, which is divided
 * as soon as it can be.
 */
export function heldOf({ of, takesRest }: Share, used: number): number {
  return takesRest ? Math.max(0, (used % of) - 1) : 0;
}

/** The shares of all owners who wait and whose clocks have not fallen. The first one takes the remainder. */
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
