import { connect } from 'node:net';
import { brotliCompressSync } from 'node:zlib';
import { expect } from 'chai';
import type { FieldIssue, HistoryData } from '#contract';
import { type App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { freshDatabase } from '../kit/services.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

const NASTY = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"prototype":3,"toJSON":4,"a":{"__proto__":[null]}}';

describe('inputs that harm other servers', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  before(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    app = await cluster.instance();
    player = await cluster.client(app);
  });
  after(() => cluster.close());

  it('Z-3 a megabyte of small values is refused before its schema is looked at, and a refusal is shorter than its payload', async () => {
    const many = (text: string) => `[${Array.from({ length: 200_000 }, () => text).join(',')}]`;
    for (const field of ['participants', 'groups', 'unknown']) {
      const reply = await player.text(`["session:create",{"sync_mode":"global","${field}":${many('{}')}}]`);
      const { details } = errorOf(reply, 'VALIDATION_ERROR');
      expect((details as FieldIssue[]).map((issue) => issue.field)).to.deep.equal(['payload']);
    }
    const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`field-${index}`, 1]));
    const { details } = errorOf(await player.raw('session:create', { ...chess(), ...unknown }), 'VALIDATION_ERROR');
    expect(details).to.have.length(100);
    const named = errorOf(await player.raw('session:create', { ...chess(), ['x'.repeat(500_000)]: 1 }), 'VALIDATION_ERROR');
    expect(JSON.stringify(named)).to.have.length.below(2_000);
  });

  it('Z-4 __proto__, constructor and prototype come back as they were sent, from Redis, from the trail and after a recovery', async () => {
    const { session_id } = chess();
    const action = NASTY.replace('{', '{"type":"auto_action",');
    const body = JSON.stringify(chess({ session_id })).replace(/\}$/, `,"metadata":${NASTY},"action_on_timeout":${action}}`);
    expect((await rest(app, 'POST', '/v1/sessions', body)).status).to.equal(201);
    await player.ok('session:join', { session_id });
    await player.text(`["session:message",{"session_id":"${session_id}","message":${NASTY}}]`);
    expect(JSON.stringify((await player.next('session:message')).message)).to.equal(NASTY);
    const holds = (text: string) => {
      expect(text).to.include(NASTY);
      expect(text).to.include(action);
    };
    holds((await rest(app, 'GET', `/v1/sessions/${session_id}`)).text);
    const history = async () => (await rest(app, 'GET', `/v1/sessions/${session_id}/events`)).reply<HistoryData>();
    const told = await until('history', async () => {
      const reply = await history();
      return reply.ok && reply.data.events.length > 0 && reply;
    });
    holds(JSON.stringify(told));
    const redis = cluster.redis();
    await redis.del(...(await redis.keys(`${cluster.settings.KEY_PREFIX}:*:s/${session_id}`)));
    const { text } = await rest(app, 'GET', `/v1/sessions/${session_id}`);
    expect(text).to.include('"recovered":true').and.to.include(NASTY.slice(0, -1)).and.to.include(action);
    expect(({} as { polluted?: number }).polluted).to.equal(undefined);
  });

  it('Z-5 a body that is not compressed as its headers say is VALIDATION_ERROR, whatever the algorithm', async () => {
    for (const encoding of ['gzip', 'deflate', 'br']) {
      const { status } = await rest(app, 'POST', '/v1/sessions', '{"sync_mode":"global"}', { 'content-encoding': encoding });
      expect(status, encoding).to.equal(400);
    }
    const compressed = await fetch(`${app.url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'br' },
      body: brotliCompressSync(JSON.stringify(chess())),
    });
    expect(compressed.status).to.equal(201);
  });

  it('Z-5 bytes that are not HTTP are answered with VALIDATION_ERROR', async () => {
    for (const text of [
      'nonsense\r\n\r\n',
      'GET /time HTTP/1.1\r\nHost: localhost\r\nContent-Length: minus\r\n\r\n',
      'GET / HTTP/9\r\n\r\n',
    ]) {
      const { hostname, port } = new URL(app.url);
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(text));
        let got = '';
        socket.on('data', (data) => (got += data.toString()));
        socket.on('close', () => resolve(got));
      });
      expect(answer, text).to.match(/^HTTP\/1\.1 400 Bad Request\r\n/);
      errorOf(JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as never, 'VALIDATION_ERROR');
    }
  });
});
