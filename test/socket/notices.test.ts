import { expect } from 'chai';
import type { ActionOnTimeout, CreatePayload, Reply, SessionState } from '#contract';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';

describe('notices', () => {
  let cluster: Cluster;
  let app: { url: string };
  let client: TestClient;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
    client = await cluster.client(app);
  });
  after(() => cluster.close());

  /** The notices of a create, which are the same over either transport. */
  const noticesOf = async (change: Partial<CreatePayload>) => {
    const overSocket = await client.command('session:create', chess(change));
    const overRest = (await rest(app, 'POST', '/v1/sessions', chess(change))).reply<SessionState>();
    const [first, second] = [overSocket, overRest].map((reply: Reply<unknown>) => {
      if (!reply.ok) throw new Error(reply.error.message);
      return reply.notices;
    });
    expect(first).to.deep.equal(second);
    return first;
  };

  it('C-100 a create whose action_on_timeout has a type without a meaning succeeds, and a notice beside its data says what will follow', async () => {
    const action_on_timeout: ActionOnTimeout = { type: 'skip-cycle' };
    const notice = { code: 'UNKNOWN_ACTION', field: 'action_on_timeout.type' };
    const known = '"skip-cycle" is none of end_session, skip_cycle, auto_action: when a clock runs out, ';
    const ends = [{ ...notice, message: `${known}the session ends` }];
    expect(await noticesOf({ action_on_timeout })).to.deep.equal(ends);
    expect(await noticesOf({ action_on_timeout, sync_mode: 'global', total_time_ms: 60_000, auto_advance: true })).to.deep.equal(ends);
    expect(await noticesOf({ action_on_timeout, auto_advance: true })).to.deep.equal([
      { ...notice, message: `${known}the next one’s cycle begins` },
    ]);
    expect(JSON.stringify(await noticesOf({ action_on_timeout: { type: 'x'.repeat(9_000) } }))).to.have.length.below(400);
  });

  it('C-100 a create without an action, or with one of a known type, has no notice', async () => {
    for (const type of ['end_session', 'skip_cycle', 'auto_action']) {
      expect(await noticesOf({ action_on_timeout: { type, points: 1 } }), type).to.equal(undefined);
    }
    expect(await noticesOf({})).to.equal(undefined);
  });

  it('C-101 a create that repeats a command_id has the notices of the first one', async () => {
    const payload = chess({ action_on_timeout: { type: 'house rule' }, command_id: 'once' });
    const [first, again] = [await client.command('session:create', payload), await client.command('session:create', payload)];
    expect(again).to.include({ ok: true, replayed: true });
    expect(again.ok && again.notices).to.deep.equal(first.ok && first.notices);
    expect(again.ok && again.notices).to.have.length(1);
  });
});
