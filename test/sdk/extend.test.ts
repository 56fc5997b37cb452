import { expect } from 'chai';
import { SyncKairosError } from '../../client-sdk/src/index.ts';
import { auction, chess } from '../kit/games.ts';
import { seen, Stage } from './kit.ts';

const EXTENSION = { window_ms: 3_600_000, by_ms: 5_000, mode: 'add' } as const;

describe('SDK: extending a lot', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('LT-18 extend moves the end, says by how much, and every listener sees it', async () => {
    const { url } = await stage.instance();
    const [near, far] = [stage.client(url), stage.client(url)];
    const participants = [{ participant_id: 'ann' }];
    const { session_id: id } = await near.createSession(chess(auction({ participants, extension: { ...EXTENSION, max_count: 1 } })));
    far.connectWebSocket(id, () => undefined);
    await near.startSession(id);
    const { state, extended_ms } = await near.extend(id, { participant_id: 'ann', reason: '120' });
    expect([extended_ms, state.version, state.extended_ms]).to.deep.equal([5_000, 3, 5_000]);
    await seen(far, id, 3);
    expect(far.session(id).getSnapshot()).to.deep.equal(state);
    expect(await near.extend(id)).to.include({ extended_ms: 0 });
  });

  it('LT-18 extend applies to the lot that was last seen; where another one runs by then it rejects with CONFLICT, which shows that one', async () => {
    const { url } = await stage.instance();
    const [bidder, auctioneer] = [stage.client(url), stage.client(url)];
    const { session_id: id } = await auctioneer.createSession(chess(auction({ participants: [], extension: EXTENSION })));
    await auctioneer.startSession(id);
    // Reading does not join, so that the bidder goes on seeing the first lot.
    await bidder.getSession(id);
    await auctioneer.switchCycle(id);
    const refusal: unknown = await bidder.extend(id).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(SyncKairosError).with.property('code', 'CONFLICT');
    expect(refusal).to.have.nested.property('details.state.cycle_count', 1);
    expect(await bidder.extend(id)).to.include({ extended_ms: 5_000 });
    expect(await auctioneer.extend(id, { cycle_count: 1 })).to.include({ extended_ms: 5_000 });
  });
});
