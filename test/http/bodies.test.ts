import { expect } from 'chai';
import { request } from 'node:http';
import { connect } from 'node:net';
import { CREATE_MAX_BYTES } from '#contract';
import { type App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';

describe('requests as they should not be', () => {
  let cluster: Cluster;
  let app: App;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
  });
  afterEach(async () => {
    expect((await rest(app, 'GET', '/health')).status).to.equal(200);
  });
  after(() => cluster.close());

  const answerTo = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const answer = await rest(app, method, path, body, headers);
    const reply = answer.reply();
    return { status: answer.status, code: reply.ok ? 'ok' : reply.error.code, headers: answer.headers, text: answer.text };
  };
  const created = async () => {
    const given = chess();
    await rest(app, 'POST', '/v1/sessions', given);
    return given.session_id;
  };

  it('H-10 a body that is no JSON object is VALIDATION_ERROR', async () => {
    for (const body of [
      '{"sync_mode":',
      '{',
      'null',
      '[]',
      '[1]',
      '7',
      '"text"',
      'true',
      '  ',
      '\u0000',
      '{"a":1}}',
      '{"a":01}',
      "{'a':1}",
    ]) {
      const { status, code, text } = await answerTo('POST', '/v1/sessions', body);
      expect({ status, code }, body).to.deep.equal({ status: 400, code: 'VALIDATION_ERROR' });
      expect(text).to.not.match(/SyntaxError|position|node_modules/);
    }
  });

  it('H-11 a body in another form than JSON is UNSUPPORTED_MEDIA_TYPE', async () => {
    const id = await created();
    const types = [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/octet-stream',
      'nonsense',
    ];
    for (const type of types) {
      const { status, code } = await answerTo('POST', `/v1/sessions/${id}/start`, '{}', { 'content-type': type });
      expect({ status, code }, type).to.deep.equal({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    }
    const { status } = await answerTo('POST', `/v1/sessions/${id}/start`, '{}', {
      'content-type': 'application/json',
      'content-encoding': 'compress',
    });
    expect(status).to.equal(415);
  });

  it('H-11 JSON may name its character set or be a +json type', async () => {
    for (const type of ['application/json; charset=utf-8', 'application/vnd.club+json', 'APPLICATION/JSON']) {
      expect((await answerTo('POST', `/v1/sessions/${await created()}/start`, '{}', { 'content-type': type })).status, type).to.equal(200);
    }
  });

  it('H-43 a body of any +json type is read as JSON, with its guards and its command_id', async () => {
    const types = ['json', 'merge-patch+json', 'vnd.api+json', 'cloudevents+json', 'problem+json; charset=utf-8', 'x+json', 'X+JSON'];
    for (const type of types.map((name) => `application/${name}`)) {
      const id = await created();
      const send = async (verb: string, body: object) =>
        answerTo('POST', `/v1/sessions/${id}/${verb}`, JSON.stringify(body), { 'content-type': type });
      expect((await send('start', { expected_version: 999 })).code, type).to.equal('CONFLICT');
      expect((await send('start', { command_id: 'one' })).text, type).to.contain('"version":2');
      expect((await send('start', { command_id: 'one' })).text, type).to.contain('"replayed":true');
      expect((await send('switch', { current_participant_id: 'nobody' })).code, type).to.equal('PARTICIPANT_NOT_FOUND');
    }
  });

  it('H-12 a POST without a body counts as an empty object, whatever its type says', async () => {
    const post = async (headers: Record<string, string>, path: string, body?: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request(app.url + path, { method: 'POST', headers }, (answer) => {
          answer.resume();
          answer.once('end', () => resolve(answer.statusCode));
        });
        sent.once('error', reject);
        sent.end(body);
      });
    const types = [
      {},
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'odd' },
    ];
    for (const type of types as Record<string, string>[]) {
      for (const length of [{ 'content-length': '0' }, { 'transfer-encoding': 'chunked' }] as Record<string, string>[]) {
        const headers = { ...type, ...length };
        expect(await post(headers, `/v1/sessions/${await created()}/start`), JSON.stringify(headers)).to.equal(200);
      }
    }
    const chunked = { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' };
    expect(await post(chunked, `/v1/sessions/${await created()}/start`, '{}')).to.equal(415);
  });

  it('H-13 a body of a mebibyte is read, one byte more is PAYLOAD_TOO_LARGE', async () => {
    const body = (bytes: number) => JSON.stringify(chess()).padEnd(bytes, ' ');
    expect((await answerTo('POST', '/v1/sessions', body(CREATE_MAX_BYTES))).status).to.equal(201);
    for (const bytes of [CREATE_MAX_BYTES + 1, 4 * CREATE_MAX_BYTES]) {
      const { status, code } = await answerTo('POST', '/v1/sessions', body(bytes));
      expect({ status, code }).to.deep.equal({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
    }
  });

  it('H-14 an unknown route is NOT_FOUND', async () => {
    const paths = [
      '/v1',
      '/v1/session',
      '/v2/sessions',
      '/v1/sessions/x/explode',
      '/v1/sessions/x/start/now',
      '/time/now',
      '/__proto__',
      '/%00',
    ];
    for (const path of paths) {
      const { status, code } = await answerTo('GET', path);
      expect({ status, code }, path).to.deep.equal({ status: 404, code: 'NOT_FOUND' });
    }
  });

  const UNFIT: [string, string, Record<string, string>][] = [
    ['no JSON', '{"a":', {}],
    ['another form', 'text', { 'content-type': 'text/plain' }],
    ['too large', `"${'x'.repeat(CREATE_MAX_BYTES)}"`, {}],
  ];
  for (const [what, body, headers] of UNFIT) {
    it(`H-14 H-15 the body of a request for no route is not judged: ${what}`, async () => {
      expect((await answerTo('POST', '/v1/nowhere', body, headers)).code).to.equal('NOT_FOUND');
      for (const [method, path] of [
        ['POST', '/time'],
        ['PUT', '/v1/sessions'],
        ['PATCH', '/v1/sessions/x'],
      ] as const) {
        expect((await answerTo(method, path, body, headers)).code, path).to.equal('METHOD_NOT_ALLOWED');
      }
    });
  }

  const WRONG: [string, string, string[]][] = [
    ['PUT', '/v1/sessions', ['POST']],
    ['GET', '/v1/sessions', ['POST']],
    ['PATCH', '/v1/sessions/x', ['GET', 'HEAD', 'DELETE']],
    ['POST', '/v1/sessions/x', ['GET', 'HEAD', 'DELETE']],
    ['GET', '/v1/sessions/x/start', ['POST']],
    ['DELETE', '/v1/sessions/x/events', ['GET', 'HEAD']],
    ['POST', '/time', ['GET', 'HEAD']],
    ['PROPFIND', '/v1/sessions/x', ['GET', 'HEAD', 'DELETE']],
  ];
  for (const [method, path, allowed] of WRONG) {
    it(`H-15 ${method} ${path} is METHOD_NOT_ALLOWED and names what is allowed`, async () => {
      const { status, code, headers } = await answerTo(method, path);
      expect({ status, code }).to.deep.equal({ status: 405, code: 'METHOD_NOT_ALLOWED' });
      expect((headers.get('allow') ?? '').split(', ')).to.have.members(allowed);
    });
  }

  it('H-16 a malformed URL is VALIDATION_ERROR', async () => {
    for (const path of ['/v1/sessions/%E0%A4%A', '/v1/sessions/%', '/%', '/v1/sessions/%ff/events', '/time/%zz']) {
      const { status, code } = await answerTo('GET', path);
      expect({ status, code }, path).to.deep.equal({ status: 400, code: 'VALIDATION_ERROR' });
    }
  });

  it('H-17 malformed HTTP ends its own connection only', async () => {
    const { port, hostname } = new URL(app.url);
    for (const garbage of [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
      '\u0000'.repeat(100),
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(garbage));
        socket.setTimeout(2_000, () => socket.destroy());
        socket.on('data', () => {});
        socket.once('error', () => {});
        socket.once('close', () => resolve());
      });
    }
  });

  it('H-18 a very deeply nested body is refused without harm', async () => {
    const deep = '['.repeat(400_000) + ']'.repeat(400_000);
    expect((await answerTo('POST', '/v1/sessions', `{"sync_mode":"per_participant","metadata":{"a":${deep}}}`)).status).to.equal(400);
    expect((await answerTo('POST', '/v1/sessions', `{"deep":${deep}}`)).status).to.equal(400);
  });
});
