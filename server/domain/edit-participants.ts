/** The participants of an edit: who joins, who gets another name or metadata, who withdraws and who returns. */
import { change as changeEntry, findGroup, modeOf } from '#clock';
import {
  type CreatePayload,
  type FieldIssue,
  type JsonObject,
  type ParticipantEdit,
  PARTICIPANT_METADATA_MAX_BYTES,
  PARTICIPANTS_MAX,
  type ParticipantState,
  type SessionState,
  type TimeControl,
} from '#contract';
import { checkConcurrent } from './check-concurrent.ts';
import { checkControls } from './check-control.ts';
import { checkParticipants } from './check-create.ts';
import { checkOverrun } from './check-overrun.ts';
import { waiting } from './clock-set.ts';
import { participantOf, withClock } from './participants.ts';
import { goOnWithoutThem, late, returned, withdrawn } from './withdraw.ts';

/** Fields that a participant has from when they join. */
const OF_JOINING = [
  'participant_index',
  'total_time_ms',
  'group_id',
  'time_control',
  'time_factor',
  'extra_time_ms',
  'closes_at',
] as const satisfies (keyof ParticipantEdit)[];

type Fault = (field: keyof ParticipantEdit, message: string, code: string) => void;

/** Whether an edit takes somebody out of the order, or lets them return. */
export function movesSomebody(edits: readonly Pick<ParticipantEdit, 'withdrawn'>[] = []): boolean {
  return edits.some((one) => one.withdrawn !== undefined);
}

/**
 * Applies an edit of participants to a draft at `at` (Unix ms); who has withdrawn still has the turn. Returns what is
 * wrong with it.
 */
export function editParticipants(draft: SessionState, edits: readonly ParticipantEdit[], at: number): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const places = new Map(draft.participants.map((one, index) => [one.participant_id, index]));
  const indexes = indexesOf(draft, edits, places);
  const isHourglass = draft.time_control?.hourglass === true;
  const seen = new Set<string>();
  for (const [place, input] of edits.entries()) {
    const { participant_id: id } = input;
    const fault: Fault = (field, message, code) => issues.push({ field: `participants.${place}.${field}`, message, code });
    if (seen.has(id)) fault('participant_id', 'Must be unique', 'not_unique');
    seen.add(id);
    const index = places.get(id);
    if (isHourglass && (index === undefined || input.withdrawn !== undefined)) {
      const field = index === undefined ? 'participant_id' : 'withdrawn';
      fault(field, 'The clocks of an hourglass are those with which it began', 'unsupported');
    } else if (index === undefined) join(draft, input, indexes.get(id) ?? 0, at, fault, issues, place);
    else changeOne(draft, index, input, at, fault);
  }
  if (draft.participants.length > PARTICIPANTS_MAX) {
    const message = `Would be ${draft.participants.length}, of at most ${PARTICIPANTS_MAX}`;
    issues.push({ field: 'participants', message, code: 'too_big' });
  }
  if (draft.status === 'pending' && needsSomebody(draft) && draft.participants.every((one) => one.withdrawn === true)) {
    issues.push({ field: 'participants', message: 'Before the start somebody must stay; cancel ends the session', code: 'too_small' });
  }
  return issues;
}

/** Lets a draft go on at `at` (Unix ms) after an edit by which somebody has withdrawn or returned. */
export function goOnAfter(draft: SessionState, edits: readonly ParticipantEdit[], at: number): void {
  if (edits.some((one) => one.withdrawn === true)) goOnWithoutThem(draft, at);
  // An undo might give the turn to somebody who has withdrawn.
  if (draft.undo_depth !== undefined) draft.undo_available = 0;
}

function needsSomebody(draft: SessionState): boolean {
  return draft.concurrent === true || modeOf(draft).owners !== 'session';
}

/** The places of those who join: as they say, the others behind everybody in the order in which they come. */
function indexesOf(draft: SessionState, edits: readonly ParticipantEdit[], known: ReadonlyMap<string, number>): Map<string, number> {
  const joining = edits.filter((one) => !known.has(one.participant_id));
  let last = -1;
  for (const { participant_index = -1 } of [...draft.participants, ...joining]) last = Math.max(last, participant_index);
  return new Map(joining.map((one) => [one.participant_id, one.participant_index ?? (last += 1)]));
}

