import { expect } from 'chai';
import type { CreatePayload, ItemState } from '#contract';
import { create } from '../../server/domain/create.ts';
import { at, faultOf, Match, MINUTE, SECOND } from './match.ts';

/** A board meeting: a welcome, two speakers, a break. */
const AGENDA = [
  { item_id: 'welcome', title: 'Welcome', time_ms: 5 * MINUTE },
  { item_id: 'budget', title: 'Budget', time_ms: 20 * MINUTE, participant_id: 'ann' },
  { item_id: 'staff', title: 'Staff', time_ms: 15 * MINUTE, participant_id: 'ben' },
  { item_id: 'break', title: 'Break', time_ms: 10 * MINUTE },
];
const meeting = (change: Partial<CreatePayload> = {}): CreatePayload => ({
  sync_mode: 'per_cycle',
  participants: [{ participant_id: 'ann' }, { participant_id: 'ben' }],
  items: AGENDA,
  ...change,
});
const begun = (change: Partial<CreatePayload> = {}) => Match.started(meeting(change));
/** Work and rest. */
const intervals = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_cycle',
    items: [{ time_ms: 40 * SECOND }, { time_ms: 20 * SECOND }],
    rounds: 2,
    auto_advance: true,
    ...change,
  });

const itemsOf = ({ state }: Match): ItemState[] => state.items ?? [];
const marks = (match: Match) =>
  itemsOf(match)
    .map(({ status }) => status)
    .join(' ');
const used = (match: Match) => itemsOf(match).map(({ used_ms }) => used_ms);
const jump = (match: Match, ms: number, next_item_id: string) => match.play(ms, { type: 'switch', next_item_id });

