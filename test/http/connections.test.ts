import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { JWT } from '../access/kit.ts';
import { HttpConnection } from '../kit/http-connection.ts';
import { type Cluster, openCluster } from '../kit/server.ts';

interface Sent {
  method?: string;
  path?: string;
  headers?: string[];
  body: Uint8Array | string;
}

const MEGABYTES = 1_000_000;
const chunked = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

describe('a connection that is kept for the next request', function () {
  let cluster: Cluster;
  let open: App;
  let closed: App;
  before(async () => {
    cluster = await openCluster();
    open = await cluster.instance({ CORS_ORIGIN: 'https://club.example' });
    closed = await cluster.instance({ ...JWT, RATE_LIMIT_GENERAL: '1' });
  });
  after(() => cluster.close());

  const send = (connection: HttpConnection, { method = 'POST', path = '/v1/sessions', headers = [], body }: Sent) => {
    const type = headers.some((header) => header.startsWith('Content-Type')) ? [] : ['Content-Type: application/json'];
    const length = headers.includes('Transfer-Encoding: chunked') ? [] : [`Content-Length: ${body.length}`];
    connection.send([`${method} ${path} HTTP/1.1`, 'Host: localhost', ...type, ...length, ...headers], body);
  };

  /**
   * The status of the first answer, and what the next request on the same connection met: its own answer, or an end
   * that the first answer had told.
   */
  async function twice(app: App, sent: Sent): Promise<{ status: number | undefined; told: boolean; next: number | undefined }> {
    const connection = await HttpConnection.open(app.url);
    try {
      send(connection, sent);
      const first = await connection.answer();
      const told = first?.headers.get('connection') === 'close';
      if (told) {
        await connection.end();
        return { status: first?.status, told, next: undefined };
      }
      connection.send(['GET /health HTTP/1.1', 'Host: localhost']);
      return { status: first?.status, told, next: (await connection.answer())?.status };
    } finally {
      connection.destroy();
    }
  }

  const half = 'x'.repeat(MEGABYTES / 2);
  const bomb = Buffer.alloc(50 * MEGABYTES);
  const gzip = ['Content-Encoding: gzip'];
  const REFUSED: [string, number, Sent][] = [
    ['gzip that inflates over the limit', 413, { headers: gzip, body: gzipSync(bomb) }],
    ['deflate that does', 413, { headers: ['Content-Encoding: deflate'], body: deflateSync(bomb) }],
    ['brotli that does', 413, { headers: ['Content-Encoding: br'], body: brotliCompressSync(bomb, { params: { 1: 4 } }) }],
    ['gzip that is none', 400, { headers: gzip, body: Buffer.alloc(MEGABYTES / 10, 7) }],
    ['gzip that ends early', 400, { headers: gzip, body: gzipSync('{"sync_mode":"count_up"}').subarray(0, 20) }],
    ['two megabytes', 413, { body: ' '.repeat(2 * MEGABYTES) }],
    [
      'two megabytes of a length that was not told',
      413,
      { headers: ['Transfer-Encoding: chunked'], body: chunked(' '.repeat(2 * MEGABYTES)) },
    ],
    ['no JSON', 400, { body: half }],
    ['another type', 415, { headers: ['Content-Type: text/plain'], body: half }],
    [
      'another type of a length that was not told',
      415,
      { headers: ['Content-Type: text/plain', 'Transfer-Encoding: chunked'], body: chunked(half) },
    ],
    ['an encoding that nobody knows', 415, { headers: ['Content-Encoding: zstd'], body: half }],
  ];
  for (const [what, status, sent] of REFUSED) {
    it(`H-40 after a refused body the answer ends the connection and says so: ${what}`, async () => {
      expect(await twice(open, sent)).to.deep.equal({ status, told: true, next: undefined });
    });
  }

  const UNREAD: [string, number, Sent][] = [
    ['an unknown route', 404, { path: '/nowhere', body: half }],
    ['a wrong method', 405, { method: 'PUT', body: half }],
    ['a DELETE with a body', 204, { method: 'DELETE', path: '/v1/sessions/x', body: half }],
    ['a GET with a body', 200, { method: 'GET', path: '/time', body: half }],
    ['a page that may not call', 403, { headers: ['Origin: https://evil.example'], body: half }],
  ];
  for (const [what, status, sent] of UNREAD) {
    it(`H-41 a body that nobody reads is never taken for the next request: ${what}`, async () => {
      const answer = await twice(open, sent);
      expect(answer.status).to.equal(status);
      expect(answer.told || answer.next === 200).to.equal(true);
    });
  }

  it('H-41 a body that nobody reads is never taken for the next request: without a token, and beyond a limit', async () => {
    for (const expected of [401, 429]) {
      const { status, told, next } = await twice(closed, { body: half });
      expect(status).to.equal(expected);
      expect(told || next === 200).to.equal(true);
    }
  });

  it('H-41 a client that does not stop sending an unread body is answered and cut off', async () => {
    const connection = await HttpConnection.open(open.url);
    connection.send(['POST /nowhere HTTP/1.1', 'Host: localhost', `Content-Length: ${100 * MEGABYTES}`], 'x');
    const answer = await connection.answer();
    expect([answer?.status, answer?.headers.get('connection')]).to.deep.equal([404, 'close']);
    await connection.end();
  });

  it('H-42 a connection stays open after a body that was read, and after a request without one', async () => {
    const connection = await HttpConnection.open(open.url);
    for (const [status, sent] of [
      [201, { body: '{"sync_mode":"count_up"}' }],
      [201, { headers: gzip, body: gzipSync('{"sync_mode":"count_up"}') }],
      [400, { body: '{"sync_mode":"none"}' }],
      [404, { path: '/v1/sessions/x/start', body: '' }],
      [404, { path: '/nowhere', body: '' }],
      [404, { method: 'GET', path: '/v1/sessions/x', body: '' }],
    ] as [number, Sent][]) {
      send(connection, sent);
      const answer = await connection.answer();
      expect([answer?.status, answer?.headers.get('connection')], JSON.stringify(sent)).to.deep.equal([status, 'keep-alive']);
    }
    connection.destroy();
  });
});
