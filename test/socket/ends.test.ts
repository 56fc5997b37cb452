import { expect } from 'chai';
import type { Reply, SessionState } from '#contract';
import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { auction, chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { withState } from '../kit/updates.ts';

describe('names, outcomes and the last cycle over the wire', () => {
  let cluster: Cluster;
  let url: string;
  let client: TestClient;
  before(async () => {
    cluster = await openCluster();
    ({ url } = await cluster.instance());
    client = await cluster.client({ url });
  });
  after(() => cluster.close());

  const faultOf = (reply: Reply<unknown>) => (reply.ok ? 'ok' : (reply.error.details as { field: string }[])[0]?.field);

  it('LT-22 complete keeps an outcome over the socket, over REST and by the client; one over 1 KiB is refused', async () => {
    const ended: SessionState[] = [];
    const outcome = { result: '1/2', by: ['agreement'] };
    const one = await client.ok('session:create', chess());
    const large = { session_id: one.session_id, outcome: 'x'.repeat(1_023) };
    expect(faultOf(await client.raw('session:complete', large))).to.equal('outcome');
    ended.push(await client.ok('session:complete', { session_id: one.session_id, outcome }));
    const told = withState(await client.next('session:update', (event) => event.event_type === 'session_completed'));
    expect(told.state).to.deep.equal(ended[0]);
    const two = await client.ok('session:create', chess());
    const answer = (await rest({ url }, 'POST', `/v1/sessions/${two.session_id}/complete`, { outcome })).reply<SessionState>();
    if (!answer.ok) throw new Error(answer.error.message);
    ended.push(answer.data);
    const sdk = new SyncKairosClient(url);
    const { session_id } = await sdk.createSession(chess());
    ended.push(await sdk.completeSession(session_id, { outcome }));
    sdk.disconnect();
    for (const state of ended) expect(state).to.deep.include({ status: 'completed', outcome });
    const none = await client.ok('session:create', chess());
    expect(await client.ok('session:complete', { session_id: none.session_id })).not.to.have.property('outcome');
  });

  it('LT-23 names and metadata reach everybody in the state; a limit that is broken names the field', async () => {
    const participants = [{ participant_id: 'ann', name: '安'.repeat(100), metadata: { flag: 'DK' } }, { participant_id: 'bob' }];
    const { session_id } = await client.ok('session:create', chess(auction({ participants })));
    const state = await client.ok('session:start', { session_id });
    expect(state.participants[0]).to.deep.include({ name: '安'.repeat(100), metadata: { flag: 'DK' } });
    expect((await client.ok('session:switch', { session_id })).participants[0]).to.deep.include({ metadata: { flag: 'DK' } });
    for (const [wrong, field] of [
      [{ name: '' }, 'participants.0.name'],
      [{ name: '🏆'.repeat(101) }, 'participants.0.name'],
      [{ metadata: [] }, 'participants.0.metadata'],
      [{ metadata: { text: 'x'.repeat(2_048) } }, 'participants.0.metadata'],
    ] as const) {
      const payload = chess(auction({ participants: [] }));
      expect(faultOf(await client.raw('session:create', { ...payload, participants: [{ participant_id: 'ann', ...wrong }] }))).to.equal(
        field,
      );
    }
    const most = chess(auction({ participants: [{ participant_id: 'ann', name: '🏆'.repeat(100) }] }));
    expect((await client.ok('session:create', most)).participants[0]?.name).to.have.lengthOf(200);
  });

  it('LT-26 names are edited over the socket, over REST and by the client, and the room is told', async () => {
    const { session_id } = await client.ok('session:create', chess());
    const called = (name: string) => [{ participant_id: 'white', name, metadata: { [name]: 1 } }];
    await client.ok('session:edit', { session_id, participants: called('Ann') });
    const answer = await rest({ url }, 'POST', `/v1/sessions/${session_id}/edit`, { participants: called('Ben') });
    expect(answer.status).to.equal(200);
    const sdk = new SyncKairosClient(url);
    const state = await sdk.edit(session_id, { participants: called('Cem') });
    sdk.disconnect();
    expect(state.participants[0]).to.deep.include({ name: 'Cem', metadata: { Ann: 1, Ben: 1, Cem: 1 } });
    const told = withState(await client.next('session:update', (event) => event.session_id === session_id && event.version === 4));
    expect(told.event_type).to.equal('session_edited');
    expect(told.state).to.deep.equal(state);
    for (const wrong of [[], [{ participant_id: 'white', total_time_ms: 1_000 }], [{ participant_id: 'white', name: '' }]]) {
      expect(faultOf(await client.raw('session:edit', { session_id, participants: wrong }))).to.match(/^participants/);
    }
  });

  it('LT-20 the switch that ends the last cycle answers completed, and the room is told so', async () => {
    const { session_id } = await client.ok('session:create', chess({ max_cycles: 2 }));
    await client.ok('session:start', { session_id });
    await client.ok('session:switch', { session_id });
    const result = await client.ok('session:switch', { session_id });
    expect(result).to.include({ status: 'completed', cycle_started_at: null });
    const told = withState(
      await client.next('session:update', (event) => event.session_id === session_id && event.version === result.version),
    );
    expect(told.state).to.include({ status: 'completed', cycle_count: 2, deadline_at: null });
    for (const max_cycles of [0, 100_001, 1.5]) {
      expect(faultOf(await client.raw('session:create', chess({ max_cycles })))).to.equal('max_cycles');
    }
  });
});