describe('a programme', () => {
  it('PG-1 before the start a programme shows its items, each with its own time', () => {
    const { state } = new Match(meeting());
    expect(state).to.include({ item_index: null, round: 1, rounds: 1, active_participant_id: null });
    const fresh = { status: 'waiting', started_at: null, ended_at: null, used_ms: 0 };
    expect(state.items).to.deep.equal(AGENDA.map((item) => Object.assign({}, item, fresh)));
  });

  it('PG-1 items without an id are named by their place, and items without a time have that of a cycle', () => {
    const match = new Match({ sync_mode: 'per_cycle', time_per_cycle_ms: MINUTE, items: [{}, { item_id: 'b', time_ms: SECOND }, {}] });
    expect(itemsOf(match).map(({ item_id, time_ms }) => [item_id, time_ms])).to.deep.equal([
      ['item-1', MINUTE],
      ['b', SECOND],
      ['item-3', MINUTE],
    ]);
  });

  it('PG-1 a programme begins with its first item, and the clock has that item’s time', () => {
    const match = begun();
    expect(match.state).to.include({ item_index: 0, active_participant_id: null, deadline_at: at(5 * MINUTE) });
    expect(itemsOf(match)[0]).to.include({ status: 'running', started_at: at(0), ended_at: null, used_ms: 0 });
  });

  it('PG-1 an item makes it the turn of the participant that it names, and nobody’s where it names none', () => {
    const match = begun().switch(MINUTE);
    expect(match.state).to.include({ active_participant_id: 'ann', deadline_at: at(21 * MINUTE) });
    expect(match.switch(2 * MINUTE).who('ann')).to.include({ has_gone: true, cycle_count: 1, time_used_ms: MINUTE, is_active: false });
    expect(match.switch(3 * MINUTE).state).to.include({ active_participant_id: null, item_index: 3 });
  });

  it('PG-2 a switch goes on to the next item that waits, and each item says when it ran and for how long', () => {
    const match = begun()
      .switch(4 * MINUTE)
      .switch(30 * SECOND + 4 * MINUTE);
    expect(itemsOf(match).map(({ status, started_at, ended_at, used_ms }) => [status, started_at, ended_at, used_ms])).to.deep.equal([
      ['done', at(0), at(4 * MINUTE), 4 * MINUTE],
      ['done', at(4 * MINUTE), at(4 * MINUTE + 30 * SECOND), 30 * SECOND],
      ['running', at(4 * MINUTE + 30 * SECOND), null, 0],
      ['waiting', null, null, 0],
    ]);
  });

  it('PG-2 the switch that ends the last item completes the session, and does not go back to the first one', () => {
    const match = begun();
    for (const minute of [1, 2, 3, 4]) match.switch(minute * MINUTE);
    expect(match.last).to.include({ event_type: 'cycle_switched', time_elapsed_ms: MINUTE });
    expect(match.state).to.include({ status: 'completed', item_index: 3, cycle_started_at: null, deadline_at: null });
    expect(match.state.session_completed_at).to.equal(at(4 * MINUTE));
    expect(marks(match)).to.equal('done done done done');
    expect(match.refusal(5 * MINUTE, { type: 'switch' }).code).to.equal('INVALID_STATE_TRANSITION');
  });

  it('PG-2 a programme begins anew as often as it has rounds, with all items waiting and their used times added up', () => {
    const match = intervals({ auto_advance: false })
      .switch(30 * SECOND)
      .switch(45 * SECOND);
    expect(match.state).to.include({ round: 2, item_index: 0, deadline_at: at(85 * SECOND) });
    expect(itemsOf(match).map(({ status, started_at, used_ms }) => [status, started_at, used_ms])).to.deep.equal([
      ['running', at(45 * SECOND), 30 * SECOND],
      ['waiting', null, 15 * SECOND],
    ]);
    match.switch(50 * SECOND).switch(60 * SECOND);
    expect(match.state).to.include({ status: 'completed', round: 2, cycle_count: 4 });
    expect(used(match)).to.deep.equal([35 * SECOND, 25 * SECOND]);
  });

  it('PG-3 a jump skips the waiting items that it passes over', () => {
    const match = jump(begun(), MINUTE, 'break');
    expect(marks(match)).to.equal('done skipped skipped running');
    expect(match.last.metadata).to.deep.equal({ next_item_id: 'break' });
    expect(match.state).to.include({ item_index: 3, deadline_at: at(11 * MINUTE) });
  });

  it('PG-3 an item to which a switch jumps back begins anew, and the item that was left waits again', () => {
    const match = jump(
      begun()
        .switch(MINUTE)
        .switch(2 * MINUTE),
      3 * MINUTE,
      'welcome',
    );
    expect(marks(match)).to.equal('running done waiting waiting');
    expect(match.state.deadline_at).to.equal(at(8 * MINUTE));
    expect(used(match)).to.deep.equal([MINUTE, MINUTE, MINUTE, 0]);
    // Forward from there it passes the one that is done.
    expect(marks(match.switch(4 * MINUTE))).to.equal('done done running waiting');
    expect(used(match)).to.deep.equal([2 * MINUTE, MINUTE, MINUTE, 0]);
  });

  it('PG-3 a switch may name a skipped item, and the running one, which begins anew', () => {
    const match = jump(jump(begun(), MINUTE, 'staff'), 2 * MINUTE, 'budget');
    expect(marks(match)).to.equal('done running waiting waiting');
    expect(jump(match, 3 * MINUTE, 'budget').state).to.include({ deadline_at: at(23 * MINUTE), cycle_count: 3 });
    expect(itemsOf(match)[1]).to.include({ status: 'running', started_at: at(3 * MINUTE), ended_at: null, used_ms: MINUTE });
  });

  it('PG-3 a switch must name an item that exists, and may name no participant', () => {
    const match = begun();
    expect(faultOf(match.refusal(1, { type: 'switch', next_item_id: 'lunch' }))).to.equal('next_item_id: not_found');
    expect(faultOf(match.refusal(1, { type: 'switch', next_participant_id: 'ann' }))).to.equal('next_participant_id: unsupported');
    const lots = Match.started({ sync_mode: 'per_cycle', time_per_cycle_ms: MINUTE });
    expect(faultOf(lots.refusal(1, { type: 'switch', next_item_id: 'item-1' }))).to.equal('next_item_id: unsupported');
    const waiting = new Match(meeting());
    expect(faultOf(waiting.refusal(1, { type: 'start', active_participant_id: 'ann' }))).to.equal('active_participant_id: unsupported');
  });

  it('PG-4 the session has expired when the time of an item runs out and nothing says that the next one follows', () => {
    const match = begun().pass(5 * MINUTE);
    expect(match.state).to.include({ status: 'expired', item_index: 0 });
    expect(itemsOf(match)[0]).to.include({ status: 'done', ended_at: at(5 * MINUTE), used_ms: 5 * MINUTE });
  });

  it('PG-4 each item runs out as of its own deadline, however late that is noticed, and after the last one the session has expired', () => {
    const match = intervals().pass(60 * MINUTE);
    expect(match.expiries.map(({ at: when }) => new Date(when).toISOString())).to.deep.equal([40, 60, 100, 120].map((s) => at(s * SECOND)));
    expect(match.state).to.include({ status: 'expired', round: 2, cycle_count: 4, session_completed_at: at(120 * SECOND) });
    expect(used(match)).to.deep.equal([80 * SECOND, 40 * SECOND]);
  });

  it('PG-4 an item’s own auto_advance replaces that of the session', () => {
    const items = [{ time_ms: SECOND, auto_advance: true }, { time_ms: SECOND }, { time_ms: SECOND }];
    const holds = Match.started({ sync_mode: 'per_cycle', items }).pass(5 * SECOND);
    expect(holds.state).to.include({ status: 'expired', item_index: 1 });
    const stops = Match.started({
      sync_mode: 'per_cycle',
      auto_advance: true,
      items: [{ time_ms: SECOND }, { time_ms: SECOND, auto_advance: false }, { time_ms: SECOND }],
    });
    expect(stops.pass(5 * SECOND).state).to.include({ status: 'expired', item_index: 1 });
    const action_on_timeout = { type: 'end_session' };
    expect(Match.started({ sync_mode: 'per_cycle', items, action_on_timeout }).pass(5 * SECOND).state).to.include({ item_index: 0 });
  });

  it('PG-5 a pause and an adjustment apply to the item that runs', () => {
    const match = begun().play(MINUTE, { type: 'pause' });
    expect(used(match)).to.deep.equal([MINUTE, 0, 0, 0]);
    expect(match.play(10 * MINUTE, { type: 'resume' }).state.deadline_at).to.equal(at(14 * MINUTE));
    expect(match.play(11 * MINUTE, { type: 'adjust', delta_ms: 2 * MINUTE }).state.deadline_at).to.equal(at(16 * MINUTE));
    match.switch(12 * MINUTE);
    expect(match.state.deadline_at).to.equal(at(32 * MINUTE));
    expect(used(match)).to.deep.equal([3 * MINUTE, 0, 0, 0]);
  });

  it('PG-5 an item goes on below zero where the session has overrun_ms, and counts all of that as used', () => {
    const match = begun({ overrun_ms: MINUTE }).switch(5 * MINUTE + 30 * SECOND);
    expect(match.last).to.include({ time_remaining_ms: -30 * SECOND });
    expect(used(match)).to.deep.equal([5 * MINUTE + 30 * SECOND, 0, 0, 0]);
    expect(match.state).to.include({ zero_at: at(25 * MINUTE + 30 * SECOND), deadline_at: at(26 * MINUTE + 30 * SECOND) });
  });

  it('PG-6 the time left of a participant who waits is that of their next item, and null where none follows', () => {
    const match = new Match(meeting());
    expect(match.times).to.deep.equal({ ann: 20 * MINUTE, ben: 15 * MINUTE });
    match.play(0, { type: 'start' }).switch(MINUTE);
    expect(match.left(2 * MINUTE, { participant_id: 'ann' })).to.equal(19 * MINUTE);
    expect(match.switch(2 * MINUTE).times).to.deep.equal({ ann: null, ben: 15 * MINUTE });
    expect(begun({ rounds: 2 }).switch(1).switch(2).times).to.deep.equal({ ann: 20 * MINUTE, ben: 15 * MINUTE });
  });

  it('PG-7 completing or cancelling a session ends the item that runs', () => {
    for (const type of ['complete', 'cancel'] as const) {
      const match = begun().play(MINUTE, { type });
      expect(marks(match)).to.equal('done waiting waiting waiting');
      expect(itemsOf(match)[0]).to.include({ ended_at: at(MINUTE), used_ms: MINUTE });
    }
    expect(marks(new Match(meeting()).play(MINUTE, { type: 'complete' }))).to.equal('waiting waiting waiting waiting');
  });

  it('PG-8 an undo also takes back the items and the used times of the undone turns', () => {
    const match = begun({ undo_depth: 5 })
      .switch(MINUTE)
      .switch(2 * MINUTE);
    jump(match, 3 * MINUTE, 'welcome').play(4 * MINUTE, { type: 'undo' });
    expect(marks(match)).to.equal('done done running waiting');
    expect(match.state).to.include({ item_index: 2, active_participant_id: 'ben', deadline_at: at(19 * MINUTE) });
    expect(used(match)).to.deep.equal([MINUTE, MINUTE, 0, 0]);
    match.play(5 * MINUTE, { type: 'undo', turns: 2, clock: 'charge' });
    expect(marks(match)).to.equal('running waiting waiting waiting');
    expect(itemsOf(match)[0]).to.include({ started_at: at(0), ended_at: null });
    expect(used(match)).to.deep.equal([MINUTE, MINUTE, MINUTE, 0]);
    expect(match.state.deadline_at).to.equal(at(9 * MINUTE));
  });

  it('PG-8 an undo goes back over the beginning of a round', () => {
    const match = intervals({ undo_depth: 3, auto_advance: false })
      .switch(10 * SECOND)
      .switch(20 * SECOND);
    expect(match.play(25 * SECOND, { type: 'undo' }).state).to.include({ round: 1, item_index: 1 });
    expect(marks(match)).to.equal('done running');
  });
});

