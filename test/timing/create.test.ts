import { expect } from 'chai';
import type { SyncMode } from '#contract';
import { MINUTE } from './match.ts';
import { type Case, faults, inTeams, RED, seats, timed, VALID } from './payloads.ts';

const numbered = (...indexes: number[]) =>
  indexes.map((participant_index, place) => ({ participant_id: `seat-${place}`, participant_index }));

const CASES: Case[] = [
  ['participants', 'per_cycle', 'may be absent or none', { participants: [] }, []],
  ['participants', 'global', 'may be absent or none', { participants: [] }, []],
  ['participants', 'count_up', 'may be absent or none', { participants: [] }, []],
  ['participants', 'per_participant', 'needs one', { participants: undefined }, ['participants: too_small']],
  ['participant_id', 'global', 'unique', { participants: seats('ann', 'bob', 'ann') }, ['participants.2.participant_id: not_unique']],
  ['participant_index', 'global', 'unique', { participants: numbered(4, 4) }, ['participants.1.participant_index: not_unique']],
  ['participant_index', 'global', 'may have gaps and any order', { participants: numbered(9, 5) }, []],
  ['participants.total_time_ms', 'per_participant', 'required', { participants: seats('ann') }, ['participants.0.total_time_ms: required']],
  [
    'participants.total_time_ms',
    'per_participant',
    'at least 1000',
    { participants: [{ participant_id: 'ann', total_time_ms: 999 }] },
    ['participants.0.total_time_ms: out_of_range'],
  ],
  ...(['per_cycle', 'global', 'count_up'] as const).map((mode): Case => [
    'participants.total_time_ms',
    mode,
    'optional, also 0',
    { participants: [{ participant_id: 'ann', total_time_ms: 0 }, { participant_id: 'bob' }] },
    [],
  ]),
  ['participants.group_id', 'global', 'anything', { participants: inTeams() }, []],
  ...(['per_participant', 'per_cycle', 'global', 'count_up'] as const).map((mode): Case => [
    'groups',
    mode,
    'only in per_group',
    { groups: [RED] },
    ['groups: unsupported'],
  ]),
  ['total_time_ms', 'global', 'required', { total_time_ms: undefined }, ['total_time_ms: required']],
  ['total_time_ms', 'global', 'or time_per_cycle_ms', { total_time_ms: undefined, time_per_cycle_ms: MINUTE }, []],
  ['time_per_cycle_ms', 'per_cycle', 'required', { time_per_cycle_ms: undefined, total_time_ms: MINUTE }, ['time_per_cycle_ms: required']],
  [
    'max_time_ms',
    'per_participant',
    'never under a bank',
    { max_time_ms: MINUTE - 1, participants: timed('ann') },
    ['max_time_ms: too_small'],
  ],
  ['max_time_ms', 'per_participant', 'may be just the bank', { max_time_ms: MINUTE }, []],
  ['max_time_ms', 'count_up', 'is optional and may be anything', { max_time_ms: 1_000, participants: timed('ann') }, []],
  ['max_time_ms', 'global', 'says nothing', { max_time_ms: 1_000 }, []],
  [
    'active_participant_id',
    'global',
    'a participant',
    { participants: seats('ann'), active_participant_id: 'zoe' },
    ['active_participant_id: not_found'],
  ],
  [
    'active_participant_id',
    'global',
    'nobody without participants',
    { active_participant_id: 'ann' },
    ['active_participant_id: not_found'],
  ],
  ['active_group_id', 'global', 'somebody’s group', { participants: inTeams(), active_group_id: 'blue' }, []],
  ['active_group_id', 'global', 'no other', { participants: inTeams(), active_group_id: 'gold' }, ['active_group_id: not_found']],
  ['active_group_id', 'per_cycle', 'none without participants', { active_group_id: 'red' }, ['active_group_id: not_found']],
];

describe('what a session may be created with', () => {
  for (const [field, mode, what, change, expected] of CASES) {
    it(`T-100 a create in ${mode} is judged by ${field}: ${what}`, () => {
      expect(faults(mode, change)).to.deep.equal(expected);
    });
  }

  for (const mode of Object.keys(VALID) as SyncMode[]) {
    it(`T-100 a create in ${mode} with its required fields only is accepted`, () => {
      expect(faults(mode, {})).to.deep.equal([]);
    });
  }
});
