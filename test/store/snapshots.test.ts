import { expect } from 'chai';
import { isBrief } from '../../server/domain/schema.ts';
import { type Desk, openDesk } from './desk.ts';
import { crowdOf, Sleeper } from './sleeper.ts';

describe('which events go to the trail with a snapshot', () => {
  let desk: Desk;
  before(async () => {
    desk = await openDesk();
  });
  after(() => desk.close());

  const withSnapshot = async (sleeper: Sleeper) =>
    (await sleeper.entries()).flatMap(({ state }, index) => (isBrief(state) ? [] : [index + 1]));

  it('A-75 of the expiries of one commit the last has one, and each hundredth version', async () => {
    const sleeper = await Sleeper.begin(desk, 300_000);
    for (const count of [50, 100, 1]) await sleeper.catchUp(count);
    await sleeper.do('pause');
    expect(await withSnapshot(sleeper)).to.deep.equal([1, 2, 52, 100, 152, 153, 154]);
  });

  for (const count of [60, 100]) {
    it(`A-75 of a session of more than 16 KiB, here with ${count} participants, no expiry has one but each hundredth version`, async () => {
      const sleeper = await Sleeper.begin(desk, 300_000, { participants: crowdOf(count) });
      for (const events of [1, 50, 100, 1]) await sleeper.catchUp(events);
      await sleeper.do('pause');
      expect(JSON.stringify(sleeper.state).length).to.be.above(16 * 1024);
      expect(await withSnapshot(sleeper)).to.deep.equal([1, 2, 100, 155]);
    });
  }

  it('A-75 the expiry by which a session ends has one', async () => {
    const participants = crowdOf(60).map(({ participant_id }) => ({ participant_id, total_time_ms: 1_000 }));
    const sleeper = await Sleeper.begin(desk, 300_000, { sync_mode: 'per_participant', participants });
    await sleeper.catchUp(59);
    await sleeper.catchUp(5);
    expect(sleeper.state).to.include({ status: 'expired', version: 62 });
    expect(await withSnapshot(sleeper)).to.deep.equal([1, 2, 62]);
  });

  it('A-75 what goes without one still says all that the row of its session tells', async () => {
    const sleeper = await Sleeper.begin(desk, 300_000, { participants: crowdOf(60) });
    await sleeper.catchUp(3);
    const { sync_mode, status, cycle_count, created_at, updated_at, session_started_at, session_completed_at } = sleeper.state;
    const brief = JSON.parse((await sleeper.entries()).at(-1)?.state ?? '') as object;
    expect(brief).to.include({ sync_mode, status, cycle_count, created_at, updated_at, session_started_at, session_completed_at });
    expect(JSON.stringify(brief).length).to.be.below(500);
  });
});
