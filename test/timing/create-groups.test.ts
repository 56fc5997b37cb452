import { expect } from 'chai';
import { Match, MINUTE } from './match.ts';
import { BLUE, type Case, faults, inTeams, RED, seats, TEAMS, timed } from './payloads.ts';

const CASES: Case[] = [
  ['participants', 'per_group', 'needs one', { participants: [] }, ['participants: too_small']],
  [
    'participants.total_time_ms',
    'per_group',
    'required where groups are derived',
    { participants: [{ participant_id: 'ann', group_id: 'red' }] },
    ['participants.0.total_time_ms: required'],
  ],
  [
    'participants.total_time_ms',
    'per_group',
    'at least 1000 where groups are derived',
    { participants: inTeams({ total_time_ms: 0 }) },
    ['participants.0.total_time_ms: out_of_range', 'participants.1.total_time_ms: out_of_range'],
  ],
  [
    'participants.total_time_ms',
    'per_group',
    'optional, also 0, with given groups',
    { ...TEAMS, participants: [{ participant_id: 'ann', total_time_ms: 0 }, { participant_id: 'bob' }] },
    [],
  ],
  [
    'participants.total_time_ms',
    'per_group',
    'equal within a derived group',
    { participants: [...inTeams({ total_time_ms: MINUTE }), { participant_id: 'cem', group_id: 'red', total_time_ms: MINUTE + 1 }] },
    ['participants.2.total_time_ms: not_equal'],
  ],
  [
    'participants.group_id',
    'per_group',
    'required where groups are derived',
    { participants: timed('ann') },
    ['participants.0.group_id: required'],
  ],
  [
    'participants.group_id',
    'per_group',
    'of a given group',
    { ...TEAMS, participants: [{ participant_id: 'ann' }, { participant_id: 'bob', group_id: 'gold' }], groups: [RED] },
    ['participants.1.group_id: not_found'],
  ],
  [
    'participants.group_id',
    'per_group',
    'must not contradict members',
    { ...TEAMS, participants: [{ participant_id: 'ann', group_id: 'blue' }, { participant_id: 'bob' }] },
    ['participants.0.group_id: not_unique'],
  ],
  [
    'participants.group_id',
    'per_group',
    'everybody in a group',
    { ...TEAMS, participants: seats('ann', 'bob', 'cem') },
    ['participants.2.group_id: required'],
  ],
  [
    'participants.group_id',
    'per_group',
    'may stand in for members',
    {
      participants: inTeams(),
      groups: [
        { group_id: 'red', total_time_ms: MINUTE },
        { ...BLUE, members: [] },
      ],
    },
    [],
  ],
  ['participants.group_id', 'per_group', 'may repeat members', { participants: inTeams(), groups: [RED, BLUE] }, []],
  ['groups', 'per_group', 'none means derived', { groups: [] }, []],
  ['groups.group_id', 'per_group', 'unique', { ...TEAMS, groups: [RED, { ...BLUE, group_id: 'red' }] }, ['groups.1.group_id: not_unique']],
  [
    'groups.members',
    'per_group',
    'participants',
    { ...TEAMS, groups: [RED, { ...BLUE, members: ['bob', 'zoe'] }] },
    ['groups.1.members.1: not_found'],
  ],
  [
    'groups.members',
    'per_group',
    'in one group only',
    { ...TEAMS, groups: [RED, { ...BLUE, members: ['bob', 'ann'] }] },
    ['groups.1.members.1: not_unique'],
  ],
  [
    'groups.members',
    'per_group',
    'at least one',
    { ...TEAMS, groups: [RED, BLUE, { group_id: 'gold', total_time_ms: MINUTE }] },
    ['groups.2.members: too_small'],
  ],
  [
    'max_time_ms',
    'per_group',
    'never under a derived bank',
    { max_time_ms: MINUTE - 1, participants: [inTeams({ total_time_ms: MINUTE })[0]!] },
    ['max_time_ms: too_small'],
  ],
  [
    'max_time_ms',
    'per_group',
    'never under a given bank',
    { participants: seats('ann'), groups: [RED], max_time_ms: MINUTE - 1 },
    ['max_time_ms: too_small'],
  ],
  ['max_time_ms', 'per_group', 'may be just the bank', { ...TEAMS, max_time_ms: MINUTE }, []],
  ['active_group_id', 'per_group', 'a derived group', { active_group_id: 'blue' }, []],
  ['active_group_id', 'per_group', 'a given group', { ...TEAMS, active_group_id: 'blue' }, []],
  ['active_group_id', 'per_group', 'no other', { ...TEAMS, active_group_id: 'gold' }, ['active_group_id: not_found']],
  [
    'active_group_id',
    'per_group',
    'that of active_participant_id',
    { active_participant_id: 'ann', active_group_id: 'blue' },
    ['active_group_id: not_equal'],
  ],
  [
    'active_group_id',
    'per_group',
    'that which lists active_participant_id',
    { ...TEAMS, active_participant_id: 'ann', active_group_id: 'red' },
    [],
  ],
  [
    'active_group_id',
    'per_group',
    'not one that doesn’t',
    { ...TEAMS, active_participant_id: 'ann', active_group_id: 'blue' },
    ['active_group_id: not_equal'],
  ],
];

describe('what a session of groups may be created with', () => {
  for (const [field, mode, what, change, expected] of CASES) {
    it(`T-100 a create in ${mode} is judged by ${field}: ${what}`, () => {
      expect(faults(mode, change)).to.deep.equal(expected);
    });
  }
});

describe('the groups of a new session', () => {
  it('T-101 groups name their members and participants their groups, whichever of them create named', () => {
    const listed = new Match({ sync_mode: 'per_group', ...TEAMS });
    const joined = new Match({
      sync_mode: 'per_group',
      participants: inTeams(),
      groups: [RED, BLUE].map(({ group_id, total_time_ms }) => ({ group_id, total_time_ms })),
    });
    for (const { state } of [listed, joined]) {
      expect(state.participants.map(({ group_id }) => group_id)).to.deep.equal(['red', 'blue']);
      expect(state.groups.map(({ members }) => members)).to.deep.equal([['ann'], ['bob']]);
    }
  });

  it('T-101 a group’s bank is its own total_time_ms, else the one that all its members have', () => {
    const given = new Match({ sync_mode: 'per_group', ...TEAMS, groups: [{ ...RED, total_time_ms: 5_000 }, BLUE] });
    expect(given.times).to.deep.equal({ ann: 5_000, bob: MINUTE });
    const derived = new Match({
      sync_mode: 'per_group',
      participants: [...inTeams({ total_time_ms: 7_000 }), { participant_id: 'cem', group_id: 'red', total_time_ms: 7_000 }],
    });
    expect(derived.banks).to.deep.equal({ red: 7_000, blue: 7_000 });
    expect(derived.times).to.deep.equal({ ann: 7_000, bob: 7_000, cem: 7_000 });
  });

  it('T-101 in other modes there are no groups, and a participant keeps their group_id', () => {
    const { state } = new Match({ sync_mode: 'global', total_time_ms: MINUTE, participants: inTeams() });
    expect(state.groups).to.deep.equal([]);
    expect(state.participants.map(({ group_id }) => group_id)).to.deep.equal(['red', 'blue']);
  });
});
