import { expect } from 'chai';
import { SyncKairosError } from '../../client-sdk/src/index.ts';
import type { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { happens, seen, Stage } from './kit.ts';

/** So long that what a client shows within it can't come from the server. */
const GRACE_MS = 1_000;

describe('SDK: starts at an instant', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  const open = async () => {
    const settings = { EXPIRY_GRACE_MS: String(GRACE_MS) };
    const [a, b] = [await stage.instance(settings), await stage.instance(settings)];
    return [stage.client(a.url), stage.client(b.url)] as const;
  };
  const ahead = (client: SyncKairosClient, ms: number) => new Date(Math.ceil(client.getServerTime()) + ms).toISOString();
  const shows = (client: SyncKairosClient, id: string, status: string) => {
    const store = client.session(id);
    return happens(() => store.getSnapshot()?.status === status, store.subscribe, status);
  };

  it('ST-30 schedule plans a start, moves it and takes it away, and every listener sees it', async () => {
    const [near, far] = await open();
    const { session_id: id } = await near.createSession(chess());
    far.connectWebSocket(id, () => undefined);
    const starts_at = ahead(near, 3_600_000);
    expect(await near.schedule(id, { starts_at })).to.include({ version: 2, starts_at });
    expect(await near.schedule(id)).to.include({ version: 3, starts_at: null });
    await seen(far, id, 3);
    expect(far.session(id).getSnapshot()).to.include({ status: 'pending', starts_at: null });
    const refused = await near.schedule(id, { starts_at: 'tomorrow' }).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(SyncKairosError).with.property('code', 'VALIDATION_ERROR');
  });

  it('ST-31 clients of two instances show the session as running from its instant on, before the server has said so', async () => {
    const [near, far] = await open();
    await near.syncServerTime();
    const starts_at = ahead(near, 8_000);
    const { session_id: id } = await near.createSession(chess({ starts_at }));
    const shown = [near, far].map(async (client) => {
      await shows(client, id, 'running');
      const [now, state] = [client.getServerTime(), client.session(id).getSnapshot()];
      expect(state).to.include({ version: 1, session_started_at: starts_at, active_participant_id: 'white', updated_at: starts_at });
      expect(now - Date.parse(starts_at)).to.be.at.least(0);
      expect(client.getParticipantTime(id, 'white', Date.parse(starts_at) + 5)).to.equal(1_800_000 - 5);
      return state;
    });
    const [predicted] = await Promise.all(shown);
    await Promise.all([seen(near, id, 2), seen(far, id, 2)]);
    for (const client of [near, far]) expect(client.session(id).getSnapshot()).to.deep.equal({ ...predicted, version: 2 });
  });

  it('ST-31 a start that was moved or called off is not shown at its former instant, and a switch right after it counts', async () => {
    const [near, far] = await open();
    await near.syncServerTime();
    const soon = ahead(near, 8_000);
    const [moved, called, kept] = await Promise.all([0, 1, 2].map(() => near.createSession(chess({ starts_at: soon }))));
    if (moved === undefined || called === undefined || kept === undefined) throw new Error('no sessions');
    for (const { session_id } of [moved, called]) far.connectWebSocket(session_id, () => undefined);
    await near.schedule(moved.session_id, { starts_at: ahead(near, 60_000) });
    await near.cancelSession(called.session_id);
    await Promise.all([seen(far, moved.session_id, 2), seen(far, called.session_id, 2), shows(far, kept.session_id, 'running')]);
    for (const client of [near, far]) {
      expect(client.session(moved.session_id).getSnapshot()).to.include({ version: 2, status: 'pending' });
      expect(client.session(called.session_id).getSnapshot()).to.include({ version: 2, status: 'cancelled' });
    }
    expect(await far.switchCycle(kept.session_id, 'white')).to.include({ version: 3, active_participant_id: 'black' });
  });
});
