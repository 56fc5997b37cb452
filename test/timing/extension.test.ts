import { expect } from 'chai';
import type { CreatePayload, Extension } from '#contract';
import { thresholdsLifted } from '../../server/domain/warnings.ts';
import { at, faultOf, Match, MINUTE, SECOND } from './match.ts';
import { faults, seats } from './payloads.ts';

const LOT = 30 * SECOND;
const ADD: Extension = { window_ms: 10 * SECOND, by_ms: 5 * SECOND, mode: 'add' };
const RESET: Extension = { ...ADD, mode: 'reset', by_ms: 10 * SECOND };

/** An auction that was started at nine: a lot of 30 s, or lots of 30 s that follow each other. */
const auction = (extension: Extension, change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_cycle',
    time_per_cycle_ms: LOT,
    auto_advance: true,
    participants: seats('ann', 'bob'),
    extension,
    ...change,
  });
const sale = (extension: Extension, change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'global', total_time_ms: LOT, participants: seats('ann', 'bob'), extension, ...change });
const bid = (match: Match, ms: number, by = 'bob') => match.play(ms, { type: 'extend', participant_id: by });
const moved = ({ last }: Match) => last.metadata['extended_ms'];

for (const [mode, open] of [
  ['per_cycle', auction],
  ['global', sale],
] as const) {
  describe(`a soft close in ${mode}`, () => {
    for (const [when, ms, extended] of [
      ['1 ms before the window', 19_999, 0],
      ['as the window begins', 20_000, 5_000],
      ['1 ms into the window', 20_001, 5_000],
      ['1 ms before the end', 29_999, 5_000],
    ] as const) {
      it(`LT-1 LT-2 an extension ${when} moves the end by ${extended} ms, and is a version in any case`, () => {
        const lot = bid(open(ADD), ms);
        expect(lot.state).to.include({ version: 3, status: 'running', deadline_at: at(LOT + extended) });
        expect(lot.state).to.include({ extended_ms: extended, extension_count: extended === 0 ? 0 : 1 });
        expect(lot.last).to.include({ event_type: 'session_extended', time_elapsed_ms: ms, time_remaining_ms: LOT - ms });
        expect(lot.last.metadata).to.deep.equal({ extended_ms: extended, left_ms: LOT - ms, participant_id: 'bob' });
        expect(lot.pass(LOT + extended - 1).expiries).to.deep.equal([]);
        expect(lot.pass(LOT + extended).expiries).to.have.lengthOf(1);
      });
    }

    it('LT-3 add moves the end by by_ms for each extension, however close they follow each other', () => {
      const lot = bid(bid(open(ADD), 29_000, 'ann'), 29_000);
      expect(lot.state).to.include({ deadline_at: at(LOT + 10_000), extended_ms: 10_000, extension_count: 2 });
      // Now 11 s are left, which is outside the window.
      expect(moved(bid(lot, 29_000))).to.equal(0);
    });

    it('LT-3 reset moves the end to by_ms after the arrival, never back, and a call that does not move it does not count', () => {
      const lot = bid(open(RESET), 25_000);
      expect(lot.state).to.include({ deadline_at: at(35_000), extended_ms: 5_000, extension_count: 1 });
      expect(moved(bid(lot, 25_000, 'ann'))).to.equal(0);
      expect(lot.state).to.include({ deadline_at: at(35_000), extension_count: 1 });
      expect(moved(bid(lot, 25_001))).to.equal(1);
      const short = bid(open({ ...RESET, by_ms: 2_000 }), 25_000);
      expect(short.state).to.include({ deadline_at: at(LOT), extended_ms: 0, extension_count: 0 });
    });

    it('LT-4 the last extension is cut to what max_total_ms leaves, and after max_count extensions none moves the end', () => {
      const total = bid(bid(open({ ...ADD, max_total_ms: 7_000 }), 29_000), 30_000);
      expect([moved(total), total.state.extended_ms]).to.deep.equal([2_000, 7_000]);
      expect(moved(bid(total, 36_999))).to.equal(0);
      expect(total.pass(37_000).expiries).to.have.lengthOf(1);
      const count = bid(bid(open({ ...ADD, max_count: 2 }), 29_000), 29_000);
      expect([moved(count), count.state.extension_count]).to.deep.equal([5_000, 2]);
      expect(moved(bid(count, 35_000))).to.equal(0);
    });

    it('LT-5 an extension is refused in a session that is pending, paused or over, or that was created without one', () => {
      const extend = { type: 'extend' } as const;
      const pending = new Match({ sync_mode: mode, time_per_cycle_ms: LOT, extension: ADD });
      const paused = open(ADD).play(25_000, { type: 'pause' });
      const over = open(ADD, { auto_advance: false });
      const plain = Match.started({ sync_mode: mode, time_per_cycle_ms: LOT });
      for (const [match, ms, status] of [
        [pending, 0, 'pending'],
        [paused, 25_000, 'paused'],
        [over, LOT, 'expired'],
        [plain, 25_000, 'running'],
      ] as const) {
        const { code, details } = match.refusal(ms, extend);
        expect([code, details]).to.deep.equal(['INVALID_STATE_TRANSITION', { status, command: 'extend' }]);
      }
      expect(plain.state).not.to.have.any.keys('extension', 'extended_ms', 'extension_count');
    });

    it('LT-5 an extension by a name that nobody has is PARTICIPANT_NOT_FOUND, and one without a name needs no participant', () => {
      expect(open(ADD).refusal(25_000, { type: 'extend', participant_id: 'eve' }).code).to.equal('PARTICIPANT_NOT_FOUND');
      const lot = open(ADD, { participants: [] }).play(25_000, { type: 'extend', reason: 'phone' });
      expect(lot.last.metadata).to.deep.equal({ extended_ms: 5_000, left_ms: 5_000, reason: 'phone' });
    });

    it('LT-6 an extension of another cycle than the present one is CONFLICT with the state and makes no version', () => {
      const lot = open(ADD);
      const { code, details } = lot.refusal(25_000, { type: 'extend', cycle_count: 1 });
      expect([code, details]).to.deep.equal(['CONFLICT', { expected_version: 2, actual_version: 2, state: lot.state }]);
      expect(lot.play(25_000, { type: 'extend', cycle_count: 0 }).state).to.include({ version: 3, extended_ms: 5_000 });
      const after = lot.play(26_000, { type: 'switch', cycle_count: 0 });
      expect(after.refusal(26_500, { type: 'switch', cycle_count: 0 }).code).to.equal('CONFLICT');
    });

    it('LT-7 an extension that lifts the clock above a threshold arms that threshold again', () => {
      const lot = open(ADD, { warning_thresholds_ms: [9_000, 3_000] }).pass(28_000);
      const before = lot.state;
      expect(thresholdsLifted(before, bid(lot, 28_000).state)).to.deep.equal([3_000]);
    });

    it('LT-8 the window is measured on the clock as it is, after adjustments and pauses', () => {
      const lot = open(ADD).play(10_000, { type: 'adjust', delta_ms: MINUTE });
      expect(moved(bid(lot, 29_000))).to.equal(0);
      lot.play(75_000, { type: 'pause' }).play(100_000, { type: 'resume' });
      expect(bid(lot, 101_000).last.metadata).to.include({ extended_ms: 0, left_ms: 14_000 });
      expect(bid(lot, 105_000).state).to.include({ deadline_at: at(120_000), extended_ms: 5_000 });
    });
  });
}

