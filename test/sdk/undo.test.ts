import { expect } from 'chai';
import { SyncKairosError } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { seen, Stage } from './kit.ts';

describe('SDK: taking turns back', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('UN-18 undo takes back one turn, or as many as it is asked for, and every listener sees it', async () => {
    const { url } = await stage.instance();
    const [near, far] = [stage.client(url), stage.client(url)];
    const { session_id: id } = await near.createSession(chess({ undo_depth: 3 }));
    far.connectWebSocket(id, () => undefined);
    await near.startSession(id);
    for (let turn = 0; turn < 3; turn++) await near.switchCycle(id);
    expect(await near.undo(id)).to.include({ version: 6, cycle_count: 2, undo_available: 2 });
    const state = await near.undo(id, { turns: 2, clock: 'charge' });
    expect(state).to.include({ version: 7, active_participant_id: 'white', cycle_count: 0, undo_available: 0 });
    await seen(far, id, 7);
    expect(far.session(id).getSnapshot()).to.deep.equal(state);
  });

  it('UN-18 undo for another version is a CONFLICT, and one for which there are too few turns says how many there are', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess({ undo_depth: 3 }));
    await client.startSession(id);
    await client.switchCycle(id);
    const refusalOf = (options: Parameters<typeof client.undo>[1]) => client.undo(id, options).then(String, (error: unknown) => error);
    const outdated = await refusalOf({ expected_version: 2 });
    expect(outdated).to.be.instanceOf(SyncKairosError).with.property('code', 'CONFLICT');
    const tooMany = await refusalOf({ turns: 2 });
    expect(tooMany).to.be.instanceOf(SyncKairosError).with.property('code', 'INVALID_STATE_TRANSITION');
    expect(tooMany).to.have.nested.property('details.available', 1);
    expect(client.session(id).getSnapshot()).to.include({ version: 3, undo_available: 1 });
  });
});
