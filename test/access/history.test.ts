import { expect } from 'chai';
import type { HistoryData, SessionState, ShareData } from '#contract';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { createKeys } from '../../server/store/keys.ts';
import { until } from '../kit/until.ts';
import { as, JWT, sign } from './kit.ts';

/** One instance carries the trail, the other one only reads it. */
describe('the history of an id that several have used', () => {
  let cluster: Cluster;
  let app: { url: string };
  let quiet: { url: string };
  let stop: () => Promise<void>;
  let anna: string;
  let ben: string;
  let boss: string;

  beforeEach(async () => {
    cluster = await openCluster({ ...JWT, DATABASE_URL: await freshDatabase() });
    const writing = await cluster.instance({ AUDIT_WORKER: 'inline' });
    app = writing;
    stop = () => writing.close();
    quiet = await cluster.instance({ AUDIT_WORKER: 'off' });
    [anna, ben] = [await sign({ sub: 'anna' }), await sign({ sub: 'ben' })];
    boss = await sign({ sessions: { '*': 'owner' } });
  });
  afterEach(() => cluster.close());

  const send = async <Data>(token: string, method: string, path: string, body?: unknown, at = app): Promise<Data> => {
    const reply = (await as(token, at, method, `/v1/sessions${path}`, body)).reply<Data>();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.error.code}`);
    return reply.data;
  };
  /** `owner.version` of each event of the history that a sender gets, or the code of their refusal. */
  const told = async (token: string, id: string, query = '', at = quiet): Promise<string> => {
    const reply = (await as(token, at, 'GET', `/v1/sessions/${id}/events${query}`)).reply<HistoryData>();
    return reply.ok
      ? reply.data.events.map(({ version, state_snapshot: { owner_id } }) => `${owner_id}.${version}`).join(' ')
      : reply.error.code;
  };
  const forget = (id: string) => cluster.redis().del(createKeys(cluster.settings.KEY_PREFIX).session(id).session);
  /** A session that anna has finished, which is in the trail and not in Redis any more. */
  const finished = async (): Promise<SessionState> => {
    const state = await send<SessionState>(anna, 'POST', '', chess());
    await send(anna, 'POST', `/${state.session_id}/cancel`);
    await until('both events are in the trail', async () => (await told(anna, state.session_id)) === 'anna.1 anna.2');
    return state;
  };
  /** Ben creates a session with the id on an instance without a trail, so that the trail does not know of it. */
  const taken = async (id: string): Promise<SessionState> => {
    await stop();
    const blind = await cluster.instance({ AUDIT_WORKER: 'none' });
    return send<SessionState>(ben, 'POST', '', chess({ session_id: id }), blind);
  };

  it('A-82 the history of an id is that of the incarnation which its asker may read: the present one, else the newest that they owned', async () => {
    const { session_id: id } = await finished();
    await forget(id);
    expect([await told(anna, id), await told(ben, id), await told(boss, id)]).to.deep.equal([
      'anna.1 anna.2',
      'FORBIDDEN',
      'anna.1 anna.2',
    ]);
    await taken(id);
    expect(await told(ben, id), 'no events yet, and none of hers').to.equal('');
    expect(await told(boss, id)).to.equal('');
    expect(await told(anna, id), 'her own').to.equal('anna.1 anna.2');
    expect(await told(await sign({ sub: 'carla' }), id)).to.equal('FORBIDDEN');
  });

  it('A-83 a history with created_at is that of the incarnation created then, for whoever may read that one', async () => {
    const { session_id: id, created_at } = await finished();
    const link = await send<ShareData>(anna, 'POST', `/${id}/share`, { role: 'viewer' });
    await forget(id);
    const later = await taken(id);
    const [hers, his] = [created_at, later.created_at].map((at) => `?created_at=${encodeURIComponent(at)}`);
    expect(await told(anna, id, hers)).to.equal('anna.1 anna.2');
    expect(await told(boss, id, hers)).to.equal('anna.1 anna.2');
    expect(await told(boss, id, `${hers}&after_version=1`)).to.equal('anna.2');
    expect(await told(link.token, id, hers)).to.equal('anna.1 anna.2');
    expect(await told(link.token, id), 'its session is not the present one').to.equal('UNAUTHORIZED');
    expect([await told(ben, id, hers), await told(anna, id, his)]).to.deep.equal(['FORBIDDEN', 'FORBIDDEN']);
    expect([await told(ben, id, his), await told(boss, id, his)]).to.deep.equal(['', '']);
    const never = `?created_at=2001-01-01T00:00:00.000Z`;
    expect([await told(anna, id, never), await told(boss, id, never)]).to.deep.equal(['FORBIDDEN', 'SESSION_NOT_FOUND']);
    for (const malformed of ['yesterday', '2026-01-01', '2026-01-01T00:00:00Z'])
      expect(await told(anna, id, `?created_at=${malformed}`), malformed).to.equal('VALIDATION_ERROR');
  });

  it('A-84 the history tells nothing of a deleted incarnation, also while the deletion has not reached the trail', async () => {
    const { session_id: id, created_at } = await finished();
    await stop();
    await as(anna, quiet, 'DELETE', `/v1/sessions/${id}`);
    const named = `?created_at=${created_at}`;
    expect([await told(boss, id), await told(boss, id, named)]).to.deep.equal(['SESSION_NOT_FOUND', 'SESSION_NOT_FOUND']);
    expect([await told(anna, id), await told(anna, id, named)]).to.deep.equal(['SESSION_NOT_FOUND', 'SESSION_NOT_FOUND']);
    expect([await told(ben, id), await told(ben, id, named)]).to.deep.equal(['FORBIDDEN', 'FORBIDDEN']);
  });

  it('V-23 an id whose last session in the trail is somebody else’s is in use, whether that session is finished, deleted or unfinished', async () => {
    const code = async (token: string, id: string) => {
      const reply = (await as(token, app, 'POST', '/v1/sessions', chess({ session_id: id }))).reply();
      return reply.ok ? 'ok' : reply.error.code;
    };
    for (const end of ['finished', 'deleted', 'unfinished']) {
      const { session_id: id } = end === 'unfinished' ? await send<SessionState>(anna, 'POST', '', chess()) : await finished();
      await until('the trail knows of it', async () => (await told(anna, id)) !== '');
      if (end === 'deleted') await as(anna, app, 'DELETE', `/v1/sessions/${id}`);
      else await forget(id);
      expect(await code(ben, id), end).to.equal('SESSION_EXISTS');
      expect(await code(anna, id), end).to.equal(end === 'unfinished' ? 'SESSION_EXISTS' : 'ok');
    }
    const { session_id: id } = await finished();
    await forget(id);
    expect(await code(boss, id), 'who may do everything there').to.equal('ok');
  });
});
