import { expect } from 'chai';
import type { CreatePayload, SyncMode } from '#contract';
import { at, DAY, faultOf, Match, SECOND } from './match.ts';

const TEN = 10 * SECOND;
const NAMES = ['ann', 'bob'];

/**
 * For each mode: a game whose running clock has 10 s, by which field the clock is named, and the name of the one that
 * runs.
 */
const GAMES: Record<SyncMode, { game: Partial<CreatePayload>; own: { participant_id?: string; group_id?: string }; wrong: string[] }> = {
  per_participant: {
    game: { participants: NAMES.map((participant_id) => ({ participant_id, total_time_ms: TEN })) },
    own: { participant_id: 'ann' },
    wrong: ['group_id'],
  },
  per_group: {
    game: { participants: NAMES.map((participant_id) => ({ participant_id, group_id: `of-${participant_id}`, total_time_ms: TEN })) },
    own: { group_id: 'of-ann' },
    wrong: ['participant_id'],
  },
  per_cycle: {
    game: { participants: NAMES.map((participant_id) => ({ participant_id })), time_per_cycle_ms: TEN },
    own: {},
    wrong: ['participant_id', 'group_id'],
  },
  global: {
    game: { participants: NAMES.map((participant_id) => ({ participant_id })), total_time_ms: TEN },
    own: {},
    wrong: ['participant_id', 'group_id'],
  },
  count_up: {
    game: { participants: NAMES.map((participant_id) => ({ participant_id })), max_time_ms: TEN },
    own: {},
    wrong: ['participant_id', 'group_id'],
  },
};

for (const mode of Object.keys(GAMES) as SyncMode[]) {
  const { game, own, wrong } = GAMES[mode];
  // In the bank modes `max_time_ms` is a ceiling for adjustments too; these games have none.
  const pending = () => new Match({ sync_mode: mode, ...game });
  const running = () => Match.started({ sync_mode: mode, ...game });
  const adjust = (delta_ms: number) => ({ type: 'adjust', ...own, delta_ms }) as const;

  describe(`adjusting in ${mode}`, () => {
    for (const [status, set] of [
      ['pending', () => pending().play(0, adjust(-SECOND)).play(0, { type: 'start' })],
      ['running', () => running().play(0, adjust(-SECOND))],
      ['paused', () => running().play(0, { type: 'pause' }).play(0, adjust(-SECOND)).play(0, { type: 'resume' })],
    ] as const) {
      it(`T-61 an adjustment is allowed while the session is ${status}`, () => {
        expect(set().left(0)).to.equal(9 * SECOND);
        expect(set().state.deadline_at).to.equal(at(9 * SECOND));
      });
    }

    it('T-61 an adjustment charges the running clock first, and the cycle goes on', () => {
      const match = running().play(4 * SECOND, adjust(2 * SECOND));
      expect(match.last).to.include({ event_type: 'session_adjusted', time_elapsed_ms: 4 * SECOND, time_remaining_ms: 6 * SECOND });
      expect(match.who('ann')).to.include({ time_used_ms: 4 * SECOND, cycle_count: 0, is_active: true });
      expect(match.state).to.include({ cycle_started_at: at(4 * SECOND), deadline_at: at(12 * SECOND), cycle_count: 0, status: 'running' });
      expect(match.last.metadata).to.deep.equal({ delta_ms: 2 * SECOND, ...own });
    });

    for (const [what, ms, leave, done] of [
      ['1 ms', 0, 1, true],
      ['nothing', 0, 0, false],
      ['less than nothing', 0, -1, false],
      ['24 h', 0, DAY, true],
      ['more than 24 h', 0, DAY + 1, false],
      ['1 ms, with 4 s used', 4 * SECOND, 1, true],
      ['nothing, with 4 s used', 4 * SECOND, 0, false],
      ['24 h, with 4 s used', 4 * SECOND, DAY, true],
      ['more than 24 h, with 4 s used', 4 * SECOND, DAY + 1, false],
    ] as const) {
      it(`T-62 an adjustment may ${done ? '' : 'not '}leave ${what}`, () => {
        const command = adjust(leave - (TEN - ms));
        if (done) expect(running().play(ms, command).left(ms)).to.equal(leave);
        else expect(faultOf(running().refusal(ms, command))).to.equal('delta_ms: out_of_range');
      });
    }

    for (const field of wrong) {
      it(`T-63 an adjustment with ${field} is refused, since it names no clock in this mode`, () => {
        const refusal = running().refusal(0, { type: 'adjust', ...own, [field]: 'ann', delta_ms: 5 });
        expect(faultOf(refusal)).to.equal(`${field}: unsupported`);
      });
    }

    for (const field of Object.keys(own)) {
      it(`T-63 an adjustment is refused without ${field}, and with one that does not exist`, () => {
        expect(faultOf(running().refusal(0, { type: 'adjust', delta_ms: 5 }))).to.equal(`${field}: required`);
        expect(running().refusal(0, { type: 'adjust', [field]: 'nobody', delta_ms: 5 }).code).to.equal('PARTICIPANT_NOT_FOUND');
      });
    }

    it('T-64 an adjustment never revives a session that has expired', () => {
      const refusal = running().refusal(TEN, adjust(SECOND));
      expect(refusal.code).to.equal('INVALID_STATE_TRANSITION');
      expect(
        running()
          .play(TEN - 1, adjust(SECOND))
          .left(TEN - 1),
      ).to.equal(1 + SECOND);
    });

    it('T-61 an adjustment by 0 changes no time, and makes a version', () => {
      const match = running().play(SECOND, adjust(0));
      expect(match.state).to.include({ version: 3, deadline_at: at(TEN) });
    });
  });
}

describe('adjusting what can’t be adjusted', () => {
  it('T-64 an adjustment never revives a participant who has expired', () => {
    const match = Match.started({ sync_mode: 'per_participant', ...GAMES.per_participant.game, auto_advance: true }).pass(TEN);
    expect(faultOf(match.refusal(TEN, { type: 'adjust', participant_id: 'ann', delta_ms: SECOND }))).to.equal('delta_ms: expired');
  });

  it('T-64 an adjustment never revives a group that has expired', () => {
    const match = Match.started({ sync_mode: 'per_group', ...GAMES.per_group.game, auto_advance: true }).pass(TEN);
    expect(faultOf(match.refusal(TEN, { type: 'adjust', group_id: 'of-ann', delta_ms: SECOND }))).to.equal('delta_ms: expired');
  });

  it('T-62 an adjustment of a stopwatch without a ceiling is refused', () => {
    expect(faultOf(Match.started({ sync_mode: 'count_up' }).refusal(SECOND, { type: 'adjust', delta_ms: 5 }))).to.equal(
      'delta_ms: unsupported',
    );
  });

  it('T-62 an adjustment leaves no more than max_time_ms in a bank', () => {
    const match = Match.started({ sync_mode: 'per_participant', ...GAMES.per_participant.game, max_time_ms: 12 * SECOND });
    expect(match.play(0, { type: 'adjust', participant_id: 'bob', delta_ms: 2 * SECOND }).times['bob']).to.equal(12 * SECOND);
    expect(faultOf(match.refusal(0, { type: 'adjust', participant_id: 'bob', delta_ms: 1 }))).to.equal('delta_ms: out_of_range');
  });
});
