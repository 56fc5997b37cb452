import { expect } from 'chai';
import type { CreatePayload, TimeControl } from '#contract';
import { fieldsBack, goneBack, joinedFields } from '../../server/domain/reverse.ts';
import { at, DAY, faultOf, Match, MINUTE, SECOND } from './match.ts';

const undo = (turns?: number, clock?: 'restore' | 'charge') => ({ type: 'undo' as const, turns, clock });

/** Five minutes each and three seconds a move. */
const blitz = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_participant',
    participants: [
      { participant_id: 'white', total_time_ms: 5 * MINUTE },
      { participant_id: 'black', total_time_ms: 5 * MINUTE },
    ],
    increment_ms: 3 * SECOND,
    undo_depth: 3,
    ...change,
  });

const lots = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_cycle',
    participants: [{ participant_id: 'lot-1' }, { participant_id: 'lot-2' }, { participant_id: 'lot-3' }],
    time_per_cycle_ms: MINUTE,
    undo_depth: 5,
    ...change,
  });

describe('taking turns back', () => {
  it('UN-1 only a session that was created with an undo_depth above 0 says how many turns can be taken back', () => {
    expect(blitz().state).to.include({ undo_depth: 3, undo_available: 0 });
    for (const undo_depth of [undefined, 0]) {
      expect(blitz({ undo_depth }).switch(SECOND).state).to.have.property('cycle_count', 1);
      expect(blitz({ undo_depth }).switch(SECOND).state).not.to.have.any.keys('undo_depth', 'undo_available');
    }
  });

  it('UN-2 after an undo the turn, the clocks and the counts are as when the last turn began, and the clock runs from now', () => {
    const game = blitz();
    const begun = game.state;
    game.switch(10 * SECOND).play(14 * SECOND, undo());
    expect(game.state).to.deep.equal({
      ...begun,
      version: 4,
      updated_at: at(14 * SECOND),
      cycle_started_at: at(14 * SECOND),
      deadline_at: at(14 * SECOND + 5 * MINUTE),
    });
    expect(game.last).to.deep.include({
      event_type: 'session_undone',
      participant_id: 'black',
      time_elapsed_ms: 4 * SECOND,
      metadata: { turns: 1, clock: 'restore' },
    });
  });

  it('UN-2 two turns go back at once, with what both players have used and earned', () => {
    const game = blitz()
      .switch(10 * SECOND)
      .switch(12 * SECOND)
      .switch(20 * SECOND)
      .play(25 * SECOND, undo(2));
    expect(game.state).to.include({ active_participant_id: 'black', cycle_count: 1, undo_available: 1 });
    expect(game.times).to.deep.equal({ white: 5 * MINUTE - 7 * SECOND, black: 5 * MINUTE });
  });

  it('UN-2 in per_group an undo gives back the bank, the member whose turn it was and the count of turns', () => {
    const teams = Match.started({
      sync_mode: 'per_group',
      participants: ['a1', 'a2', 'b1', 'b2'].map((participant_id) => ({
        participant_id,
        group_id: participant_id.slice(0, 1),
        total_time_ms: MINUTE,
      })),
      undo_depth: 4,
    });
    teams.switch(5 * SECOND).switch(7 * SECOND);
    const begun = teams.state;
    teams.switch(17 * SECOND).play(18 * SECOND, undo());
    expect(teams.state).to.include({ active_participant_id: 'a2', active_group_id: 'a', undo_available: 2 });
    expect(teams.state.participants).to.deep.equal(begun.participants);
    expect(teams.state.groups).to.deep.equal(begun.groups);
  });

  it('UN-2 in per_cycle an undo begins the cycle anew', () => {
    const auction = lots()
      .switch(20 * SECOND)
      .play(25 * SECOND, undo());
    expect(auction.state).to.include({ active_participant_id: 'lot-1', cycle_time_used_ms: 0, deadline_at: at(85 * SECOND) });
    expect(auction.who('lot-1')).to.include({ time_used_ms: 0, has_gone: false });
  });

  for (const mode of ['global', 'count_up'] as const) {
    it(`UN-3 in ${mode} an undo gives the turn and the counts back, and the clock runs on`, () => {
      const race = Match.started({
        sync_mode: mode,
        participants: [{ participant_id: 'ann' }, { participant_id: 'bob' }],
        [mode === 'global' ? 'total_time_ms' : 'max_time_ms']: MINUTE,
        undo_depth: 2,
      });
      race.switch(10 * SECOND).play(15 * SECOND, undo(1, 'charge'));
      expect(race.state).to.include({ active_participant_id: 'ann', cycle_count: 0, cycle_time_used_ms: 15 * SECOND });
      expect(race.who('ann')).to.include({ cycle_count: 0, has_gone: false, time_used_ms: 10 * SECOND });
      expect(race.who('bob')).to.include({ time_used_ms: 5 * SECOND });
      expect(race.left(20 * SECOND)).to.equal(40 * SECOND);
    });
  }

  it('UN-4 an undo leaves a paused session paused, and what its turn had used before goes back too', () => {
    const game = blitz()
      .play(4 * SECOND, { type: 'pause' })
      .play(MINUTE, { type: 'resume' })
      .switch(MINUTE + SECOND)
      .play(MINUTE + 3 * SECOND, { type: 'pause' })
      .play(2 * MINUTE, undo());
    expect(game.state).to.include({ status: 'paused', cycle_started_at: null, deadline_at: null, cycle_time_used_ms: 0 });
    expect(game.times).to.deep.equal({ white: 5 * MINUTE, black: 5 * MINUTE });
    expect(game.play(3 * MINUTE, { type: 'resume' }).left(3 * MINUTE + SECOND)).to.equal(5 * MINUTE - SECOND);
  });

  it('UN-5 an adjustment stays, whether it was made in the turn that is taken back or after it', () => {
    const game = blitz()
      .play(SECOND, { type: 'adjust', participant_id: 'white', delta_ms: 20 * SECOND })
      .switch(10 * SECOND)
      .play(12 * SECOND, { type: 'adjust', participant_id: 'white', delta_ms: -5 * SECOND })
      .play(13 * SECOND, { type: 'adjust', participant_id: 'black', delta_ms: 7 * SECOND })
      .play(14 * SECOND, undo());
    expect(game.times).to.deep.equal({ white: 5 * MINUTE + 15 * SECOND, black: 5 * MINUTE + 7 * SECOND });
  });

  it('UN-5 in per_cycle the cycle that an undo begins anew keeps what adjustments gave since it began', () => {
    const auction = lots()
      .play(5 * SECOND, { type: 'adjust', delta_ms: 10 * SECOND })
      .switch(20 * SECOND)
      .play(21 * SECOND, { type: 'adjust', delta_ms: 2 * SECOND })
      .play(25 * SECOND, undo());
    expect(auction.left(25 * SECOND)).to.equal(MINUTE + 12 * SECOND);
  });

  it('UN-6 after an undo with charge everybody has used what they had used, and no increment is earned', () => {
    const game = blitz()
      .switch(10 * SECOND)
      .switch(12 * SECOND)
      .play(17 * SECOND, undo(2, 'charge'));
    expect(game.times).to.deep.equal({ white: 5 * MINUTE - 15 * SECOND, black: 5 * MINUTE - 2 * SECOND });
    expect(game.state).to.include({ active_participant_id: 'white', cycle_count: 0, cycle_time_used_ms: 10 * SECOND });
    expect(game.who('white')).to.include({ time_used_ms: 15 * SECOND, has_gone: false });
    expect(game.last.metadata).to.deep.equal({ turns: 2, clock: 'charge' });
  });

  it('UN-6 after an undo with charge a cycle goes on with what it had used, and is charged no other cycle’s time', () => {
    const auction = lots()
      .switch(20 * SECOND)
      .switch(50 * SECOND)
      .play(55 * SECOND, undo(1, 'charge'));
    expect(auction.left(55 * SECOND)).to.equal(30 * SECOND);
    auction.play(57 * SECOND, undo(1, 'charge'));
    expect(auction.left(57 * SECOND)).to.equal(40 * SECOND);
    expect(auction.who('lot-2').time_used_ms).to.equal(32 * SECOND);
  });

  it('UN-7 an undo with charge that would not leave 1 ms is refused by the field clock, and changes nothing', () => {
    const game = Match.started({
      sync_mode: 'per_participant',
      participants: [{ participant_id: 'alone', total_time_ms: 10 * SECOND }],
      increment_ms: 10 * SECOND,
      undo_depth: 3,
    });
    game.switch(9 * SECOND).switch(12 * SECOND);
    const { state } = game;
    expect(faultOf(game.refusal(12 * SECOND, undo(2, 'charge')))).to.equal('clock: out_of_range');
    expect(game.state).to.equal(state);
    expect(game.play(12 * SECOND, undo(1, 'charge')).left(12 * SECOND)).to.equal(8 * SECOND);
  });

  it('UN-7 an undo after which a clock would hold more or less than an adjustment may leave is refused by the field turns', () => {
    const taken = blitz()
      .switch(SECOND)
      .play(2 * SECOND, { type: 'adjust', participant_id: 'white', delta_ms: -5 * MINUTE });
    expect(faultOf(taken.refusal(3 * SECOND, undo()))).to.equal('turns: out_of_range');
    const given = blitz({ max_time_ms: 5 * MINUTE })
      .switch(20 * SECOND)
      .play(21 * SECOND, { type: 'adjust', participant_id: 'white', delta_ms: 10 * SECOND });
    expect(faultOf(given.refusal(22 * SECOND, undo()))).to.equal('turns: out_of_range');
    expect(
      lots()
        .switch(SECOND)
        .play(2 * SECOND, { type: 'adjust', delta_ms: DAY - 59 * SECOND })
        .refusal(3 * SECOND, undo()).code,
    ).to.equal('VALIDATION_ERROR');
  });

  it('UN-8 an undo of more turns than there are is refused with how many there are; only running and paused sessions allow any', () => {
    const game = blitz().switch(SECOND);
    const refusal = game.refusal(2 * SECOND, undo(2));
    expect(refusal.code).to.equal('INVALID_STATE_TRANSITION');
    expect(refusal.details).to.deep.equal({ status: 'running', command: 'undo', available: 1 });
    expect(
      blitz({ undo_depth: 0 })
        .switch(SECOND)
        .refusal(2 * SECOND, undo()).details,
    ).to.deep.include({ available: 0 });
    game.play(3 * SECOND, { type: 'complete' });
    expect(game.state.undo_available).to.equal(0);
    expect(game.refusal(4 * SECOND, undo()).message).to.equal('Cannot undo: session is completed');
  });

  it('UN-9 at most undo_depth turns can be taken back', () => {
    const game = blitz({ undo_depth: 2 });
    for (let turn = 1; turn <= 5; turn++) expect(game.switch(turn * SECOND).state.undo_available).to.equal(Math.min(turn, 2));
    expect(game.history).to.have.lengthOf(3);
    expect(game.refusal(6 * SECOND, undo(3)).details).to.deep.include({ available: 2 });
    expect(game.play(6 * SECOND, undo(2)).state).to.include({ cycle_count: 3, undo_available: 0 });
  });

  it('UN-10 an expiry leaves no turn to take back, and a later undo does not touch what was played before it', () => {
    const auction = lots({ auto_advance: true })
      .switch(20 * SECOND)
      .pass(90 * SECOND);
    expect(auction.state).to.include({ active_participant_id: 'lot-3', cycle_count: 2, undo_available: 0 });
    expect(auction.refusal(91 * SECOND, undo()).details).to.deep.include({ available: 0 });
    auction.switch(95 * SECOND).play(96 * SECOND, undo());
    expect(auction.state).to.include({ active_participant_id: 'lot-3', cycle_count: 2 });
    expect(auction.who('lot-2').has_expired).to.equal(true);
  });

  it('UN-12 taking back one turn twice leads to the state that taking back two leads to, charged or not', () => {
    for (const clock of ['restore', 'charge'] as const) {
      const played = () =>
        blitz()
          .switch(10 * SECOND)
          .play(11 * SECOND, { type: 'adjust', participant_id: 'white', delta_ms: SECOND })
          .switch(13 * SECOND);
      const twice = played()
        .play(20 * SECOND, undo(1, clock))
        .play(20 * SECOND, undo(1, clock));
      const two = played().play(20 * SECOND, undo(2, clock));
      expect({ ...twice.state, version: two.state.version }).to.deep.equal(two.state);
      expect(twice.history).to.deep.equal(two.history);
    }
  });

  describe('with a time control', () => {
    const two = [{ participant_id: 'black' }, { participant_id: 'white' }];
    const go = (time_control: TimeControl) =>
      Match.started({ sync_mode: 'per_participant', participants: two, time_control, undo_depth: 5 });
    const byoyomi = () => go({ stages: [{ time_ms: 10 * SECOND, byoyomi: { period_ms: 30 * SECOND, periods: 5 } }] });

    it('UN-2 an undo in the middle of byo-yomi gives back the periods', () => {
      const game = byoyomi()
        .switch(5 * SECOND)
        .switch(10 * SECOND);
      const begun = game.who('black');
      game.play(50 * SECOND, { type: 'pause' }).play(60 * SECOND, { type: 'resume' });
      game.switch(110 * SECOND);
      expect(game.who('black').clock).to.include({ periods_left: 3, period_left_ms: 30 * SECOND, turns: 2 });
      game.play(115 * SECOND, undo());
      expect(game.who('black')).to.deep.equal(begun);
      expect(game.left(115 * SECOND)).to.equal(155 * SECOND);
      expect(game.who('white').clock).to.include({ turns: 1, turn_used_ms: 0 });
    });

    it('UN-6 after an undo with charge the turn goes on in the period that it had reached, and the other’s turn has cost one period', () => {
      const game = byoyomi()
        .switch(5 * SECOND)
        .switch(50 * SECOND)
        .play(60 * SECOND, undo(2, 'charge'));
      expect(game.who('black')).to.deep.include({ total_time_ms: 0, time_used_ms: 15 * SECOND });
      expect(game.who('black').clock).to.include({ turns: 0, turn_used_ms: 5 * SECOND });
      expect(game.who('white').total_time_ms).to.equal(0);
      expect(game.who('white').clock).to.deep.include({ turns: 0, turn_used_ms: 0, periods_left: 4, period_left_ms: 30 * SECOND });
    });

    it('UN-5 a clock that was given main time in byo-yomi keeps it after an undo, with all its periods', () => {
      const game = byoyomi()
        .switch(50 * SECOND)
        .play(51 * SECOND, { type: 'adjust', participant_id: 'black', delta_ms: MINUTE })
        .play(52 * SECOND, undo());
      expect(game.who('black')).to.include({ total_time_ms: 70 * SECOND, time_remaining_ms: 220 * SECOND });
    });

    it('UN-2 an undo takes back the stage that the turn entered, and what the stage added', () => {
      const game = go({
        stages: [
          { time_ms: 10 * SECOND, turns: 1 },
          { time_ms: 20 * SECOND, increment_ms: SECOND },
        ],
      });
      const begun = game.who('black');
      game.switch(4 * SECOND);
      expect(game.who('black')).to.deep.include({ total_time_ms: 26 * SECOND });
      expect(game.play(5 * SECOND, undo()).who('black')).to.deep.equal(begun);
    });

    it('T-231 a stage that an undo entered, since an adjustment had left no time of the one before, is left again by the next undo', () => {
      const game = go({ stages: [{ time_ms: 10 * SECOND, at_zero: 'next' }, { time_ms: 20 * SECOND }] });
      const begun = game.who('black').clock;
      game.switch(4 * SECOND).play(5 * SECOND, { type: 'adjust', participant_id: 'black', delta_ms: -6 * SECOND });
      game.switch(6 * SECOND).play(7 * SECOND, undo());
      expect(game.who('black')).to.deep.include({ total_time_ms: 20 * SECOND, clock: { ...begun, turns: 1, stage: 1 } });
      // The 4 s are there again, and so is the stage in which they were used.
      game.play(8 * SECOND, undo());
      expect(game.who('black')).to.deep.include({ total_time_ms: 4 * SECOND, time_remaining_ms: 24 * SECOND, clock: begun });
    });

    it('UN-2 an hourglass gives back to each what the undone turns gave to the others', () => {
      const sand = go({ stages: [{ time_ms: MINUTE }], hourglass: true })
        .switch(10 * SECOND)
        .switch(25 * SECOND);
      expect(sand.play(30 * SECOND, undo()).times).to.deep.equal({ black: 50 * SECOND, white: 70 * SECOND });
      expect(sand.play(40 * SECOND, undo(1, 'charge')).times).to.deep.equal({ black: 60 * SECOND, white: 60 * SECOND });
    });

    it('T-230 an undo that would leave whoever waits in an hourglass less than may soon go to others is refused by its field', () => {
      const participants = ['ann', 'bob', 'cem', 'dua', 'eli'].map((participant_id) => ({ participant_id }));
      const time_control: TimeControl = { stages: [{ time_ms: 10_000 }], hourglass: true };
      const sand = (delta_ms: number) =>
        Match.started({ sync_mode: 'per_participant', participants, time_control, undo_depth: 5 })
          .switch(59)
          .play(59, { type: 'adjust', participant_id: 'bob', delta_ms });
      // Of the 59 ms that Ann is charged with again Bob has 17; two of them are no longer his when she has used 60.
      const refusal = sand(-10_015).refusal(59, undo(1, 'charge'));
      expect(faultOf(refusal)).to.equal('clock: out_of_range');
      expect(refusal.message).to.contain('bob would be left with 2 ms');
      expect(sand(-10_014).play(59, undo(1, 'charge')).times).to.include({ ann: 9_941, bob: 3 });
    });
  });

  it('UN-17 an undo takes back what the turns added to a number, sets any other field to its former value, and two such steps can be joined', () => {
    const nothing = new Set<string>();
    const first = { main: 10, name: 'a', clock: { left: 5, periods: 3 } };
    const second = { main: 7, name: 'b', clock: { left: 5, periods: 2, block: 4 } };
    const third = { main: 1, name: null, clock: { left: 9, periods: 2 }, stage: 1 };
    const older = fieldsBack(first, second, nothing);
    const newer = fieldsBack(second, third, nothing);
    expect(older).to.deep.equal({ main: 3, name: ['a'], clock: { periods: 1, block: [] } });
    expect(goneBack(third, newer)).to.deep.equal(second);
    expect(goneBack(third, joinedFields(older, newer))).to.deep.equal(first);
    expect(goneBack({ ...third, main: 101 }, joinedFields(older, newer))).to.deep.equal({ ...first, main: 110 });
    expect(fieldsBack(first, { ...first }, nothing)).to.deep.equal({});
    expect(fieldsBack(first, third, new Set(['main', 'clock', 'stage']))).to.deep.equal({ name: ['a'] });
  });
});
