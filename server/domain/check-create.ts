import { modeOf } from '#clock';
import { CLOCK_MAX_MS, CLOCK_MIN_MS, type CreatePayload, type FieldIssue, type ParticipantInput } from '#contract';
import { checkConcurrent } from './check-concurrent.ts';
import { checkControls } from './check-control.ts';
import { checkOverrun } from './check-overrun.ts';
import { checkTexts } from './check-texts.ts';
import { checkProgramme } from './programme.ts';

/** Describes a field at fault. */
export type Fault = (field: string, message: string, code: string) => void;

/**
 * Checks what no schema can express: rules that span fields or depend on the mode. Empty if the session can be created.
 */
export function checkCreate(payload: CreatePayload, now: number): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const fault: Fault = (field, message, code) => issues.push({ field, message, code });
  checkParticipants(payload, fault);
  checkClock(payload, fault);
  issues.push(
    ...checkOverrun(payload),
    ...checkConcurrent(payload, now),
    ...checkProgramme(payload),
    ...checkTexts(payload, payload.items === undefined ? 'participants' : 'items'),
  );
  if (modeOf(payload).owners === 'groups') checkGroups(payload, fault);
  else if (payload.groups !== undefined && payload.groups.length > 0)
    fault('groups', 'Only per_group has groups of its own', 'unsupported');
  checkActive(payload, fault);
  checkControls(payload, fault);
  return issues;
}

/** Checks the participants of a create, or one who joins: their ids, their places and their banks. */
export function checkParticipants({ sync_mode, participants = [], groups, max_time_ms, time_control }: CreatePayload, fault: Fault): void {
  const { owners } = modeOf({ sync_mode });
  if (owners !== 'session' && participants.length === 0) {
    fault('participants', 'At least one participant is required in this mode', 'too_small');
  }
  unique(participants, (participant) => participant.participant_id, 'participant_id', fault);
  unique(participants, (participant, position) => participant.participant_index ?? position, 'participant_index', fault);
  const hasBank = owners === 'participants' || (owners === 'groups' && !groups?.length);
  if (!hasBank) return;
  for (const [position, { total_time_ms: bank, time_control: own }] of participants.entries()) {
    if ((own ?? time_control) !== undefined) continue;
    const field = `participants.${position}.total_time_ms`;
    if (bank === undefined) fault(field, 'Required in this mode', 'required');
    else if (bank < CLOCK_MIN_MS) fault(field, `Must be ${CLOCK_MIN_MS} to ${CLOCK_MAX_MS}`, 'out_of_range');
    else if (bank > (max_time_ms ?? CLOCK_MAX_MS)) fault('max_time_ms', 'Must not be under an initial bank', 'too_small');
  }
}

function unique(
  participants: ParticipantInput[],
  key: (participant: ParticipantInput, position: number) => string | number,
  field: string,
  fault: Fault,
): void {
  const seen = new Set<string | number>();
  for (const [position, participant] of participants.entries()) {
    const value = key(participant, position);
    if (seen.has(value)) fault(`participants.${position}.${field}`, 'Must be unique', 'not_unique');
    seen.add(value);
  }
}

/** Checks the field from which the one clock of a session gets its time. */
function checkClock(payload: CreatePayload, fault: Fault): void {
  const { given, counts } = modeOf(payload);
  // In `count_up` the ceiling is optional, and a programme has times of its own.
  if (given === null || counts === 'up' || payload.items !== undefined) return;
  // In `global`, time_per_cycle_ms may stand for total_time_ms.
  if ((payload[given] ?? payload.time_per_cycle_ms) === undefined) fault(given, 'Required in this mode', 'required');
}

/** Every group has members, and every participant is in exactly one group. */
function checkGroups(payload: CreatePayload, fault: Fault): void {
  const { groups = [], participants = [], max_time_ms, time_control } = payload;
  if (groups.length === 0) return checkDerivedGroups(participants, fault);
  const known = new Set(participants.map((participant) => participant.participant_id));
  const groupOf = new Map<string, string>();
  const seen = new Set<string>();
  for (const [position, { group_id, total_time_ms, members = [], time_control: own }] of groups.entries()) {
    const at = `groups.${position}`;
    if (seen.has(group_id)) fault(`${at}.group_id`, 'Must be unique', 'not_unique');
    seen.add(group_id);
    if (total_time_ms === undefined) {
      if ((own ?? time_control) === undefined) fault(`${at}.total_time_ms`, 'Required in this mode', 'required');
    } else if (total_time_ms > (max_time_ms ?? CLOCK_MAX_MS)) fault('max_time_ms', 'Must not be under an initial bank', 'too_small');
    for (const [place, member] of members.entries()) {
      const field = `${at}.members.${place}`;
      if (!known.has(member)) fault(field, 'Names no participant', 'not_found');
      else if (groupOf.has(member)) fault(field, 'Is in a group already', 'not_unique');
      else groupOf.set(member, group_id);
    }
  }
  for (const [position, { participant_id, group_id }] of participants.entries()) {
    const listed = groupOf.get(participant_id);
    const own = group_id ?? listed;
    const field = `participants.${position}.group_id`;
    if (own === undefined) fault(field, 'Must be in a group', 'required');
    else if (!seen.has(own)) fault(field, 'Names no group', 'not_found');
    else if (listed !== undefined && listed !== own) fault(field, 'Must be the group that lists this member', 'not_unique');
  }
  const joined = new Set(participants.map((participant) => participant.group_id));
  for (const [position, { group_id, members = [] }] of groups.entries()) {
    if (members.length === 0 && !joined.has(group_id)) fault(`groups.${position}.members`, 'At least one member is required', 'too_small');
  }
}

function checkDerivedGroups(participants: ParticipantInput[], fault: Fault): void {
  const banks = new Map<string, number | undefined>();
  for (const [position, { group_id, total_time_ms }] of participants.entries()) {
    const at = `participants.${position}`;
    if (group_id === undefined) fault(`${at}.group_id`, 'Must be in a group', 'required');
    else if (!banks.has(group_id)) banks.set(group_id, total_time_ms);
    else if (banks.get(group_id) !== total_time_ms) fault(`${at}.total_time_ms`, 'Must be equal within a group', 'not_equal');
  }
}

/** The participant who begins must exist, and be in the group that begins. */
function checkActive(
  { sync_mode, participants = [], groups = [], active_participant_id, active_group_id }: CreatePayload,
  fault: Fault,
): void {
  const active = participants.find((participant) => participant.participant_id === active_participant_id);
  if (active_participant_id !== undefined && active === undefined) fault('active_participant_id', 'Names no participant', 'not_found');
  if (active_group_id === undefined) return;
  const listed = modeOf({ sync_mode }).owners === 'groups' ? groups.find((group) => group.group_id === active_group_id) : undefined;
  if (listed === undefined && !participants.some((participant) => participant.group_id === active_group_id)) {
    fault('active_group_id', 'Names no group', 'not_found');
  } else if (active !== undefined && active.group_id !== active_group_id && !listed?.members?.includes(active.participant_id)) {
    fault('active_group_id', 'Must be the group of active_participant_id', 'not_equal');
  }
}
