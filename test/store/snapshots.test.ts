import { expect } from 'chai';
import { isBrief, isChanges, isKnown, SCHEMA, schemaOf } from '../../server/domain/schema.ts';
import { type StoreFixture, openStoreFixture } from './store-fixture.ts';
import { crowdOf, UnattendedSession } from './unattended-session.ts';

describe('which events go to the trail with a snapshot', () => {
  let fixture: StoreFixture;
  before(async () => {
    fixture = await openStoreFixture();
  });
  after(() => fixture.close());

  const withSnapshot = async (unattended: UnattendedSession) =>
    (await unattended.entries()).flatMap(({ state }, index) => (isChanges(state) ? [] : [index + 1]));

  it('A-75 of the expiries of one commit only the last and each hundredth version have a snapshot, the others their changes', async () => {
    const unattended = await UnattendedSession.begin(fixture, 300_000);
    for (const count of [50, 100, 1]) await unattended.catchUp(count);
    await unattended.do('pause');
    expect(await withSnapshot(unattended)).to.deep.equal([1, 2, 52, 100, 152, 153, 154]);
  });

  for (const count of [60, 100]) {
    it(`TR-20 of a session of more than 16 KiB, here with ${count} participants, only its creation and each hundredth version have a snapshot`, async () => {
      const unattended = await UnattendedSession.begin(fixture, 300_000, { participants: crowdOf(count) });
      for (const events of [1, 50, 100, 1]) await unattended.catchUp(events);
      await unattended.do('pause');
      expect(JSON.stringify(unattended.state).length).to.be.above(16 * 1024);
      expect(await withSnapshot(unattended)).to.deep.equal([1, 100]);
    });
  }

  it('TR-20 the events by which a large session ends and is deleted have a snapshot', async () => {
    const participants = crowdOf(60).map(({ participant_id }) => ({ participant_id, total_time_ms: 1_000 }));
    const unattended = await UnattendedSession.begin(fixture, 300_000, { sync_mode: 'per_participant', participants });
    await unattended.catchUp(59);
    await unattended.catchUp(5);
    expect(unattended.state).to.include({ status: 'expired', version: 62 });
    await unattended.do('delete');
    expect(await withSnapshot(unattended)).to.deep.equal([1, 62, 63]);
  });

  it('TR-21 the first event in the trail of a session that had none has a snapshot', async () => {
    const unattended = await UnattendedSession.begin(fixture, 300_000, { participants: crowdOf(60) });
    await unattended.do('pause', { previousHash: null });
    expect(await withSnapshot(unattended)).to.deep.equal([1, 3]);
  });

  it('TR-22 changes of more than a quarter of a large state give way to the state', async () => {
    // Whoever takes a turn gives what it took to everybody else.
    const participants = crowdOf(200).map(({ participant_id }) => ({
      participant_id: participant_id.slice(-8) + participant_id.slice(0, 8),
    }));
    const time_control = { stages: [{ time_ms: 600_000 }], hourglass: true as const };
    const unattended = await UnattendedSession.begin(fixture, 300_000, { sync_mode: 'per_participant', participants, time_control });
    await unattended.do('switch');
    expect(await withSnapshot(unattended)).to.deep.equal([1, 3]);
  });

  it('TR-23 an event without a snapshot still carries all fields of the row of its session', async () => {
    const unattended = await UnattendedSession.begin(fixture, 300_000, { participants: crowdOf(60) });
    await unattended.catchUp(3);
    const { sync_mode, status, cycle_count, created_at, updated_at, session_started_at, session_completed_at } = unattended.state;
    const carried = JSON.parse((await unattended.entries()).at(-1)?.state ?? '') as object;
    expect(carried).to.include({ sync_mode, status, cycle_count, created_at, updated_at, session_started_at, session_completed_at });
  });

  it('TR-24 changes begin like a state of a form that no earlier release reads, so that its workers leave them to newer ones', async () => {
    const unattended = await UnattendedSession.begin(fixture, 300_000, { participants: crowdOf(60) });
    const { state } = (await unattended.entries()).at(-1) as { state: string };
    expect(schemaOf(state)).to.equal(3);
    expect(isBrief(state)).to.equal(false);
    expect(isKnown(state, SCHEMA)).to.equal(true);
    expect(isKnown(state.replace('"schema":3', '"schema":4'), SCHEMA)).to.equal(false);
  });
});
