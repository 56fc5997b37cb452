import {
  adjust as adjustValue,
  type Clock,
  type ClockOwner,
  type ControlledClock,
  draftOf,
  findClock,
  findGroup,
  findParticipant,
  heldOf,
  keepClock,
  modeOf,
  settleSession,
  untilFall,
} from '#clock';
import { type AdjustPayload, CLOCK_MAX_MS, CONTROL_MAX_MS, type JsonObject, type SessionState } from '#contract';
import { hasWithdrawn } from './allowed.ts';
import { record, type SessionEvent } from './event.ts';
import { invalid, type Refusal, refuse } from './refusal.ts';

export type Adjustment = Pick<AdjustPayload, 'delta_ms' | 'participant_id' | 'group_id' | 'reason'>;

/**
 * Adds time to a clock, or takes time from it, at `at` (Unix ms). Refusals: VALIDATION_ERROR, PARTICIPANT_NOT_FOUND,
 * INVALID_STATE_TRANSITION for a participant who has withdrawn.
 */
export function adjust(state: SessionState, adjustment: Adjustment, at: number): { ok: true; event: SessionEvent } | Refusal {
  const misnamed = checkNames(state, adjustment);
  if (misnamed !== null) return misnamed;
  const named = adjustment.participant_id === undefined ? undefined : findParticipant(state, adjustment.participant_id);
  if (named?.withdrawn === true) return hasWithdrawn(state, named, 'adjust');
  const draft = draftOf(state);
  const charge = settleSession(draft, at);
  const refusal = adjustClock(draft, adjustment);
  if (refusal !== null) return refusal;
  return { ok: true, event: record(state, draft, 'session_adjusted', at, charge, metadataOf(adjustment)) };
}

/** The field that names the clock's owner, by who owns clocks in the mode. */
const NAMED_BY = { participants: 'participant_id', groups: 'group_id', session: null } as const;

/** An id is required where participants or groups own clocks, and refused elsewhere. */
function checkNames(state: SessionState, adjustment: Adjustment): Refusal | null {
  const name = NAMED_BY[modeOf(state).owners];
  for (const field of ['participant_id', 'group_id'] as const) {
    const given = adjustment[field] !== undefined;
    if (name === field && !given) return fault(field, 'Required in this mode', 'required');
    if (name !== field && given) return fault(field, 'Names no clock in this mode', 'unsupported');
  }
  return null;
}

function adjustClock(draft: SessionState, { participant_id, group_id, delta_ms }: Adjustment): Refusal | null {
  const owner: ClockOwner = participant_id === undefined ? (group_id === undefined ? 'session' : { group_id }) : { participant_id };
  const clock = findClock(draft, owner)?.clock;
  if (owner !== 'session' && clock?.main_ms == null) {
    return refuse('PARTICIPANT_NOT_FOUND', `No ${participant_id ?? group_id ?? ''} in this session`);
  }
  if (clock?.main_ms == null) return fault('delta_ms', 'This stopwatch has no ceiling to move', 'unsupported');
  const bank = participant_id === undefined ? findGroup(draft, group_id) : findParticipant(draft, participant_id);
  if (bank?.has_expired === true) return fault('delta_ms', 'An expired clock is not revived', 'expired');
  const adjusted = adjustValue(clock, delta_ms);
  keepClock(draft, owner, adjusted);
  if (clock.control !== undefined) return controlFault(clock, adjusted, delta_ms, leastLeft(draft, owner));
  const most = (owner === 'session' ? null : draft.max_time_ms) ?? CLOCK_MAX_MS;
  return outOfRange(adjusted.main_ms ?? 0, adjusted.floor_ms + 1, most);
}

function outOfRange(left: number, least: number, most: number): Refusal | null {
  return left >= least && left <= most
    ? null
    : fault('delta_ms', `Must leave ${least} to ${most} ms on the clock, not ${left}`, 'out_of_range');
}

/**
 * Limits with a time control: main time stays at zero or above, or above the end of the overrun; the time until the
 * clock falls stays in its limits; and time moves by whole units.
 */
function controlFault({ main_ms, floor_ms, control }: ControlledClock, adjusted: Clock, delta: number, least: number): Refusal | null {
  const { charge_unit_ms: unit = 1 } = control;
  if (delta % unit !== 0) return fault('delta_ms', `Must be a multiple of charge_unit_ms, ${unit}`, 'not_multiple');
  if (main_ms + delta < floor_ms) {
    return fault('delta_ms', `Must leave ${floor_ms} ms of main time, which is ${main_ms}`, 'out_of_range');
  }
  return outOfRange(untilFall(adjusted) ?? 0, least, CONTROL_MAX_MS);
}

/**
 * The least time that must be left on a clock with a time control, ms, in a settled draft. In an hourglass the first of
 * those who wait holds a remainder that goes to the others as soon as it can be divided.
 */
export function leastLeft(draft: SessionState, owner: ClockOwner): number {
  const share = findClock(draft, owner)?.share;
  const used = findClock(draft, 'session')?.clock.state?.turn_used_ms;
  return 1 + (share && used !== undefined ? heldOf(share, used) : 0);
}

function fault(field: string, message: string, code: string): Refusal {
  return invalid([{ field, message, code }]);
}

function metadataOf({ delta_ms, participant_id, group_id, reason }: Adjustment): JsonObject {
  const metadata: JsonObject = { delta_ms };
  if (participant_id !== undefined) metadata['participant_id'] = participant_id;
  if (group_id !== undefined) metadata['group_id'] = group_id;
  if (reason !== undefined) metadata['reason'] = reason;
  return metadata;
}
