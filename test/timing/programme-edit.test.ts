import { expect } from 'chai';
import type { CreatePayload, ItemInput } from '#contract';
import { recover } from '../../server/domain/recover.ts';
import { decide } from '../../server/domain/decide.ts';
import { at, faultOf, Match, MINUTE, SECOND } from './match.ts';

const item = (item_id: string, more: ItemInput = {}): ItemInput => ({ item_id, time_ms: MINUTE, ...more });
const show = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_cycle',
    participants: [{ participant_id: 'ann' }],
    items: [item('a'), item('b', { title: 'Second' }), item('c'), item('d')],
    ...change,
  });
const edit = (match: Match, ms: number, items: ItemInput[]) => match.play(ms, { type: 'edit', items });
const faultOfEdit = (match: Match, items: ItemInput[]) => faultOf(match.refusal(3 * SECOND, { type: 'edit', items }));
const list = ({ state }: Match) => (state.items ?? []).map(({ item_id, status }) => `${item_id} ${status}`).join(', ');

describe('editing a programme', () => {
  it('PG-10 an edit replaces the items that have not begun, after those that have, and the clock goes on', () => {
    const match = edit(show().switch(10 * SECOND), 20 * SECOND, [
      item('a'),
      item('b'),
      item('new', { participant_id: 'ann' }),
      item('d', { time_ms: 5 * SECOND }),
    ]);
    expect(list(match)).to.equal('a done, b running, new waiting, d waiting');
    expect(match.last).to.include({ event_type: 'session_edited', time_elapsed_ms: 10 * SECOND, time_remaining_ms: 50 * SECOND });
    expect(match.state).to.include({ version: 4, deadline_at: at(70 * SECOND), item_index: 1 });
    expect(match.state.items?.[1]).to.include({ title: 'Second', started_at: at(10 * SECOND), used_ms: 10 * SECOND });
    expect(match.switch(30 * SECOND).state).to.include({ active_participant_id: 'ann', deadline_at: at(90 * SECOND) });
  });

  it('PG-10 an edit keeps the absent fields of items that have begun, and is refused where it gives them other values', () => {
    const match = edit(show().switch(SECOND), 2 * SECOND, [{ item_id: 'a' }, { item_id: 'b', title: 'Second' }]);
    expect(list(match)).to.equal('a done, b running');
    expect(match.state.items?.[0]).to.include({ time_ms: MINUTE });
    expect(faultOfEdit(match, [item('a', { time_ms: SECOND }), item('b')])).to.equal('items.0.time_ms: begun');
    expect(faultOfEdit(match, [item('a'), item('b', { title: 'Other' })])).to.equal('items.1.title: begun');
    expect(faultOfEdit(match, [item('a', { metadata: {} }), item('b')])).to.equal('items.0.metadata: begun');
  });

  it('PG-10 an edit is refused where its list lacks an item that has begun, or has a new item before one', () => {
    const match = show().switch(SECOND);
    expect(faultOfEdit(match, [item('a'), item('c')])).to.equal('items: begun');
    expect(faultOfEdit(match, [item('c')])).to.equal('items: begun');
    expect(faultOfEdit(match, [item('b'), item('a')])).to.equal('items.0.item_id: begun');
    expect(faultOfEdit(match, [item('a'), item('new'), item('b')])).to.equal('items.1.item_id: begun');
    expect(faultOfEdit(match, [item('a'), item('c'), item('b')])).to.equal('items.1.item_id: begun');
    expect(faultOfEdit(match, [item('a'), item('b'), item('a')])).to.equal('items.2.item_id: not_unique');
    expect(match.state.version).to.equal(3);
  });

  it('PG-10 an edit may leave a skipped item where it is, remove it, or let it wait again after the items that have begun', () => {
    const skipped = () => show().play(SECOND, { type: 'switch', next_item_id: 'c' });
    expect(list(edit(skipped(), 2 * SECOND, [item('a'), item('b'), item('c'), item('d')]))).to.equal(
      'a done, b skipped, c running, d waiting',
    );
    const gone = edit(skipped(), 2 * SECOND, [item('a'), item('c')]);
    expect(list(gone)).to.equal('a done, c running');
    expect(gone.state.item_index).to.equal(1);
    const again = edit(skipped(), 2 * SECOND, [item('a'), item('c'), item('b')]);
    expect(list(again)).to.equal('a done, c running, b waiting');
    expect(again.switch(3 * SECOND).state.item_index).to.equal(2);
  });

  it('PG-10 an edit in a later round may replace all items but the running one, and items keep their used times by their ids', () => {
    const match = show({ rounds: 2 });
    for (const second of [1, 2, 3, 4]) match.switch(second * SECOND);
    edit(match, 5 * SECOND, [item('a'), item('d'), item('e')]);
    expect(list(match)).to.equal('a running, d waiting, e waiting');
    expect(match.state.items?.map(({ used_ms }) => used_ms)).to.deep.equal([2 * SECOND, SECOND, 0]);
  });

  it('PG-10 before the start an edit may replace the whole programme, if the clock has time left after former adjustments', () => {
    const match = new Match({ sync_mode: 'per_cycle', items: [item('a')] });
    expect(edit(match, 1, [item('x', { time_ms: 2 * MINUTE }), item('y')]).state).to.include({ item_index: null, version: 2 });
    match.play(2, { type: 'adjust', delta_ms: -90 * SECOND });
    expect(faultOf(match.refusal(3, { type: 'edit', items: [item('x')] }))).to.equal('items.0.time_ms: out_of_range');
    expect(
      edit(match, 4, [item('x', { time_ms: 2 * MINUTE })])
        .play(5, { type: 'start' })
        .left(5),
    ).to.equal(30 * SECOND);
  });

  it('PG-10 the items of an edit are checked like those of a create', () => {
    const match = show();
    expect(faultOfEdit(match, [item('a'), item('b', { participant_id: 'zoe' })])).to.equal('items.1.participant_id: not_found');
    expect(faultOfEdit(match, [item('a'), { item_id: 'b' }])).to.equal('items.1.time_ms: required');
    expect(faultOfEdit(match, [item('a'), item('b'), item('b')])).to.equal('items.2.item_id: not_unique');
    const lots = Match.started({ sync_mode: 'per_cycle', time_per_cycle_ms: MINUTE });
    expect(faultOfEdit(lots, [item('a')])).to.equal('items: unsupported');
  });

  it('PG-11 an edit merges metadata by its top-level keys, and null removes one', () => {
    const match = new Match({ sync_mode: 'count_up', metadata: { room: 'B2', chair: { name: 'Ann', from: 'Oslo' }, notes: 'x' } });
    match.play(1, { type: 'edit', metadata: { chair: { name: 'Ben' }, notes: null, host: 'Cem' } });
    expect(match.state.metadata).to.deep.equal({ room: 'B2', chair: { name: 'Ben' }, host: 'Cem' });
    expect(match.last.metadata).to.deep.equal({ metadata: { chair: { name: 'Ben' }, notes: null, host: 'Cem' } });
  });

  it('PG-11 an edit that makes metadata too large is refused; the server’s own fields of a recovery do not count', () => {
    const match = new Match({ sync_mode: 'count_up', metadata: { a: 'x'.repeat(6_000) } });
    expect(faultOf(match.refusal(1, { type: 'edit', metadata: { b: 'x'.repeat(6_000) } }))).to.equal('metadata: too_big');
    const large = { b: 'x'.repeat(10_240 - 6_000 - '{"a":"","b":""}'.length) };
    expect(decide(recover(match.state, 1).state, { type: 'edit', metadata: large }, 2).ok).to.equal(true);
    match.play(1, { type: 'edit', metadata: { a: null, b: 'x'.repeat(6_000) } });
  });

  it('PG-11 an edit is refused once the session has ended', () => {
    const match = show().play(SECOND, { type: 'complete' });
    expect(match.refusal(2 * SECOND, { type: 'edit', metadata: {} }).code).to.equal('INVALID_STATE_TRANSITION');
  });

  it('PG-12 an undo keeps an edit', () => {
    const match = show({ undo_depth: 5 })
      .switch(SECOND)
      .switch(2 * SECOND);
    edit(match, 3 * SECOND, [item('a'), item('b'), item('c'), item('e')]).play(4 * SECOND, { type: 'undo', turns: 2 });
    expect(list(match)).to.equal('a running, b waiting, c waiting, e waiting');
    expect(match.state).to.include({ item_index: 0, undo_available: 0, deadline_at: at(64 * SECOND) });
    expect(match.state.items?.map(({ used_ms }) => used_ms)).to.deep.equal([0, 0, 0, 0]);
  });

  it('PG-12 an undo finds the item that ran where an edit has moved it, and is refused where an edit has removed it', () => {
    const jumped = () =>
      show({ undo_depth: 5 })
        .switch(SECOND)
        .switch(2 * SECOND)
        .play(3 * SECOND, { type: 'switch', next_item_id: 'a' });
    const moved = edit(jumped(), 4 * SECOND, [item('a'), item('b'), item('e'), item('c')]).play(5 * SECOND, { type: 'undo' });
    expect(list(moved)).to.equal('a done, b done, e waiting, c running');
    expect(moved.state.item_index).to.equal(3);
    const gone = edit(jumped(), 4 * SECOND, [item('a'), item('b'), item('e')]);
    expect(faultOf(gone.refusal(5 * SECOND, { type: 'undo' }))).to.equal('turns: not_found');
    expect(list(gone.play(6 * SECOND, { type: 'undo', turns: 2, clock: 'charge' }))).to.equal('a done, b running, e waiting');
  });
});