/** Adds a participant to a draft, if nothing is wrong with them. */
function join(
  draft: SessionState,
  input: ParticipantEdit,
  index: number,
  at: number,
  fault: Fault,
  issues: FieldIssue[],
  place: number,
): void {
  const before = issues.length;
  if (input.withdrawn !== undefined) fault('withdrawn', 'Only somebody who is there withdraws or returns', 'unsupported');
  if (draft.participants.some((one) => one.participant_index === index)) fault('participant_index', 'Is taken', 'not_unique');
  const { max_time_ms } = draft;
  const { owners } = modeOf(draft);
  if (owners === 'groups' && input.group_id === undefined) fault('group_id', 'Must be in a group', 'required');
  else if (owners === 'groups' && findGroup(draft, input.group_id) === undefined) fault('group_id', 'Names no group', 'not_found');
  for (const { field, message, code } of faultsOfCreate(draft, input, at)) issues.push({ field: fieldOf(field, place), message, code });
  if (owners === 'participants' && max_time_ms !== null && (input.total_time_ms ?? 0) > max_time_ms)
    fault('total_time_ms', `Must not exceed max_time_ms, ${max_time_ms}`, 'too_big');
  if (draft.concurrent === true && input.closes_at === undefined && hasClosed(draft, at))
    fault('closes_at', 'Required, since the closing of the session is over', 'required');
  if (issues.length > before) return;
  draft.participants.push(enter(draft, participantOf(input, index), input.time_control));
}

/** Somebody who enters a draft, with their clock or as a member of their group, which has the bank that it had. */
function enter(draft: SessionState, one: ParticipantState, control: TimeControl | undefined): ParticipantState {
  if (draft.concurrent === true) return late(draft, waiting(draft, one));
  switch (modeOf(draft).owners) {
    case 'participants':
      return withClock(one, control, draft.time_control);
    case 'groups': {
      const group = findGroup(draft, one.group_id);
      changeEntry(draft.groups, group, { members: [...(group?.members ?? []), one.participant_id] });
      return { ...one, has_expired: group?.has_expired ?? false };
    }
    case 'session':
      return one;
  }
}

/** Whether the closing of everybody who has none of their own is over. */
function hasClosed({ closes_at }: SessionState, at: number): boolean {
  return closes_at !== undefined && Date.parse(closes_at) <= at;
}

/** What a create of such a session would refuse of a participant who joins at `at` (Unix ms). */
function faultsOfCreate(draft: SessionState, { withdrawn: _withdrawn, ...input }: ParticipantEdit, at: number): FieldIssue[] {
  const { sync_mode, concurrent, time_control, overrun_ms, starts_at, status, groups } = draft;
  const payload: CreatePayload = { sync_mode, concurrent, time_control, overrun_ms, participants: [input] };
  if (status === 'pending' && starts_at != null) payload.starts_at = starts_at;
  const issues = [...checkConcurrent(payload, at), ...checkOverrun(payload)];
  const fault = (field: string, message: string, code: string) => issues.push({ field, message, code });
  checkControls(payload, fault);
  checkParticipants({ ...payload, groups }, fault);
  return issues;
}

/** The field of an edit for a fault that a create would name. A fault of a session's field is one of `time_control`. */
function fieldOf(field: string, place: number): string {
  const own = /^participants\.0\.(.+)$/.exec(field)?.[1];
  return `participants.${place}.${own ?? 'time_control'}`;
}

/** Changes a participant of a draft who is there. */
function changeOne(draft: SessionState, index: number, input: ParticipantEdit, at: number, fault: Fault): void {
  const one = draft.participants[index];
  if (one === undefined) return;
  for (const field of OF_JOINING) {
    if (input[field] !== undefined) fault(field, `${one.participant_id} is there already, and only who joins is given it`, 'unsupported');
  }
  const { name, metadata } = input;
  const merged = metadata === undefined ? one.metadata : mergedByKeys(one.metadata ?? {}, metadata);
  if (merged !== undefined && Buffer.byteLength(JSON.stringify(merged)) > PARTICIPANT_METADATA_MAX_BYTES)
    fault('metadata', `Would exceed ${PARTICIPANT_METADATA_MAX_BYTES} bytes of JSON`, 'too_big');
  const called = { ...one, ...(name === undefined ? {} : { name }), ...(merged === undefined ? {} : { metadata: merged }) };
  const isMoved = input.withdrawn !== undefined && input.withdrawn !== (one.withdrawn ?? false);
  if (!isMoved) draft.participants[index] = called;
  else draft.participants[index] = input.withdrawn === true ? withdrawn(draft, called, at) : returned(draft, called);
}

/** Metadata with changes to its top keys; null takes one away. */
export function mergedByKeys(before: JsonObject, changes: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null));
}
