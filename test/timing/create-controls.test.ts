import { expect } from 'chai';
import type { Stage, SyncMode, TimeControl } from '#contract';
import { MINUTE } from './match.ts';
import { type Change, faults, inTeams, seats } from './payloads.ts';

const MAIN: Stage = { time_ms: MINUTE };
const BYOYOMI = { period_ms: 30_000, periods: 5 };
const CANADIAN = { block_ms: 300_000, turns: 15 };
const DAY = 86_400_000;

const staged = (...stages: Stage[]): TimeControl => ({ stages });
const pair = (time_control: TimeControl | undefined, more: Change = {}): Change => ({
  participants: seats('ann', 'bob'),
  ...(time_control === undefined ? {} : { time_control }),
  ...more,
});
const teams = (more: Change): Change => ({ participants: inTeams(), ...more });

const CASES: [what: string, mode: SyncMode, change: Change, faults: string[]][] = [
  ['is enough for everybody', 'per_participant', pair(staged(MAIN)), []],
  ['is enough for all groups', 'per_group', teams({ time_control: staged(MAIN) }), []],
  ['says nothing where one clock runs for all', 'per_cycle', { time_control: staged(MAIN) }, ['time_control: unsupported']],
  [
    'stands for increments, ceilings and banks',
    'per_participant',
    pair(staged(MAIN), { increment_ms: 0, max_time_ms: MINUTE, total_time_ms: MINUTE }),
    ['increment_ms: unsupported', 'max_time_ms: unsupported', 'total_time_ms: unsupported'],
  ],
  [
    'stands for a participant’s bank',
    'per_participant',
    { participants: [{ participant_id: 'ann', total_time_ms: MINUTE }], time_control: staged(MAIN) },
    ['participants.0.total_time_ms: unsupported'],
  ],
  [
    'may be a participant’s own, beside a bank and an increment of others',
    'per_participant',
    {
      participants: [
        { participant_id: 'ann', time_control: staged(MAIN) },
        { participant_id: 'bob', total_time_ms: MINUTE },
      ],
      increment_ms: 1_000,
    },
    [],
  ],
  [
    'may be a group’s own, beside that of the session',
    'per_group',
    teams({ time_control: staged(MAIN), groups: [{ group_id: 'red', time_control: staged(MAIN) }, { group_id: 'blue' }] }),
    [],
  ],
  [
    'is a group’s, not a member’s',
    'per_group',
    teams({ time_control: staged(MAIN), participants: inTeams({ time_control: staged(MAIN) }) }),
    ['participants.0.time_control: unsupported', 'participants.1.time_control: unsupported'],
  ],
  [
    'a group needs one, or a bank',
    'per_group',
    teams({ groups: [{ group_id: 'red' }, { group_id: 'blue', total_time_ms: MINUTE }] }),
    ['groups.0.total_time_ms: required'],
  ],
  ['a stage before the last one ends', 'per_participant', pair(staged(MAIN, MAIN)), ['time_control.stages.0.turns: required']],
  [
    'a stage ends in one way',
    'per_participant',
    pair(staged({ ...MAIN, turns: 40, at_zero: 'next' }, MAIN)),
    ['time_control.stages.0.at_zero: unsupported'],
  ],
  ['the last stage has no turns', 'per_participant', pair(staged({ ...MAIN, turns: 40 })), ['time_control.stages.0.turns: unsupported']],
  [
    'no stage follows the last one',
    'per_participant',
    pair(staged({ ...MAIN, at_zero: 'next' })),
    ['time_control.stages.0.at_zero: unsupported'],
  ],
  [
    'a stage that repeats has turns',
    'per_participant',
    pair({ ...staged(MAIN), repeat_last: true }),
    ['time_control.stages.0.turns: required'],
  ],
  ['a stage that repeats', 'per_participant', pair({ ...staged({ ...MAIN, turns: 40 }), repeat_last: true }), []],
  [
    'when and how often needs an increment',
    'per_participant',
    pair(staged({ ...MAIN, increment_every: 2 })),
    ['time_control.stages.0.increment_ms: required'],
  ],
  [
    'a type needs a delay',
    'per_participant',
    pair(staged({ ...MAIN, delay_type: 'simple' })),
    ['time_control.stages.0.delay_ms: required'],
  ],
  [
    'Bronstein or an increment',
    'per_participant',
    pair(staged({ ...MAIN, delay_ms: 1_000, delay_type: 'bronstein', increment_ms: 1_000 })),
    ['time_control.stages.0.increment_ms: unsupported'],
  ],
  ['a delay and an increment', 'per_participant', pair(staged({ ...MAIN, delay_ms: 1_000, increment_ms: 1_000 })), []],
  [
    'a ceiling is not under the time',
    'per_participant',
    pair(staged({ ...MAIN, increment_ms: 1_000, max_time_ms: MINUTE - 1 })),
    ['time_control.stages.0.max_time_ms: too_small'],
  ],
  [
    'periods only at the end',
    'per_participant',
    pair(staged({ ...MAIN, turns: 40, byoyomi: BYOYOMI }, MAIN)),
    ['time_control.stages.0.byoyomi: unsupported'],
  ],
  [
    'periods or a block',
    'per_participant',
    pair(staged({ ...MAIN, byoyomi: BYOYOMI, canadian: CANADIAN })),
    ['time_control.stages.0.canadian: unsupported'],
  ],
  [
    'no periods with Bronstein',
    'per_participant',
    pair(staged({ ...MAIN, byoyomi: BYOYOMI, delay_ms: 1_000, delay_type: 'bronstein' })),
    ['time_control.stages.0.byoyomi: unsupported'],
  ],
  ['the first turn lasts a second', 'per_participant', pair(staged({ time_ms: 999 })), ['time_control.stages.0.time_ms: too_small']],
  ['the first turn counts everything', 'per_participant', pair(staged({ time_ms: 0, byoyomi: { period_ms: 500, periods: 2 } })), []],
  [
    'at most 400 days together',
    'per_participant',
    pair(staged({ time_ms: 0, byoyomi: { period_ms: DAY, periods: 401 } })),
    ['time_control: too_big'],
  ],
  [
    'whole units',
    'per_participant',
    pair({
      ...staged({ ...MAIN, increment_ms: 1_500, byoyomi: { period_ms: 500, periods: 1 } }),
      charge_unit_ms: 1_000,
      least_charge_ms: 1,
    }),
    [
      'time_control.least_charge_ms: not_multiple',
      'time_control.stages.0.increment_ms: not_multiple',
      'time_control.stages.0.byoyomi.period_ms: not_multiple',
    ],
  ],
  ['an hourglass', 'per_participant', pair({ ...staged(MAIN), hourglass: true }), []],
  ['an hourglass of groups', 'per_group', teams({ time_control: { ...staged(MAIN), hourglass: true } }), []],
  [
    'an hourglass for one',
    'per_participant',
    { participants: seats('ann'), time_control: { ...staged(MAIN), hourglass: true } },
    ['participants: too_small'],
  ],
  [
    'an hourglass with more than time',
    'per_participant',
    pair({ ...staged({ ...MAIN, delay_ms: 1_000 }), hourglass: true, charge_unit_ms: 1_000 }),
    ['time_control.stages.0.delay_ms: unsupported', 'time_control.charge_unit_ms: unsupported'],
  ],
  [
    'an hourglass of one of the clocks',
    'per_participant',
    { participants: [{ participant_id: 'ann', time_control: { ...staged(MAIN), hourglass: true } }] },
    ['participants.0.time_control.hourglass: unsupported'],
  ],
  [
    'a handicap in an hourglass',
    'per_participant',
    {
      participants: [{ participant_id: 'ann', time_control: staged(MAIN) }, { participant_id: 'bob' }],
      time_control: { ...staged(MAIN), hourglass: true },
    },
    ['participants.0.time_control: unsupported'],
  ],
];

describe('time controls that a session may be created with', () => {
  for (const [what, mode, change, expected] of CASES) {
    it(`T-207 in ${mode} a time control ${what}`, () => {
      expect(faults(mode, { participants: undefined, ...change })).to.deep.equal(expected);
    });
  }
});
