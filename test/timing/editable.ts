/** Sessions that participants join or leave, and the edits by which they do. */
import type { CreatePayload, ParticipantEdit, ParticipantInput } from '#contract';
import { faultOf, Match, MINUTE, SECOND } from './match.ts';

export const ids = (...names: string[]): ParticipantInput[] => names.map((participant_id) => ({ participant_id }));
export const banks = (...names: string[]): ParticipantInput[] => names.map((participant_id) => ({ participant_id, total_time_ms: MINUTE }));
export const game = (change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'per_participant', participants: banks('ann', 'ben'), ...change });
export const lots = (change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'per_cycle', time_per_cycle_ms: MINUTE, participants: ids('ann', 'ben'), ...change });
export const hall = (change: Partial<CreatePayload> = {}) => game({ concurrent: true, ...change });
export const quiz = (change: Partial<CreatePayload> = {}) => lots({ concurrent: true, ...change });
export const edit = (match: Match, ms: number, ...participants: ParticipantEdit[]) => match.play(ms, { type: 'edit', participants });
export const faultsOf = (match: Match, ...participants: ParticipantEdit[]) =>
  faultOf(match.refusal(SECOND, { type: 'edit', participants }));
export const clocks = ({ state }: Match) => state.participants.map((one) => `${one.participant_id} ${one.clock_status ?? ''}`).join(', ');
