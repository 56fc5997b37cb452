import { expect } from 'chai';
import { readProgramme } from '#clock';
import type { CreatePayload } from '#contract';
import { at, Match, MINUTE, unix } from './match.ts';

const items = [
  { item_id: 'a', time_ms: 5 * MINUTE },
  { item_id: 'b', time_ms: 10 * MINUTE },
  { item_id: 'c', time_ms: 5 * MINUTE },
];
const meeting = (change: Partial<CreatePayload> = {}) =>
  Match.started({ sync_mode: 'per_cycle', items, overrun_ms: 60 * MINUTE, ...change });
const read = ({ state }: Match, minute: number) => {
  const programme = readProgramme(state, unix(minute * MINUTE));
  if (programme === null) throw new Error('there is a programme');
  return programme;
};
/** Minutes after the start at which items begin and end, or are expected to. */
const minutes = (match: Match, minute: number) =>
  read(match, minute).items.map(({ starts_at, ends_at }) =>
    [starts_at, ends_at].map((when) => (when === null ? null : (Date.parse(when) - unix(0)) / MINUTE)),
  );
const behind = (match: Match, minute: number) => read(match, minute).behind_ms / MINUTE;

describe('readProgramme', () => {
  it('PG-20 readProgramme tells when each item begins and ends while all goes as planned', () => {
    const match = meeting();
    expect(minutes(match, 3)).to.deep.equal([
      [0, 5],
      [5, 15],
      [15, 20],
    ]);
    expect(read(match, 3)).to.include({ behind_ms: 0, ends_at: at(20 * MINUTE) });
    expect(read(match, 3).items.map((one) => one.planned_at)).to.deep.equal([at(0), at(5 * MINUTE), at(15 * MINUTE)]);
  });

  it('PG-20 readProgramme tells by how much the end is late while an item goes on past its end, and puts off all that follow', () => {
    const match = meeting();
    expect([5, 6, 7].map((minute) => behind(match, minute))).to.deep.equal([0, 1, 2]);
    expect(minutes(match, 7)).to.deep.equal([
      [0, 7],
      [7, 17],
      [17, 22],
    ]);
    expect(minutes(match.switch(7 * MINUTE), 9)).to.deep.equal([
      [0, 7],
      [7, 17],
      [17, 22],
    ]);
    expect(read(match, 9).items[1]).to.include({ planned_at: at(5 * MINUTE) });
  });

  it('PG-20 readProgramme is ahead after an item that took less time or was skipped, and tells no instants of a skipped one', () => {
    const match = meeting().switch(3 * MINUTE);
    expect(behind(match, 4)).to.equal(-2);
    match.play(4 * MINUTE, { type: 'switch', next_item_id: 'c' });
    expect(behind(match, 4)).to.equal(-11);
    const early = meeting().play(MINUTE, { type: 'switch', next_item_id: 'c' });
    expect(minutes(early, 2)).to.deep.equal([
      [0, 1],
      [null, null],
      [1, 6],
    ]);
    expect(behind(early, 2)).to.equal(-14);
  });

  it('PG-20 readProgramme puts everything off by a pause, and by what an adjustment gives', () => {
    const match = meeting().play(2 * MINUTE, { type: 'pause' });
    expect([2, 4].map((minute) => behind(match, minute))).to.deep.equal([0, 2]);
    match.play(4 * MINUTE, { type: 'resume' }).play(4 * MINUTE, { type: 'adjust', delta_ms: -MINUTE });
    expect(behind(match, 5)).to.equal(1);
  });

  it('PG-20 after a jump back readProgramme counts the items that wait again, and not those that are done', () => {
    const match = meeting()
      .switch(5 * MINUTE)
      .play(10 * MINUTE, { type: 'switch', next_item_id: 'a' });
    expect(minutes(match, 12)).to.deep.equal([
      [10, 15],
      [15, 25],
      [25, 30],
    ]);
    expect(behind(match, 12)).to.equal(10);
  });

  it('PG-20 readProgramme counts all rounds, and shows the present one', () => {
    const match = meeting({ rounds: 2 })
      .switch(5 * MINUTE)
      .switch(15 * MINUTE);
    expect(read(match, 16)).to.include({ behind_ms: 0, ends_at: at(40 * MINUTE) });
    expect(minutes(match.switch(21 * MINUTE), 22)).to.deep.equal([
      [21, 26],
      [26, 36],
      [36, 41],
    ]);
    expect(read(match, 22).items[0]).to.include({ planned_at: at(20 * MINUTE) });
    expect(behind(match, 22)).to.equal(1);
  });

  it('PG-20 before the start readProgramme begins at the planned start, else now; after the end it says how late that was', () => {
    const waiting = new Match({ sync_mode: 'per_cycle', items });
    expect(minutes(waiting, 3)).to.deep.equal([
      [3, 8],
      [8, 18],
      [18, 23],
    ]);
    const planned = new Match({ sync_mode: 'per_cycle', items, starts_at: at(10 * MINUTE) });
    expect(read(planned, 3)).to.include({ behind_ms: 0, ends_at: at(30 * MINUTE) });
    // Everybody knows of the start before the server has said so.
    expect(read(planned, 12).items[0]).to.include({ starts_at: at(10 * MINUTE), ends_at: at(15 * MINUTE) });
    expect(behind(planned.play(4 * MINUTE, { type: 'start' }), 5)).to.equal(-6);
    const over = meeting()
      .switch(5 * MINUTE)
      .play(9 * MINUTE, { type: 'complete' });
    expect(read(over, 60)).to.include({ behind_ms: -11 * MINUTE, ends_at: at(9 * MINUTE) });
    expect(minutes(over, 60)).to.deep.equal([
      [0, 5],
      [5, 9],
      [null, null],
    ]);
  });

  it('PG-20 readProgramme is not misled by a device whose time is still before that of the state', () => {
    const match = meeting().switch(6 * MINUTE);
    expect(read(match, 5)).to.deep.equal(read(match, 6));
    expect(behind(match, 5)).to.equal(1);
  });

  it('PG-20 readProgramme gives null without a programme', () => {
    expect(readProgramme(new Match({ sync_mode: 'count_up' }).state, unix(0))).to.equal(null);
  });
});
