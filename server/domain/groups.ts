import type { CreatePayload, GroupState, ParticipantInput } from '#contract';

/**
 * The groups of a `per_group` session in the order in which they take turns: as given, or derived from the
 * participants' `group_id` in the order of their lowest members, with their members' common bank.
 */
export function groupsOf({ groups, participants = [] }: CreatePayload): GroupState[] {
  if (groups !== undefined && groups.length > 0) {
    return groups.map(({ group_id, total_time_ms, members = [] }) => {
      const own = participants.filter((participant) => participant.group_id === group_id).map(idOf);
      return groupState(group_id, total_time_ms ?? 0, [...new Set([...members, ...own])]);
    });
  }
  const derived = new Map<string, GroupState>();
  for (const participant of inOrder(participants)) {
    const id = participant.group_id ?? '';
    const group = derived.get(id);
    if (group === undefined) derived.set(id, groupState(id, participant.total_time_ms ?? 0, [participant.participant_id]));
    else group.members.push(participant.participant_id);
  }
  return [...derived.values()];
}

function groupState(group_id: string, total_time_ms: number, members: string[]): GroupState {
  return { group_id, total_time_ms, time_used_ms: 0, is_active: false, has_expired: false, members };
}

function idOf(participant: ParticipantInput): string {
  return participant.participant_id;
}

function inOrder(participants: ParticipantInput[]): ParticipantInput[] {
  return participants
    .map((participant, position) => ({ participant, index: participant.participant_index ?? position }))
    .toSorted((a, b) => a.index - b.index)
    .map(({ participant }) => participant);
}
