import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { type App } from '../../server/app.ts';
import { KEEP_ALIVE_MS } from '../../server/util/http-server.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';

/** Ten seconds, and something for a busy machine. */
const SOON_MS = 14_000;

describe('peers that take their time over HTTP', function () {
  let cluster: Cluster;
  let app: App;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
  });
  after(() => cluster.close());

  /** A connection that sends something at once and then, every half a second, a piece more. */
  class Peer {
    readonly #drip: NodeJS.Timeout;
    readonly socket: Socket;
    answer = '';
    closed = false;

    constructor(first: string, piece = '') {
      const { port } = new URL(app.url);
      this.socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
      this.socket.on('error', () => {});
      this.socket.on('data', (chunk: Buffer) => (this.answer += chunk.toString()));
      this.socket.on('close', () => {
        this.closed = true;
        clearInterval(this.#drip);
      });
      if (first !== '') this.socket.write(first);
      this.#drip = setInterval(() => piece !== '' && this.socket.write(piece), 500);
    }

    /** It does not hang up by itself, not even when it is told to. */
    async gone(): Promise<void> {
      await until(
        'the connection is gone',
        async () => {
          // A write finds out that the other end is closed.
          if (this.answer !== '' && !this.closed) this.socket.write('x');
          return this.closed;
        },
        SOON_MS,
      );
    }
  }

  const post = (length: number) =>
    `POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

  it('Y-40 a connection without a request, with headers or a body that drip, ends within ten seconds', async () => {
    const peers = {
      silent: new Peer(''),
      'half a line': new Peer('GET /ti'),
      headers: new Peer('GET /time HTTP/1.1\r\nHost: localhost\r\n', 'X-A: b\r\n'),
      body: new Peer(`${post(5_000)}{`, ' '),
      'a chunked body': new Peer(post(1).replace('Content-Length: 1', 'Transfer-Encoding: chunked'), '1\r\n \r\n'),
      'no body at all': new Peer(post(10)),
    };
    for (const [what, peer] of Object.entries(peers)) {
      await peer.gone();
      expect(peer.answer, what).to.match(/^HTTP\/1\.1 400 .*"VALIDATION_ERROR"/s);
    }
  });

  it('Y-41 a body that comes slowly but steadily is served', async () => {
    const body = JSON.stringify(chess({ metadata: { event: 'x'.repeat(9_000) } }));
    const slow = new Peer(`${post(body.length + 260_000)}${body}`);
    // 13 s at 20 KiB a second: more than a body that drips is given.
    const more = setInterval(() => slow.socket.write(' '.repeat(10_000)), 500);
    await until('it is answered', async () => slow.answer !== '', 25_000).finally(() => clearInterval(more));
    expect(slow.answer).to.match(/^HTTP\/1\.1 201 /);
    slow.socket.destroy();
  });

  it('Y-42 a connection that had a request is kept for longer than a load balancer keeps it', async () => {
    const kept = new Peer('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('the answer', async () => kept.answer.includes('{"status":"ok"}'));
    expect(kept.answer).to.match(/Keep-Alive: timeout=65/i);
    const silent = new Peer('');
    await silent.gone();
    kept.answer = '';
    kept.socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('another answer on the same connection', async () => kept.answer.includes('{"status":"ok"}'));
    kept.socket.destroy();
    const [, seconds] = /upstream instances \{[^}]*keepalive_timeout (\d+)s;/.exec(readFileSync('deploy/nginx.conf', 'utf8')) ?? [];
    expect(Number(seconds) * 1_000).to.be.below(KEEP_ALIVE_MS);
  });
});
