/** Whose turn it is and who comes next, by the participants and groups of a state. It does not deal with time. */
import type { GroupState, ParticipantState, SessionState } from '../contract/state.ts';

/**
 * Changes an entry of a draft, a participant or a group. The draft gets a copy of its own, since it shares its entries
 * with the state that it was made from: a session has up to a thousand of them, and an event changes two.
 */
export function change<Entry extends ParticipantState | GroupState>(
  entries: Entry[],
  entry: Entry | undefined,
  values: Partial<Entry>,
): void {
  if (entry) entries[entries.indexOf(entry)] = { ...entry, ...values };
}

/** The participant with this id, if there is one. */
export function findParticipant(state: SessionState, id: string | null | undefined): ParticipantState | undefined {
  return state.participants.find((participant) => participant.participant_id === id);
}

/** The participant with this id, if there is one who has not withdrawn. */
export function findPresent(state: SessionState, id: string | null | undefined): ParticipantState | undefined {
  const one = findParticipant(state, id);
  return one?.withdrawn === true ? undefined : one;
}

/** The group with this id, if there is one. */
export function findGroup(state: SessionState, id: string | null | undefined): GroupState | undefined {
  return state.groups.find((group) => group.group_id === id);
}

/** The participant whose turn it is. */
export function activeParticipant(state: SessionState): ParticipantState | undefined {
  return state.active_participant_id === null ? undefined : findParticipant(state, state.active_participant_id);
}

/** Makes a participant the active one, with their group. */
export function activate(draft: SessionState, participant: ParticipantState | undefined): void {
  draft.active_participant_id = participant?.participant_id ?? null;
  draft.active_group_id = participant?.group_id ?? null;
}

/**
 * The participant who begins when none is named: the lowest index, of the active group where one is named. Whoever has
 * withdrawn is passed over.
 */
export function firstInOrder(state: SessionState): ParticipantState | undefined {
  const { active_group_id: group, participants } = state;
  return lowestIndex(participants.filter((one) => one.withdrawn !== true && (group === null || one.group_id === group)));
}

/** The next eligible participant by `participant_index`, wrapping around; the active one itself comes last. */
export function nextInOrder(state: SessionState, eligible: (participant: ParticipantState) => boolean): ParticipantState | undefined {
  const from = activeParticipant(state)?.participant_index ?? -1;
  const candidates = state.participants.filter(eligible);
  return lowestIndex(candidates.filter((candidate) => candidate.participant_index > from)) ?? lowestIndex(candidates);
}

/** The groups in the order of their next turns; the active one comes last. */
export function groupsInOrder({ groups, active_group_id }: SessionState): GroupState[] {
  const from = groups.findIndex((group) => group.group_id === active_group_id) + 1;
  return [...groups.slice(from), ...groups.slice(0, from)];
}

function lowestIndex(participants: ParticipantState[]): ParticipantState | undefined {
  let lowest: ParticipantState | undefined;
  for (const participant of participants) {
    if (!lowest || participant.participant_index < lowest.participant_index) lowest = participant;
  }
  return lowest;
}

/** The one with the fewest turns; of several, the first. */
export function leastOften(participants: ParticipantState[]): ParticipantState | undefined {
  const fewest = Math.min(...participants.map((participant) => participant.cycle_count));
  return lowestIndex(participants.filter((participant) => participant.cycle_count === fewest));
}
