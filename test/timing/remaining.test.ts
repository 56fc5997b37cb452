import { expect } from 'chai';
import { cycleTimeUsed, type ClockOwner, remaining, unsettled } from '#clock';
import type { CreatePayload } from '#contract';
import { Match, MINUTE, SECOND, unix } from './match.ts';

const NAMES = ['ann', 'bob'];
const ann = { participant_id: 'ann' };
const bob = { participant_id: 'bob' };
const red = { group_id: 'red' };
const blue = { group_id: 'blue' };

type Game = Partial<CreatePayload> & Pick<CreatePayload, 'sync_mode'>;
const teams = NAMES.map((participant_id) => ({
  participant_id,
  group_id: participant_id === 'ann' ? 'red' : 'blue',
  total_time_ms: MINUTE,
}));
const people = NAMES.map((participant_id) => ({ participant_id }));

const CHESS: Game = {
  sync_mode: 'per_participant',
  participants: NAMES.map((participant_id) => ({ participant_id, total_time_ms: MINUTE })),
};
const AUCTION: Game = { sync_mode: 'per_cycle', time_per_cycle_ms: MINUTE, participants: people };
const TEAMS: Game = { sync_mode: 'per_group', participants: teams };
const EXAM: Game = { sync_mode: 'global', total_time_ms: MINUTE, participants: people };
const WATCH: Game = { sync_mode: 'count_up', participants: people };
const CEILING: Game = { sync_mode: 'count_up', max_time_ms: MINUTE, participants: people };

/** Started at 0, switched from ann to bob at 10 s, asked at 14 s: what each clock shows. */
const TABLE: [string, Game, [ClockOwner, number | null][]][] = [
  [
    'per_participant',
    CHESS,
    [
      [ann, 50_000],
      [bob, 56_000],
      ['session', 56_000],
      [red, null],
    ],
  ],
  [
    'per_cycle',
    AUCTION,
    [
      [ann, 60_000],
      [bob, 56_000],
      ['session', 56_000],
      [red, null],
    ],
  ],
  [
    'per_group',
    TEAMS,
    [
      [ann, 50_000],
      [bob, 56_000],
      ['session', 56_000],
      [red, 50_000],
      [blue, 56_000],
    ],
  ],
  [
    'global',
    EXAM,
    [
      [ann, 46_000],
      [bob, 46_000],
      ['session', 46_000],
      [red, null],
    ],
  ],
  [
    'count_up with a ceiling',
    CEILING,
    [
      [ann, 46_000],
      [bob, 46_000],
      ['session', 46_000],
    ],
  ],
  [
    'count_up without a ceiling',
    WATCH,
    [
      [ann, null],
      [bob, null],
      ['session', null],
    ],
  ],
];
const played = (game: Game) => Match.started(game).switch(10 * SECOND);

describe('what a clock shows', () => {
  for (const [mode, game, shown] of TABLE) {
    for (const [owner, left] of shown) {
      const whose = owner === 'session' ? 'the session' : Object.values(owner)[0];
      it(`T-93 in ${mode}, the remaining time of ${whose} goes on or stands still as the mode says`, () => {
        expect(played(game).left(14 * SECOND, owner)).to.equal(left);
      });
    }

    it(`T-94 in ${mode}, a participant or group that does not exist has no remaining time`, () => {
      expect(played(game).left(0, { participant_id: 'zoe' })).to.equal(null);
      expect(played(game).left(0, { group_id: 'gold' })).to.equal(null);
    });

    it(`T-95 in ${mode}, remaining time before the cycle began is that at its beginning`, () => {
      const match = played(game);
      for (const owner of [ann, bob, 'session'] as const) expect(match.left(-9 * MINUTE, owner)).to.equal(match.left(10 * SECOND, owner));
      expect(unsettled(match.state, unix(-9 * MINUTE))).to.equal(0);
    });

    it(`T-96 in ${mode}, no remaining time is less than 0, however late`, () => {
      for (const owner of [ann, bob, 'session'] as const)
        expect(played(game).left(9_999 * MINUTE, owner)).to.satisfy((left: number | null) => left === null || left >= 0);
    });

    it(`T-97 in ${mode}, time_remaining_ms is the remaining time as of updated_at`, () => {
      for (const match of [
        new Match(game),
        Match.started(game),
        played(game),
        played(game).play(12_345, { type: 'pause' }),
        played(game).pass(99 * MINUTE),
      ]) {
        const { participants, updated_at } = match.state;
        for (const one of participants)
          expect(one.time_remaining_ms).to.equal(remaining(match.state, { participant_id: one.participant_id }, Date.parse(updated_at)));
      }
    });

    it(`T-97 in ${mode}, a standing clock goes on showing time_remaining_ms`, () => {
      const match = played(game).play(14 * SECOND, { type: 'pause' });
      for (const [owner, left] of shown) expect(match.left(9_999 * MINUTE, owner)).to.equal(left);
    });
  }

  it('T-98 before the start every clock shows what was given, and a turn without a participant has no clock', () => {
    expect(new Match(CHESS).left(MINUTE, ann)).to.equal(MINUTE);
    expect(new Match(CHESS).left(MINUTE)).to.equal(null);
    expect(new Match({ ...CHESS, active_participant_id: 'bob' }).left(MINUTE)).to.equal(MINUTE);
    expect(new Match(TEAMS).left(MINUTE)).to.equal(null);
    expect(new Match({ ...TEAMS, active_group_id: 'blue' }).left(MINUTE)).to.equal(MINUTE);
    expect(new Match(EXAM).left(MINUTE)).to.equal(MINUTE);
    expect(new Match(AUCTION).left(MINUTE)).to.equal(MINUTE);
  });

  it('T-98 a stopwatch shows what was used', () => {
    expect(cycleTimeUsed(Match.started(WATCH).switch(10 * SECOND).state, unix(14 * SECOND))).to.equal(14 * SECOND);
    expect(cycleTimeUsed(Match.started(AUCTION).switch(10 * SECOND).state, unix(14 * SECOND))).to.equal(4 * SECOND);
    expect(cycleTimeUsed(Match.started(WATCH).play(10 * SECOND, { type: 'pause' }).state, unix(14 * SECOND))).to.equal(10 * SECOND);
  });

  it('T-98 a clock that stands shows what was given, also after an adjustment of the present cycle', () => {
    expect(
      Match.started(AUCTION)
        .play(SECOND, { type: 'adjust', delta_ms: 500 })
        .left(2 * SECOND, ann),
    ).to.equal(58_500);
    expect(
      Match.started(AUCTION)
        .play(SECOND, { type: 'adjust', delta_ms: 500 })
        .left(2 * SECOND, bob),
    ).to.equal(MINUTE);
    expect(
      Match.started(CEILING)
        .play(SECOND, { type: 'adjust', delta_ms: -500 })
        .left(2 * SECOND, bob),
    ).to.equal(57_500);
  });
});