describe('the soft close of lots that follow each other', () => {
  it('LT-9 each cycle begins with nothing extended, whether the one before ended by a switch or ran out', () => {
    const lot = bid(bid(auction({ ...ADD, max_count: 1 }), 25_000), 26_000);
    expect(lot.state).to.include({ extended_ms: 5_000, extension_count: 1 });
    expect(lot.switch(30_000).state).to.include({ extended_ms: 0, extension_count: 0, deadline_at: at(60_000) });
    expect(moved(bid(lot, 55_000))).to.equal(5_000);
    expect(lot.pass(65_000).state).to.include({ extended_ms: 0, extension_count: 0, cycle_count: 2, deadline_at: at(95_000) });
  });

  it('LT-10 in per_cycle an undo leaves the time that extensions gave, and their count, with the cycle that goes on', () => {
    const lot = bid(auction(ADD, { undo_depth: 3 }), 25_000).switch(30_000);
    bid(bid(lot, 55_000), 56_000);
    expect(lot.play(57_000, { type: 'undo' }).state).to.include({ cycle_count: 0, extended_ms: 15_000, extension_count: 3 });
    expect(lot.left(57_000)).to.equal(LOT + 15_000);
  });

  it('LT-10 in global an undo leaves the extended end', () => {
    const lot = bid(sale(ADD, { undo_depth: 3 }).switch(20_000), 25_000);
    expect(lot.play(26_000, { type: 'undo' }).state).to.include({ deadline_at: at(35_000), extended_ms: 5_000, extension_count: 1 });
  });
});

describe('creating a session with a soft close', () => {
  it('LT-11 a create with an extension is refused in other modes than per_cycle and global, beside overrun_ms, and where it could leave more than a day', () => {
    expect(faults('per_cycle', { extension: ADD })).to.deep.equal([]);
    expect(faults('global', { extension: RESET })).to.deep.equal([]);
    for (const mode of ['per_participant', 'per_group', 'count_up'] as const) {
      expect(faults(mode, { extension: ADD }), mode).to.deep.equal(['extension: unsupported']);
    }
    expect(faults('global', { extension: ADD, overrun_ms: 1_000 })).to.deep.equal(['extension: unsupported']);
    expect(faults('global', { extension: ADD, overrun_ms: 0 })).to.deep.equal([]);
    expect(faults('global', { extension: { ...ADD, window_ms: 86_400_000 } })).to.deep.equal(['extension.by_ms: too_big']);
    expect(faults('global', { extension: { ...RESET, window_ms: 86_400_000 } })).to.deep.equal([]);
  });

  it('LT-11 an adjustment has the same limits with an extension as without one', () => {
    expect(faultOf(sale(ADD).refusal(1_000, { type: 'adjust', delta_ms: -LOT }))).to.equal('delta_ms: out_of_range');
  });
});