describe('the programme of a create', () => {
  const faults = (change: Partial<CreatePayload>) => {
    const refusal = create({ ...meeting(change), session_id: 'refused' }, 0);
    if (refusal.ok) throw new Error('was created');
    return faultOf(refusal);
  };

  it('PG-9 a create with a programme that can’t be gone through is refused by the field at fault', () => {
    const twice = [
      { item_id: 'a', time_ms: SECOND },
      { item_id: 'a', time_ms: SECOND },
    ];
    expect(faults({ items: [{ time_ms: SECOND }, {}] })).to.equal('items.1.time_ms: required');
    expect(faults({ items: twice })).to.equal('items.1.item_id: not_unique');
    expect(faults({ items: [{ item_id: 'item-2', time_ms: SECOND }, { time_ms: SECOND }] })).to.equal('items.1.item_id: not_unique');
    expect(faults({ items: [{ time_ms: SECOND, participant_id: 'zoe' }] })).to.equal('items.0.participant_id: not_found');
    expect(faults({ active_participant_id: 'ann' })).to.equal('active_participant_id: unsupported');
    expect(faults({ sync_mode: 'global', total_time_ms: MINUTE })).to.equal('items: unsupported');
    expect(faults({ items: undefined, rounds: 2, time_per_cycle_ms: MINUTE })).to.equal('rounds: unsupported');
    const long = { time_ms: SECOND, title: 'é'.repeat(200), metadata: { text: 'x'.repeat(700) } };
    expect(faults({ items: Array.from({ length: 500 }, () => long) })).to.equal('items: too_big');
  });
});
