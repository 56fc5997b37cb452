import { hasItem } from '#clock';
import {
  CLOCK_MAX_MS,
  CLOCK_MIN_MS,
  type CreatePayload,
  type FieldIssue,
  type ItemInput,
  type ItemState,
  type SessionState,
  type SwitchPayload,
} from '#contract';
import { invalid, type Refusal } from './refusal.ts';

/** The parts of a session by which its items are checked: its participants and the time of a cycle. */
type ForItems = Pick<CreatePayload, 'time_per_cycle_ms' | 'concurrent'> & {
  participants?: readonly { participant_id: string }[] | undefined;
};

/** The items of a programme that has not begun. They have passed `checkItems`. */
export function itemsOf(inputs: readonly ItemInput[], { time_per_cycle_ms }: Pick<CreatePayload, 'time_per_cycle_ms'>): ItemState[] {
  return inputs.map(({ title, participant_id, auto_advance, metadata, ...input }, place) => ({
    item_id: itemId(input, place),
    ...(title === undefined ? {} : { title }),
    time_ms: input.time_ms ?? time_per_cycle_ms ?? 0,
    ...(participant_id === undefined ? {} : { participant_id }),
    ...(auto_advance === undefined ? {} : { auto_advance }),
    ...(metadata === undefined ? {} : { metadata }),
    status: 'waiting',
    started_at: null,
    ended_at: null,
    used_ms: 0,
  }));
}

/** The id of an item, by its place in the list where it has none. */
export function itemId({ item_id }: ItemInput, place: number): string {
  return item_id ?? `item-${place + 1}`;
}

/** The faults of a create's programme; empty if there are none. */
export function checkProgramme(payload: CreatePayload): FieldIssue[] {
  const { sync_mode, items, rounds, active_participant_id, active_group_id } = payload;
  const issues: FieldIssue[] = [];
  const unsupported = (field: string, message: string) => issues.push({ field, message, code: 'unsupported' });
  if (items === undefined) {
    if (rounds !== undefined) unsupported('rounds', 'Only a programme has rounds: items are missing');
    return issues;
  }
  if (sync_mode !== 'per_cycle') unsupported('items', `Only per_cycle has a programme, not ${sync_mode}`);
  if (active_participant_id !== undefined) unsupported('active_participant_id', WHOSE_TURN);
  if (active_group_id !== undefined) unsupported('active_group_id', WHOSE_TURN);
  if (payload.max_cycles !== undefined) unsupported('max_cycles', 'The programme says how many cycles there are');
  return [...issues, ...checkItems(items, payload)];
}

const WHOSE_TURN = 'The items of the programme say whose turn it is';

/** The faults of given items; empty if there are none. */
export function checkItems(items: readonly ItemInput[], { time_per_cycle_ms, concurrent, participants = [] }: ForItems): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const known = new Set(participants.map((one) => one.participant_id));
  const seen = new Set<string>();
  for (const [place, input] of items.entries()) {
    const fault = (field: keyof ItemInput, message: string, code: string) =>
      issues.push({ field: `items.${place}.${field}`, message, code });
    const id = itemId(input, place);
    if (seen.has(id)) fault('item_id', `Must be unique, and ${id} is there already`, 'not_unique');
    seen.add(id);
    if (input.time_ms === undefined && time_per_cycle_ms === undefined) {
      fault('time_ms', `Required without time_per_cycle_ms: ${CLOCK_MIN_MS} to ${CLOCK_MAX_MS}`, 'required');
    }
    if (concurrent === true && input.participant_id !== undefined)
      fault('participant_id', 'In a concurrent session nobody has the turn', 'unsupported');
    else if (input.participant_id !== undefined && !known.has(input.participant_id))
      fault('participant_id', 'Names no participant', 'not_found');
  }
  return issues;
}

/** Whether a switch can go on with what it names; a VALIDATION_ERROR where it can't. */
export function checkNextItem(
  state: SessionState,
  { next_participant_id: who, next_item_id: item }: Pick<SwitchPayload, 'next_participant_id' | 'next_item_id'>,
): Refusal | null {
  const refuseField = (field: string, message: string, code: string) => invalid([{ field, message, code }]);
  if (state.items === undefined)
    return item === undefined ? null : refuseField('next_item_id', 'This session has no programme', 'unsupported');
  if (who !== undefined) return refuseField('next_participant_id', WHOSE_TURN, 'unsupported');
  return hasItem(state, item) ? null : refuseField('next_item_id', 'Names no item of the programme', 'not_found');
}

/** A start must not name a participant where the programme names them. */
export function checkBeginner({ items }: SessionState, named: string | undefined): Refusal | null {
  if (items === undefined || named === undefined) return null;
  return invalid([{ field: 'active_participant_id', message: WHOSE_TURN, code: 'unsupported' }]);
}
