import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';
import { metric } from './metric.ts';
import { openRooms } from './rooms.ts';

/** A ping each 5 s and 10 s of patience, and something for a busy machine. */
const NOTICED_WITHIN_MS = 40_000;

describe('peers that fall silent', () => {
  let cluster: Cluster;
  let link: TcpProxy;
  before(async () => {
    cluster = await openCluster();
  });
  after(async () => {
    await cluster.close();
    await link.close();
  });

  it('Y-10 both ends notice a silent loss: the server forgets the peer, the client closes the connection', async function () {
    this.timeout(2 * NOTICED_WITHIN_MS);
    const app = await cluster.instance();
    const port = Number(new URL(app.url).port);
    link = await openTcpProxy(port);
    const here = await cluster.client(app);
    const { session_id } = await here.ok('session:create', chess());
    const { session_id: theirs } = await here.ok('session:create', chess());
    await here.ok('session:leave', { session_id: theirs });
    const far = await cluster.client({ url: `http://127.0.0.1:${link.port}` });
    for (const session of [session_id, theirs]) await far.ok('session:join', { session_id: session });
    expect(await metric(app, 'synckairos_connected_sockets')).to.equal(2);

    link.silent = true;
    const hungUp = far.disconnected(NOTICED_WITHIN_MS);
    await until('the server has forgotten it', async () => (await metric(app, 'synckairos_connected_sockets')) === 1, NOTICED_WITHIN_MS);
    expect(await openRooms(cluster), 'only the rooms of those who are there').to.equal(1);
    expect(await hungUp).to.be.oneOf(['ping timeout', 'already']);
    await until('and the connection is closed', async () => link.open === 0, NOTICED_WITHIN_MS);
  });
});
