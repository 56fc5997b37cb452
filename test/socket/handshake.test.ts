import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { RawWebSocket } from '../kit/raw-websocket.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

const PAGE = 'https://club.example';

describe('the handshake', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await openCluster();
  });
  after(() => cluster.close());

  /** Whether a client with this Origin header is let in. */
  const isLetIn = async (app: { url: string }, origin?: string) =>
    TestClient.connect(app.url, origin === undefined ? {} : { headers: { Origin: origin } }).then(
      (client) => {
        client.close();
        return true;
      },
      () => false,
    );

  /** The status of a handshake that is not let in. */
  const refusalOf = async (app: { url: string }, query: string, headers: Record<string, string> = {}) => {
    const upgrade = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'bm8gc2VjcmV0IGhlcmUuLg==',
    };
    const sent = request(`${app.url}/socket.io/?${query}&transport=websocket`, { headers: { ...upgrade, ...headers } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response.statusCode;
  };

  it('R-20 WebSocket is the only transport, and a handshake for another one is refused', async () => {
    const app = await cluster.instance();
    const refused = await TestClient.connect(app.url, { transports: ['polling'] }).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Error);
    const answer = await rest(app, 'GET', '/socket.io/?EIO=4&transport=polling');
    expect(answer.status).to.equal(400);
    expect((await rest(app, 'GET', '/health')).status).to.equal(200);
    expect(await isLetIn(app)).to.equal(true);
  });

  it('R-21 by default pages of every origin may connect', async () => {
    const app = await cluster.instance();
    expect(await isLetIn(app, 'https://anywhere.example')).to.equal(true);
    expect(await isLetIn(app, 'null')).to.equal(true);
  });

  it('R-21 where CORS_ORIGIN is a list, only pages of its origins and programs that are no browser may connect', async () => {
    const app = await cluster.instance({ CORS_ORIGIN: `${PAGE}, http://localhost:5173` });
    expect(await isLetIn(app, PAGE)).to.equal(true);
    expect(await isLetIn(app, 'http://localhost:5173')).to.equal(true);
    expect(await isLetIn(app)).to.equal(true);
    for (const origin of ['https://evil.example', `${PAGE}.evil.example`, 'http://club.example', `${PAGE}:444`, 'null', `${PAGE}/`]) {
      expect(await isLetIn(app, origin), origin).to.equal(false);
      expect(await refusalOf(app, 'EIO=4', { Origin: origin }), origin).to.equal(403);
    }
  });

  it('R-22 a handshake that is refused is answered by HTTP, whatever the reason', async () => {
    const app = await cluster.instance();
    for (const query of ['EIO=3', 'EIO=44', 'of=4', 'EIO=4&sid=nobody']) expect(await refusalOf(app, query), query).to.equal(400);
  });

  it('R-77 a plain HTTP request to /socket.io is answered with 400 and says what to set', async () => {
    const app = await cluster.instance();
    const paths = ['/socket.io', '/socket.io/', '/socket.io/?EIO=4&transport=polling', '/socket.io/?EIO=4&transport=websocket&sid=abc'];
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await rest(app, method, path, undefined, { Origin: PAGE });
        expect(answer.status, `${method} ${path}`).to.equal(400);
        const reply = answer.reply();
        expect(reply.ok ? 'ok' : reply.error.code).to.equal('VALIDATION_ERROR');
        expect(answer.text).to.include('transports: [\\"websocket\\"]');
        expect(answer.headers.get('access-control-allow-origin')).to.be.a('string');
      }
      expect((await rest(app, 'HEAD', path)).status, path).to.equal(400);
    }
  });

  it('R-78 a refused handshake is answered in the form of a reply, and the connection is not kept', async () => {
    const app = await cluster.instance();
    const refused = async (path: string) => String(await RawWebSocket.open(app.url, path).catch((error: unknown) => error));
    expect(await refused('/socket.io/?EIO=3&transport=websocket')).to.match(/HTTP\/1\.1 400 .*"code":"VALIDATION_ERROR"/s);
    const twice = await RawWebSocket.open(app.url, undefined, ['Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: a']).catch(String);
    expect(twice).to.match(/HTTP\/1\.1 400 .*"code":"VALIDATION_ERROR"/s);
    expect(await refused('/elsewhere')).to.match(/HTTP\/1\.1 404 .*"code":"NOT_FOUND"/s);
    const { port } = new URL(app.url);
    const stubborn = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    stubborn.on('error', () => {});
    stubborn.write('GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    stubborn.resume();
    await until('it is let go', async () => stubborn.destroyed || !stubborn.write('x'));
  });
});
