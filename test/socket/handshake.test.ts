import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { TestClient } from '../kit/socket-client.ts';

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

  it('R-20 speaks WebSocket only, so that no load balancer needs sticky sessions', async () => {
    const app = await cluster.instance();
    const refused = await TestClient.connect(app.url, { transports: ['polling'] }).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Error);
    const answer = await rest(app, 'GET', '/socket.io/?EIO=4&transport=polling');
    expect(answer.status).to.equal(400);
    expect((await rest(app, 'GET', '/health')).status).to.equal(200);
    expect(await isLetIn(app)).to.equal(true);
  });

  it('R-21 lets every origin in by default', async () => {
    const app = await cluster.instance();
    expect(await isLetIn(app, 'https://anywhere.example')).to.equal(true);
    expect(await isLetIn(app, 'null')).to.equal(true);
  });

  it('R-21 lets only the listed origins in, and whoever is no browser', async () => {
    const app = await cluster.instance({ CORS_ORIGIN: `${PAGE}, http://localhost:5173` });
    expect(await isLetIn(app, PAGE)).to.equal(true);
    expect(await isLetIn(app, 'http://localhost:5173')).to.equal(true);
    expect(await isLetIn(app)).to.equal(true);
    for (const origin of ['https://evil.example', `${PAGE}.evil.example`, 'http://club.example', `${PAGE}:444`, 'null', `${PAGE}/`]) {
      expect(await isLetIn(app, origin), origin).to.equal(false);
      expect(await refusalOf(app, 'EIO=4', { Origin: origin }), origin).to.equal(400);
    }
  });

  it('R-22 a refused handshake is answered, whatever is wrong with it', async () => {
    const app = await cluster.instance();
    for (const query of ['EIO=3', 'EIO=44', 'of=4', 'EIO=4&sid=nobody']) expect(await refusalOf(app, query), query).to.equal(400);
  });
});
