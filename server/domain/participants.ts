/** Participants as a state has them when they enter a session, at its create or later. */
import { setUp } from '#clock';
import type { GroupState, ParticipantInput, ParticipantState, TimeControl } from '#contract';

/** A participant who enters at this place of the order. */
export function participantOf(input: ParticipantInput, participant_index: number): ParticipantState {
  const { name, metadata, time_factor, extra_time_ms, closes_at } = input;
  return {
    participant_id: input.participant_id,
    participant_index,
    group_id: input.group_id ?? null,
    total_time_ms: input.total_time_ms ?? null,
    time_used_ms: 0,
    time_remaining_ms: null,
    cycle_count: 0,
    is_active: false,
    has_expired: false,
    has_gone: false,
    ...(name === undefined ? {} : { name }),
    ...(metadata === undefined ? {} : { metadata }),
    // Makes their clock of a concurrent session another one than those of the others.
    ...(time_factor === undefined ? {} : { time_factor }),
    ...(extra_time_ms === undefined ? {} : { extra_time_ms }),
    ...(closes_at === undefined ? {} : { closes_at }),
  };
}

/** An owner with the clock of their own time control, or of the session's; unchanged without both. */
export function withClock<Owner extends ParticipantState | GroupState>(
  owner: Owner,
  own: TimeControl | undefined,
  shared: TimeControl | undefined,
): Owner {
  const control = own ?? shared;
  if (control === undefined) return owner;
  const { main_ms, state } = setUp(control);
  return { ...owner, total_time_ms: main_ms, ...(own === undefined ? {} : { time_control: own }), clock: state };
}
