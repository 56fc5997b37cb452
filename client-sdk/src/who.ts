/** Which clock an application means. */
import { expectId } from './arguments.ts';
import type { ClockOwner } from './clock/find.ts';
import { modeOf } from './clock/modes.ts';
import { findGroup, findParticipant } from './clock/turn-order.ts';
import type { SessionState } from './contract/index.ts';

/**
 * The id of a participant or group; if both have the same id, `{ participant_id }` or `{ group_id }` tells them apart.
 * `global` or undefined: the clock of the session.
 */
export type Who = string | Exclude<ClockOwner, string> | undefined;

/**
 * The owner of the clock that `who` means in a session. A plain id means the participant, else the group, else with
 * `global` the session. Undefined if nobody has that id. @throws TypeError for an invalid id
 */
export function ownerOf(state: SessionState, who: Who): ClockOwner | undefined {
  if (who == null) return 'session';
  if (typeof who !== 'object') {
    expectId('who', who);
    return ownerOf(state, { participant_id: who }) ?? ownerOf(state, { group_id: who }) ?? (who === 'global' ? 'session' : undefined);
  }
  return ('group_id' in who ? findGroup(state, who.group_id) : findParticipant(state, who.participant_id)) && who;
}

/**
 * The same for an adjustment. In `per_group` time belongs to groups, so a plain id means the group first. An unknown id
 * is passed on, so that the server refuses it.
 */
export function bankOf(state: SessionState, who: Who): ClockOwner {
  if (who == null || typeof who === 'object') return who ?? 'session';
  const isGroups = modeOf(state).owners === 'groups';
  const group = { group_id: who };
  return (isGroups && ownerOf(state, group)) || (ownerOf(state, who) ?? (isGroups ? group : { participant_id: who }));
}

/** The warning about an unknown id. */
export function nobodyCalled(state: SessionState, who: Who): string {
  const ids = [...state.participants.map((one) => one.participant_id), ...state.groups.map((one) => one.group_id)];
  const shown = ids.slice(0, 10).join(', ') + (ids.length > 10 ? ', …' : '');
  return `Session ${state.session_id} has no ${JSON.stringify(who)}. It has: ${ids.length === 0 ? 'nobody' : shown}`;
}
