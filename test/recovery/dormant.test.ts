import { expect } from 'chai';
import type { CommandName, ErrorCode, SessionState } from '#contract';
import { as, JWT, sign } from '../access/kit.ts';
import { query } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { keysLike } from '../kit/redis.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';

/** Sessions that only the trail has: they have left Redis unfinished. */
describe('a dormant session', () => {
  let cluster: Cluster;
  let app: { url: string };
  let anna: string;
  let id: string;

  beforeEach(async () => {
    const DATABASE_URL = await freshDatabase();
    cluster = await openCluster({ ...JWT, DATABASE_URL, AUDIT_WORKER: 'inline' });
    app = await cluster.instance();
    anna = await sign({ sub: 'anna' });
    id = chess().session_id;
    expect((await as(anna, app, 'POST', '/v1/sessions', chess({ session_id: id }))).status).to.equal(201);
    await until('the session is in the trail', async () => (await rows()) === 1);
    const [key = ''] = await stored();
    await cluster.redis().del(key);
  });
  afterEach(() => cluster.close());

  const stored = () => keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:s/${id}`);
  const rows = async () =>
    Number(
      (await query(cluster.settings['DATABASE_URL'] ?? '', 'SELECT count(*) FROM sync_events WHERE session_id = $1', [id]))[0]?.['count'],
    );
  const waiting = async () => {
    const keys = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:outbox`);
    return (await Promise.all(keys.map((key) => cluster.redis().xlen(key)))).reduce((sum, length) => sum + length, 0);
  };

  it('V-20 a session is not brought back by a sender without a role in it, whatever they send', async () => {
    for (const token of [await sign({ sub: 'mallory' }), await sign({ sub: 'mallory', sessions: { [id]: 'viewer' } })]) {
      const stranger = await cluster.client(app, { auth: { token } });
      const isStranger = !(await stranger.command('session:history', { session_id: id })).ok;
      const commands: [CommandName, object, ErrorCode][] = [
        ['session:start', {}, 'FORBIDDEN'],
        ['session:switch', {}, 'FORBIDDEN'],
        ['session:delete', {}, 'FORBIDDEN'],
        ['session:message', { message: 1 }, 'FORBIDDEN'],
        ['session:share', { role: 'viewer' }, 'FORBIDDEN'],
        ['session:links', {}, 'FORBIDDEN'],
        ['session:create', chess(), isStranger ? 'SESSION_EXISTS' : 'FORBIDDEN'],
        ...(isStranger
          ? (['session:get', 'session:join', 'session:history'] as const).map((name) => [name, {}, 'FORBIDDEN'] as const)
          : []),
      ] as [CommandName, object, ErrorCode][];
      for (const [name, payload, code] of commands) {
        await stranger.refused(code, name, { ...payload, session_id: id, command_id: `by-mallory-${name}` });
        expect(await stored(), name).to.deep.equal([]);
      }
    }
    expect([await waiting(), await rows()]).to.deep.equal([0, 1]);
    const back = (await as(anna, app, 'GET', `/v1/sessions/${id}`)).reply<SessionState>();
    expect(back.ok && back.data).to.include({ version: 2, owner_id: 'anna' });
  });

  it('V-21 a session is not brought back by a create that finds its id in use, nor by reading its history', async () => {
    for (const token of [anna, await sign({ sessions: { '*': 'owner' } })]) {
      const answer = await as(token, app, 'POST', '/v1/sessions', chess({ session_id: id, command_id: 'again' }));
      expect(answer.json()).to.have.nested.property('error.code', 'SESSION_EXISTS');
      expect((await as(token, app, 'GET', `/v1/sessions/${id}/events`)).json()).to.have.nested.property('data.events.length', 1);
    }
    expect([await stored(), await waiting(), await rows()]).to.deep.equal([[], 0, 1]);
  });

  it('R-54 a session that has left Redis keeps its room, which is told when it is brought back', async () => {
    const watcher = await cluster.client(app, { auth: { token: anna } });
    await watcher.ok('session:join', { session_id: id });
    await until('it is in the trail again', async () => (await rows()) === 2);
    const [key = ''] = await stored();
    await cluster.redis().del(key);
    const other = await cluster.instance();
    await as(anna, other, 'POST', `/v1/sessions/${id}/start`);
    const update = (version: number) => watcher.next('session:update', (event) => event.version === version);
    expect((await update(3)).event_type).to.equal('session_recovered');
    expect((await update(4)).event_type).to.equal('session_started');
  });

  it('V-22 an allowed command brings a session back and is then decided on it', async () => {
    const started = (await as(anna, app, 'POST', `/v1/sessions/${id}/start`, { command_id: 'go' })).reply<SessionState>();
    expect(started.ok && started.data).to.include({ version: 3, status: 'running' });
    expect(await stored()).to.have.length(1);
  });
});
