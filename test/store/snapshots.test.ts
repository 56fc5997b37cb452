import { expect } from 'chai';
import { isBrief } from '../../server/domain/schema.ts';
import { type StoreFixture, openStoreFixture } from './store-fixture.ts';
import { crowdOf, UnattendedSession } from './unattended-session.ts';

describe('which events go to the trail with a snapshot', () => {
  let fixture: StoreFixture;
  before(async () => {
    fixture = await openStoreFixture();
  });
  after(() => fixture.close());

  const withSnapshot = async (unattended: UnattendedSession) =>
    (await unattended.entries()).flatMap(({ state }, index) => (isBrief(state) ? [] : [index + 1]));

  it('A-75 of the expiries of one commit only the last and each hundredth version have a snapshot', async () => {
    const unattended = await UnattendedSession.begin(fixture, 300_000);
    for (const count of [50, 100, 1]) await unattended.catchUp(count);
    await unattended.do('pause');
    expect(await withSnapshot(unattended)).to.deep.equal([1, 2, 52, 100, 152, 153, 154]);
  });

  for (const count of [60, 100]) {
    it(`A-75 of a session of more than 16 KiB, here with ${count} participants, no expiry has one but each hundredth version`, async () => {
      const unattended = await UnattendedSession.begin(fixture, 300_000, { participants: crowdOf(count) });
      for (const events of [1, 50, 100, 1]) await unattended.catchUp(events);
      await unattended.do('pause');
      expect(JSON.stringify(unattended.state).length).to.be.above(16 * 1024);
      expect(await withSnapshot(unattended)).to.deep.equal([1, 2, 100, 155]);
    });
  }

  it('A-75 the expiry that ends a session has a snapshot', async () => {
    const participants = crowdOf(60).map(({ participant_id }) => ({ participant_id, total_time_ms: 1_000 }));
    const unattended = await UnattendedSession.begin(fixture, 300_000, { sync_mode: 'per_participant', participants });
    await unattended.catchUp(59);
    await unattended.catchUp(5);
    expect(unattended.state).to.include({ status: 'expired', version: 62 });
    expect(await withSnapshot(unattended)).to.deep.equal([1, 2, 62]);
  });

  it('A-75 an event without a snapshot still carries all fields of the row of its session', async () => {
    const unattended = await UnattendedSession.begin(fixture, 300_000, { participants: crowdOf(60) });
    await unattended.catchUp(3);
    const { sync_mode, status, cycle_count, created_at, updated_at, session_started_at, session_completed_at } = unattended.state;
    const brief = JSON.parse((await unattended.entries()).at(-1)?.state ?? '') as object;
    expect(brief).to.include({ sync_mode, status, cycle_count, created_at, updated_at, session_started_at, session_completed_at });
    expect(JSON.stringify(brief).length).to.be.below(500);
  });
});
