import { expect } from 'chai';
import { readProgramme, SyncKairosError } from '../../client-sdk/src/index.ts';
import { predictSwitch } from '../../client-sdk/src/optimistic.ts';
import type { CreatePayload } from '#contract';
import { seen, Stage } from './kit.ts';

const MINUTE = 60_000;
const agenda: CreatePayload = {
  sync_mode: 'per_cycle',
  participants: [{ participant_id: 'ann' }, { participant_id: 'ben' }],
  items: [
    { item_id: 'a', title: 'Welcome', time_ms: MINUTE },
    { item_id: 'b', time_ms: MINUTE, participant_id: 'ann' },
    { item_id: 'c', time_ms: MINUTE },
  ],
};

describe('SDK: programmes', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('PG-21 switchCycle goes on, jumps by nextItem, and a second press for the same item is a CONFLICT', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(agenda);
    await client.startSession(id);
    await seen(client, id, 2);
    const presses = await Promise.allSettled([client.switchCycle(id), client.switchCycle(id)]);
    const refused = presses.find((one) => one.status === 'rejected');
    expect(refused?.reason).to.be.instanceOf(SyncKairosError).with.property('code', 'CONFLICT');
    expect(await client.switchCycle(id, undefined, undefined, { nextItem: 'c' })).to.include({ item_index: 2, cycle_count: 2 });
    // The answer tells which cycle runs, before the update does.
    expect(await client.switchCycle(id, undefined, undefined, { nextItem: 'a' })).to.include({ item_index: 0, cycle_count: 3 });
    await seen(client, id, 5);
    expect(client.getParticipantTime(id)).to.be.within(MINUTE / 2, MINUTE);
  });

  it('PG-21 an optimistic client shows the next item before the server has answered', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url, { optimistic: predictSwitch });
    const { session_id: id } = await client.createSession(agenda);
    client.connectWebSocket(id, () => undefined);
    await client.startSession(id);
    await seen(client, id, 2);
    await client.syncServerTime();
    const answer = client.switchCycle(id, undefined, undefined, { nextItem: 'b' });
    expect(client.session(id).getSnapshot()).to.include({ item_index: 1, active_participant_id: 'ann', version: 2 });
    await answer;
  });

  it('PG-21 edit takes the items of a state as they are, with others', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(agenda);
    const { items = [] } = await client.startSession(id);
    const state = await client.edit(id, { items: [...items.slice(0, 2), { title: 'New', time_ms: 2 * MINUTE }], metadata: { room: 'B2' } });
    expect(state.items?.map(({ item_id, status }) => `${item_id} ${status}`)).to.deep.equal(['a running', 'b waiting', 'item-3 waiting']);
    expect(state.metadata).to.deep.equal({ room: 'B2' });
    const programme = readProgramme(state, client.getServerTime());
    expect(programme?.items.map(({ item_id }) => item_id)).to.deep.equal(['a', 'b', 'item-3']);
    expect(programme?.behind_ms).to.equal(0);
  });
});
