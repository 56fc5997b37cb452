import type { ParticipantState, SessionState } from '#contract';

/** The participant with this id, if there is one. */
export function findParticipant(state: SessionState, id: string | null | undefined): ParticipantState | undefined {
  return state.participants.find((participant) => participant.participant_id === id);
}

/** The participant whose turn it is. */
export function activeParticipant(state: SessionState): ParticipantState | undefined {
  return state.active_participant_id === null ? undefined : findParticipant(state, state.active_participant_id);
}

/** The participant who begins when nobody is named: the lowest index. */
export function firstInOrder(state: SessionState): ParticipantState | undefined {
  return lowestIndex(state.participants);
}

/** The next eligible participant by `participant_index`, wrapping around; the active one itself comes last. */
export function nextInOrder(state: SessionState, eligible: (participant: ParticipantState) => boolean): ParticipantState | undefined {
  const from = activeParticipant(state)?.participant_index ?? -1;
  const candidates = state.participants.filter(eligible);
  return lowestIndex(candidates.filter((candidate) => candidate.participant_index > from)) ?? lowestIndex(candidates);
}

function lowestIndex(participants: ParticipantState[]): ParticipantState | undefined {
  let lowest: ParticipantState | undefined;
  for (const participant of participants) {
    if (lowest === undefined || participant.participant_index < lowest.participant_index) lowest = participant;
  }
  return lowest;
}
