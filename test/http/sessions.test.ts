import { expect } from 'chai';
import type { FieldIssue, JoinData, SessionState, SwitchData } from '#contract';
import { type App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';

describe('REST', () => {
  let cluster: Cluster;
  let app: App;
  let watcher: TestClient;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
    watcher = await cluster.client(app);
  });
  after(() => cluster.close());

  const post = (path: string, body?: unknown, headers?: Record<string, string>) => rest(app, 'POST', `/v1/sessions${path}`, body, headers);
  const get = (path: string) => rest(app, 'GET', `/v1/sessions${path}`);
  const remove = (path: string) => rest(app, 'DELETE', `/v1/sessions${path}`);
  const dataOf = <Data>(answer: Awaited<ReturnType<typeof post>>, status = 200): Data => {
    const reply = answer.reply<Data>();
    if (answer.status !== status || !reply.ok) throw new Error(`${answer.status}: ${answer.text.slice(0, 300)}`);
    return reply.data;
  };
  const created = async () => dataOf<SessionState>(await post('', chess()), 201).session_id;

  it('H-1 each command of a whole game over REST is answered in the one envelope and told to the room', async () => {
    const given = chess({ metadata: { by: 'rest' } });
    const answer = await post('', given);
    expect(answer.status).to.equal(201);
    expect(answer.headers.get('content-type')).to.match(/^application\/json/);
    expect(answer.json()).to.have.all.keys('ok', 'data', 'server_time_ms');
    const id = given.session_id;
    expect(dataOf<SessionState>(await get(`/${id}`))).to.deep.equal(answer.json()['data']);
    const { state }: JoinData = await watcher.ok('session:join', { session_id: id });
    expect(state.metadata).to.deep.equal({ by: 'rest' });

    expect(dataOf<SessionState>(await post(`/${id}/start`))).to.include({ status: 'running', version: 2 });
    const moved = dataOf<SwitchData>(await post(`/${id}/switch`, { current_participant_id: 'white' }));
    expect(moved).to.include({ version: 3, active_participant_id: 'black' }).and.not.have.property('sync_mode');
    expect(dataOf<SessionState>(await post(`/${id}/pause`))).to.include({ status: 'paused', version: 4 });
    expect(dataOf<SessionState>(await post(`/${id}/resume`, {}))).to.include({ status: 'running', version: 5 });
    expect(dataOf(await post(`/${id}/message`, { message: ['any', { json: true }] }))).to.deep.equal({});
    expect(dataOf<SessionState>(await post(`/${id}/complete`))).to.include({ status: 'completed', version: 6 });
    expect(await remove(`/${id}`)).to.include({ status: 204, text: '' });

    expect((await watcher.next('session:deleted', (event) => event.session_id === id)).version).to.equal(7);
    expect((await watcher.next('session:message')).message).to.deep.equal(['any', { json: true }]);
    expect(watcher.seen('session:update').map(({ version }) => version)).to.deep.equal([2, 3, 4, 5, 6]);
  });

  it('H-1 a session can be cancelled, for a reason', async () => {
    expect(dataOf<SessionState>(await post(`/${await created()}/cancel`, { reason: 'rain' }))).to.include({ status: 'cancelled' });
  });

  it('H-2 a create without an id gets one, and ids of all allowed characters fit into a path', async () => {
    const state = dataOf<SessionState>(await post('', { ...chess(), session_id: undefined }), 201);
    expect(dataOf<SessionState>(await get(`/${state.session_id}`))).to.deep.equal(state);
    const session_id = `auth0|A.b_c:d@e~f-${process.pid}`;
    await post('', chess({ session_id }));
    expect(dataOf<SessionState>(await get(`/${encodeURIComponent(session_id)}`)).session_id).to.equal(session_id);
    expect(dataOf<SessionState>(await post(`/${encodeURIComponent(session_id)}/start`)).session_id).to.equal(session_id);
  });

  it('H-3 a deletion is answered with 204 each time, whether or not there is a session', async () => {
    const id = await created();
    for (let time = 0; time < 2; time++) expect(await remove(`/${id}`)).to.include({ status: 204, text: '' });
    expect(await remove(`/${chess().session_id}`)).to.include({ status: 204, text: '' });
    expect((await get(`/${id}`)).status).to.equal(404);
  });

  it('H-3 a deletion takes expected_version and command_id from the query', async () => {
    const id = await created();
    const conflict = await remove(`/${id}?expected_version=2`);
    expect(conflict.status).to.equal(409);
    expect(errorOf(conflict.reply(), 'CONFLICT').details).to.include({ expected_version: 2, actual_version: 1 });
    expect((await remove(`/${id}?expected_version=1&command_id=d1`)).status).to.equal(204);
    expect((await remove(`/${id}?expected_version=1&command_id=d1`)).status).to.equal(204);
    for (const query of [
      'expected_version=x',
      'expected_version=',
      'expected_version=1.5',
      'expected_version=1&expected_version=2',
      'version=1',
    ]) {
      expect((await remove(`/${id}?${query}`)).status, query).to.equal(400);
    }
  });

  const REFUSALS: [string, number, string, () => Promise<Awaited<ReturnType<typeof post>>>][] = [
    ['a used id', 409, 'SESSION_EXISTS', async () => post('', chess({ session_id: await created() }))],
    ['a session nobody created', 404, 'SESSION_NOT_FOUND', () => post(`/${chess().session_id}/start`)],
    ['a switch while pending', 400, 'INVALID_STATE_TRANSITION', async () => post(`/${await created()}/switch`)],
    [
      'a start by a stranger',
      404,
      'PARTICIPANT_NOT_FOUND',
      async () => post(`/${await created()}/start`, { active_participant_id: 'grey' }),
    ],
    ['a version that is not there', 409, 'CONFLICT', async () => post(`/${await created()}/start`, { expected_version: 5 })],
    ['an unknown field', 400, 'VALIDATION_ERROR', async () => post(`/${await created()}/start`, { begin: true })],
    ['an unknown query parameter', 400, 'VALIDATION_ERROR', async () => get(`/${await created()}?verbose=1`)],
    ['an id that is no id', 400, 'VALIDATION_ERROR', () => get('/no%20id')],
    ['an id that is too long', 400, 'VALIDATION_ERROR', () => get(`/${'x'.repeat(129)}`)],
  ];
  for (const [what, status, code, ask] of REFUSALS) {
    it(`H-4 ${what} is ${status} ${code}`, async () => {
      const answer = await ask();
      expect(answer.status).to.equal(status);
      const reply = answer.reply();
      expect(reply).to.have.property('ok', false);
      expect(reply).to.have.nested.property('error.code', code);
      expect(reply.server_time_ms).to.satisfy(Number.isInteger);
    });
  }

  it('H-4 the guard of a switch is answered with 409 for a participant who is not active, and with 404 for a stranger', async () => {
    const id = await created();
    await post(`/${id}/start`);
    expect((await post(`/${id}/switch`, { current_participant_id: 'black' })).status).to.equal(409);
    expect((await post(`/${id}/switch`, { current_participant_id: 'grey' })).status).to.equal(404);
  });

  it('H-5 the id of the path and one in the body must be the same', async () => {
    const id = await created();
    expect((await post(`/${id}/start`, { session_id: id })).status).to.equal(200);
    const answer = await post(`/${id}/pause`, { session_id: 'another' });
    expect(answer.status).to.equal(400);
    expect((errorOf(answer.reply(), 'VALIDATION_ERROR').details as FieldIssue[])[0]?.field).to.equal('session_id');
    expect((await get(`/${id}?session_id=another`)).status).to.equal(400);
  });

  it('H-6 the answer to a repeated command has replayed: true', async () => {
    const id = await created();
    await post(`/${id}/start`, { command_id: 'c' });
    expect((await post(`/${id}/start`, { command_id: 'c' })).json()).to.include({ ok: true, replayed: true, applied_version: 2 });
    const mismatch = await post(`/${id}/complete`, { command_id: 'c' });
    expect(mismatch.status).to.equal(409);
    errorOf(mismatch.reply(), 'IDEMPOTENCY_MISMATCH');
  });

  it('H-6 a command_id is the same over both transports', async () => {
    const id = await created();
    await watcher.ok('session:start', { session_id: id, command_id: 'c' });
    expect((await post(`/${id}/start`, { command_id: 'c' })).json()).to.include({ replayed: true });
  });

  it('H-7 without a trail the history is SERVICE_UNAVAILABLE and not retryable', async () => {
    const answer = await get(`/${await created()}/events`);
    expect(answer.status).to.equal(503);
    errorOf(answer.reply(), 'SERVICE_UNAVAILABLE');
  });
});
