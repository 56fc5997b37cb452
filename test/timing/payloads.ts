import { expect } from 'chai';
import type { CreatePayload, SyncMode } from '#contract';
import { create } from '../../server/domain/create.ts';
import { MINUTE, unix } from './match.ts';

export type Change = Partial<CreatePayload>;

export const seats = (...ids: string[]) => ids.map((participant_id) => ({ participant_id }));
export const timed = (...ids: string[]) => ids.map((participant_id) => ({ participant_id, total_time_ms: MINUTE }));
export const inTeams = (more: object = {}) => [
  { participant_id: 'ann', group_id: 'red', ...more },
  { participant_id: 'bob', group_id: 'blue', ...more },
];
export const RED = { group_id: 'red', total_time_ms: MINUTE, members: ['ann'] };
export const BLUE = { group_id: 'blue', total_time_ms: MINUTE, members: ['bob'] };

export const VALID: Record<SyncMode, Change> = {
  per_participant: { participants: timed('ann', 'bob') },
  per_cycle: { time_per_cycle_ms: MINUTE },
  per_group: { participants: inTeams({ total_time_ms: MINUTE }) },
  global: { total_time_ms: MINUTE },
  count_up: {},
};
export const TEAMS: Change = { participants: seats('ann', 'bob'), groups: [RED, BLUE] };

/** The faults of a payload, as `field: code`. */
export function faults(sync_mode: SyncMode, change: Change): string[] {
  const decision = create({ sync_mode, ...VALID[sync_mode], ...change, session_id: 'new' }, unix(0));
  if (decision.ok) return [];
  expect(decision.code).to.equal('VALIDATION_ERROR');
  return (decision.details as { field: string; code: string }[]).map(({ field, code }) => `${field}: ${code}`);
}

export type Case = [field: string, mode: SyncMode, what: string, change: Change, faults: string[]];
