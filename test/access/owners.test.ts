import { expect } from 'chai';
import type { HistoryData, SessionState } from '#contract';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { as, JWT, sign } from './kit.ts';

describe('owners and claims', () => {
  let cluster: Cluster;
  let a: { url: string };
  let b: { url: string };
  let anna: string;
  let ben: string;

  before(async () => {
    const redis = await startOwnRedis();
    cluster = await openCluster({ ...JWT, REDIS_URL: redis.url, DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' });
    [a, b] = [await cluster.instance(), await cluster.instance()];
    [anna, ben] = [await sign({ sub: 'anna' }), await sign({ sub: 'ben', participant_id: 'black' })];
  });
  after(() => cluster.close());

  const call = async <Data = SessionState>(token: string, method: string, path: string, body?: unknown, at = b): Promise<Data> => {
    const answer = await as(token, at, method, `/v1/sessions${path}`, body);
    if (answer.status === 204) return {} as Data;
    const reply = answer.reply<Data>();
    if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
    return reply.data;
  };
  const code = async (token: string, method: string, path: string, body?: unknown): Promise<string> =>
    call(token, method, path, body).then(
      () => 'ok',
      (error: Error) => error.message.split(':')[0] ?? '',
    );
  const history = async (id: string): Promise<HistoryData['events']> =>
    (await call<HistoryData>(await sign({ sessions: { [id]: 'viewer' } }), 'GET', `/${id}/events`)).events;

  it('G-40 the creator of a session owns it, whatever its id; about other sessions a user learns nothing, not even whether they exist', async () => {
    const made = await call(anna, 'POST', '', chess({ session_id: undefined }));
    expect(made.owner_id).to.equal('anna');
    const { session_id: id } = made;
    expect(await code(anna, 'POST', `/${id}/start`)).to.equal('ok');
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/start'],
      ['DELETE', ''],
      ['GET', '/share'],
    ] as const) {
      const answers = await Promise.all([id, 'nothing-here'].map((session) => as(ben, a, method, `/v1/sessions/${session}${path}`)));
      const [there, nowhere] = answers.map(({ status, text }) => ({
        status,
        text: text
          .replaceAll(id, '…')
          .replaceAll('nothing-here', '…')
          .replace(/"server_time_ms":\d+/, ''),
      }));
      expect(there, path).to.deep.equal(nowhere);
      expect(there?.status).to.equal(403);
    }
    const socket = await cluster.client(a, { auth: { token: ben } });
    await socket.refused('FORBIDDEN', 'session:join', { session_id: id });
    await call(anna, 'POST', `/${id}/switch`);
    await socket.ok('time:sync', {});
    expect(socket.seen('session:update'), 'refused, so not in the room').to.deep.equal([]);
    // No field of the payload makes somebody an owner.
    expect(await code(ben, 'POST', '', chess({ owner_id: 'anna' } as object))).to.equal('VALIDATION_ERROR');
  });

  it('G-41 an owner may repeat a deletion, and nobody else may', async () => {
    const game = chess();
    const path = `/${game.session_id}?command_id=bye`;
    await call(anna, 'POST', '', game);
    await until('the trail knows whose it was', async () => (await history(game.session_id)).length === 1);
    expect(await code(anna, 'DELETE', path)).to.equal('ok');
    expect(await code(anna, 'DELETE', path)).to.equal('ok');
    expect(await code(anna, 'GET', `/${game.session_id}`)).to.equal('FORBIDDEN');
    expect(await code(ben, 'DELETE', path)).to.equal('FORBIDDEN');
    expect(await code(ben, 'POST', '', game), 'the trail has their session').to.equal('SESSION_EXISTS');
    expect((await call(anna, 'POST', '', game)).owner_id).to.equal('anna');
  });

  it('G-41 where no trail is kept a deleted id belongs to whoever creates it, whatever its former owner repeats', async () => {
    const none = await cluster.instance({ AUDIT_WORKER: 'none', KEY_PREFIX: 'untold' });
    const at = async (token: string, method: string, path: string, body?: unknown) =>
      (await as(token, none, method, `/v1/sessions${path}`, body)).status;
    const game = chess();
    const path = `/${game.session_id}?command_id=bye`;
    expect(await at(anna, 'POST', '', game)).to.equal(201);
    expect(await at(anna, 'DELETE', path)).to.equal(204);
    expect(await at(ben, 'POST', '', game)).to.equal(201);
    expect(await at(anna, 'GET', `/${game.session_id}`)).to.equal(403);
    expect(await at(anna, 'DELETE', path), 'not somebody else’s, even by a command that is remembered').to.equal(403);
    expect(await at(ben, 'GET', `/${game.session_id}`)).to.equal(200);
  });

  it('G-41 a user who repeats somebody else’s create learns nothing', async () => {
    const game = chess({ command_id: 'make' });
    await call(anna, 'POST', '', game);
    expect(await code(anna, 'POST', '', game)).to.equal('ok');
    expect(await code(ben, 'POST', '', game)).to.equal('SESSION_EXISTS');
  });

  it('G-42 of a token’s sessions the exact id counts before any prefix and the longest prefix before others; the token gives no other rights', async () => {
    const ids = ['cup-1', 'cup-final', 'cup-final-2', '__proto__', 'constructor'];
    const boss = await sign({ sessions: { '*': 'owner' } });
    for (const session_id of ids) await call(boss, 'POST', '', chess({ session_id }));
    expect((await call(boss, 'GET', '/cup-1')).owner_id, 'rights by claims end with the token').to.equal(undefined);
    const token = await sign({
      sub: 'anna',
      sessions: { '*': 'viewer', 'cup-*': 'controller', 'cup-final*': 'viewer', 'cup-final-2': 'owner', constructor: 'owner' },
    });
    const may = { 'cup-1': 'ok', 'cup-final': 'FORBIDDEN', 'cup-final-2': 'ok', __proto__: 'FORBIDDEN', constructor: 'ok' };
    for (const id of ids)
      expect(await code(token, 'POST', `/${id}/start`), id).to.equal((may as Record<string, unknown>)[id] === 'ok' ? 'ok' : 'FORBIDDEN');
    expect(await code(token, 'DELETE', '/cup-1')).to.equal('FORBIDDEN');
    expect(await code(token, 'DELETE', '/cup-final-2')).to.equal('ok');
    expect(await code(await sign({ sub: 'anna', sessions: {} }), 'GET', '/cup-1')).to.equal('FORBIDDEN');
    const own = await call(anna, 'POST', '', chess());
    expect(await code(await sign({ sub: 'anna', sessions: { x: 'owner' } }), 'GET', `/${own.session_id}`)).to.equal('FORBIDDEN');
  });

  it('G-43 an owner by claims may create the sessions that the claims cover, and one without an id only where they cover every id', async () => {
    const cup = await sign({ sessions: { 'league-*': 'owner', '0*': 'owner' } });
    expect(await code(cup, 'POST', '', chess({ session_id: 'league-1' }))).to.equal('ok');
    expect(await code(cup, 'POST', '', chess({ session_id: 'else' }))).to.equal('FORBIDDEN');
    expect(await code(cup, 'POST', '', chess({ session_id: undefined }))).to.equal('FORBIDDEN');
    expect(await code(await sign({ sessions: { '*': 'owner' } }), 'POST', '', chess({ session_id: undefined }))).to.equal('ok');
    expect(await code(await sign({ sessions: { '*': 'controller' } }), 'POST', '', chess())).to.equal('FORBIDDEN');
  });

  it('G-44 the trail names who sent each command: sub, participant, role, link; an event that nobody sent has no actor', async () => {
    const { session_id: id } = await call(anna, 'POST', '', chess());
    const link = await call<{ token: string; link_id: string }>(anna, 'POST', `/${id}/share`, {
      role: 'participant',
      participant_id: 'white',
    });
    await call(await sign({ sub: 'arbiter', sessions: { [id]: 'controller' } }), 'POST', `/${id}/start`, { command_id: 'go' });
    await call(link.token, 'POST', `/${id}/switch`);
    const events = await until('the trail is complete', async () => {
      const told = await history(id);
      return told.length === 3 && told;
    });
    expect(events.map(({ metadata }) => metadata)).to.deep.equal([
      { actor: { role: 'owner', sub: 'anna' } },
      { actor: { role: 'controller', sub: 'arbiter' }, command_id: 'go' },
      { actor: { role: 'participant', participant_id: 'white', link_id: link.link_id } },
    ]);
  });

  it('G-45 a repetition is recognised by what was sent: a payload with a guard is another one than the same payload without', async () => {
    const { session_id: id } = await call(anna, 'POST', '', chess());
    await call(anna, 'POST', `/${id}/start`);
    const white = await sign({ participant_id: 'white', sessions: { [id]: 'participant' } });
    expect((await call(white, 'POST', `/${id}/switch`, { command_id: 'move' })).version).to.equal(3);
    expect((await call(white, 'POST', `/${id}/switch`, { command_id: 'move' })).version).to.equal(3);
    expect(await code(white, 'POST', `/${id}/switch`, { command_id: 'move', current_participant_id: 'white' })).to.equal(
      'IDEMPOTENCY_MISMATCH',
    );
    expect(await code(white, 'POST', `/${id}/switch`)).to.equal('NOT_ACTIVE_PARTICIPANT');
    expect(await code(await sign({ participant_id: 'green', sessions: { [id]: 'participant' } }), 'POST', `/${id}/switch`)).to.equal(
      'PARTICIPANT_NOT_FOUND',
    );
    expect(await code(await sign({ sessions: { [id]: 'participant' } }), 'POST', `/${id}/switch`)).to.equal('FORBIDDEN');
  });

  it('G-46 a session that comes back from PostgreSQL has its owner, and its links are gone', async () => {
    const { session_id: id } = await call(anna, 'POST', '', chess({ participants_may_pause: true }));
    const link = await call<{ token: string }>(anna, 'POST', `/${id}/share`, { role: 'viewer' });
    await until('it is in the trail', async () => (await history(id)).length === 1);
    await cluster.redis().flushall();
    expect(await code(ben, 'GET', `/${id}`)).to.equal('FORBIDDEN');
    expect(await code(link.token, 'GET', `/${id}`)).to.equal('UNAUTHORIZED');
    const state = await call(anna, 'GET', `/${id}`);
    expect(state).to.include({ owner_id: 'anna', participants_may_pause: true, version: 2 });
    expect(state.metadata).to.include({ recovered: true });
    expect(await code(anna, 'POST', `/${id}/start`)).to.equal('ok');
  });
});
