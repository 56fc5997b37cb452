/** The clocks that a session shows, in each mode. */
import {
  type ClockOwner,
  type GroupState,
  type JsonValue,
  modeOf,
  type ParticipantState,
  type SessionState,
  type TimeControl,
} from '@synckairos/client';
import { extraWords, spell } from '../setup/control-words.ts';
import { hasBid, inOrder, isAuction, nextItem, presentItem, titleOfItem, turnWords } from '../trade.ts';
import { nameOf } from '../words.ts';

export interface Face {
  /** The clock's owner for the client: the id of a participant or group, or `global` for the session. */
  who: string;
  name: string;
  /** The text below the digits, while no hint is shown there. */
  note: string;
  counts: 'down' | 'up';
  /** The time at which its bar is full, ms; null for no bar. */
  full: number | null;
  hasTurn: boolean;
  hasExpired: boolean;
  /** Whether its owner has finished by themselves, as somebody who has handed in. */
  isDone: boolean;
  /** Whose clock has a time control, and which; null for a clock that has none. */
  controlled: { owner: ClockOwner; control: TimeControl } | null;
}

/** The clocks to show: one for each bank, or the one that all share. */
export function facesOf(state: SessionState): Face[] {
  const { owners, counts, given } = modeOf(state);
  switch (owners) {
    case 'participants':
      return inOrder(state).map((player) => ({
        who: player.participant_id,
        name: nameOf(state, player.participant_id),
        // In a narrow row its end is cut off.
        note:
          state.concurrent === true || player.withdrawn === true
            ? noteOfOne(player)
            : joined(earned(state, player), turnsOf(state, player.cycle_count)),
        counts,
        full: player.given_ms ?? fullBank(state, player.participant_id, player.total_time_ms ?? 0),
        hasTurn: state.concurrent === true ? player.clock_status === 'running' : player.participant_id === state.active_participant_id,
        hasExpired: player.has_expired,
        isDone: player.clock_status === 'finished',
        controlled: controlled(state, player, { participant_id: player.participant_id }),
      }));
    case 'groups':
      return state.groups.map((group) => ({
        who: group.group_id,
        name: nameOf(state, group.group_id),
        note: joined(group.members.map((id) => nameOf(state, id)).join(', '), earned(state, group)),
        counts,
        full: fullBank(state, group.group_id, group.total_time_ms),
        hasTurn: group.group_id === state.active_group_id,
        hasExpired: group.has_expired,
        isDone: false,
        controlled: controlled(state, group, { group_id: group.group_id }),
      }));
    case 'session': {
      const full = presentItem(state)?.time_ms ?? (given === null || counts === 'up' ? null : state[given]);
      return [{ ...shared(state), counts, full, hasExpired: state.status === 'expired', isDone: false, controlled: null }];
    }
  }
}

function shared(state: SessionState): Pick<Face, 'who' | 'name' | 'note' | 'hasTurn'> {
  const item = presentItem(state);
  if (item !== undefined) return { who: 'global', name: titleOfItem(item), note: placeOf(state), hasTurn: true };
  const active = isAuction(state) && !hasBid(state) ? null : state.active_participant_id;
  const asks = isAuction(state) && state.participants.length > 0 && state.status === 'running';
  const note = joined(turnsOf(state, state.cycle_count), asks ? 'Tap who bids' : '');
  return { who: 'global', name: active === null ? '' : nameOf(state, active), note, hasTurn: true };
}

/** Where a programme stands: its round, and what comes next. */
function placeOf(state: SessionState): string {
  const { round = 1, rounds = 1 } = state;
  const next = nextItem(state);
  return joined(rounds > 1 ? `Round ${round} of ${rounds}` : '', next === undefined ? 'Last item' : `Next: ${titleOfItem(next)}`);
}

/** How a clock that runs by itself stands. */
function noteOfOne({ clock_status: status = 'waiting', withdrawn }: ParticipantState): string {
  if (withdrawn === true) return 'Withdrawn';
  return { waiting: '', running: '', paused: 'Paused', finished: 'Handed in', expired: '' }[status];
}

function turnsOf(state: SessionState, count: number): string {
  const { one, many } = turnWords(state);
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
}

function controlled(state: SessionState, of: ParticipantState | GroupState, owner: ClockOwner): Face['controlled'] {
  const control = of.clock === undefined ? undefined : (of.time_control ?? state.time_control);
  return control === undefined ? null : { owner, control };
}

/** What a turn brings. */
function earned(state: SessionState, of: ParticipantState | GroupState): string {
  const stage = (of.time_control ?? state.time_control)?.stages[of.clock?.stage ?? 0];
  if (stage !== undefined) return extraWords(stage);
  return state.increment_ms === 0 ? '' : `+${spell(state.increment_ms)} a turn`;
}

function joined(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}

/**
 * What was there at the beginning, as the creator noted it, or the present bank where an increment has lifted it above.
 */
function fullBank({ metadata }: SessionState, who: string, bank: number): number {
  const own = metadata['banks_ms'];
  const given = (isObject(own) ? own[who] : undefined) ?? metadata['bank_ms'];
  return Math.max(typeof given === 'number' ? given : 0, bank, 1);
}

function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
