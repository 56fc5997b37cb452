import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { type App } from '../../server/app.ts';
import { metric } from '../clients/metric.ts';
import { frame, frameHead, HANDSHAKE, RawWebSocket } from '../kit/raw-websocket.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';

const SECRET = 'a-secret-of-thirty-two-characters-or-more';
const CONNECT = frame('40');

describe('one connection is one socket', () => {
  let cluster: Cluster;
  let app: App;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
  });
  after(() => cluster.close());

  const sockets = () => metric(app, 'synckairos_connected_sockets');
  const noSockets = () => until('no socket is left', async () => (await sockets()) === 0);

  it('R-70 a second CONNECT closes the connection, whatever came between, and creates no socket', async () => {
    const later = [['40'], ['40{"token":"x"}'], ['40/admin,'], ['42["time:sync",{}]', '40']];
    for (const texts of later) {
      const socket = await RawWebSocket.connected(app.url);
      for (const text of texts) socket.text(text);
      await socket.ended();
      expect(socket.closing?.code, texts.join()).to.equal(1008);
      expect(socket.texts.filter((text) => text.startsWith('40'))).to.deep.equal([]);
    }
    await noSockets();
  });

  it('R-70 eighty thousand CONNECTs at once create no socket and use little CPU', async () => {
    const here = await cluster.client(app);
    const socket = await RawWebSocket.open(app.url);
    socket.write(Buffer.concat(Array.from({ length: 80_000 }, () => CONNECT)));
    await socket.ended();
    await here.ok('time:sync', {});
    await until('one is left', async () => (await sockets()) === 1);
    expect(socket.texts.filter((text) => text.startsWith('40'))).to.deep.equal([]);
    here.close();
    await noSockets();
  });

  it('R-71 a socket that disconnects from the namespace cannot connect again on the same connection', async () => {
    for (const after of [[], [CONNECT], [CONNECT, frame('420["time:sync",{}]')]]) {
      const socket = await RawWebSocket.connected(app.url);
      socket.write(Buffer.concat([frame('41'), ...after]));
      await socket.ended();
      expect(socket.texts).to.satisfy((texts: string[]) => texts.every((text) => text.startsWith('0')));
    }
    await noSockets();
  });

  it('R-72 a connection cannot be moved to a second WebSocket', async () => {
    const socket = await RawWebSocket.open(app.url);
    const { sid } = JSON.parse((await socket.next(/^0\{/)).slice(1)) as { sid: string };
    for (const query of [`&sid=${sid}`, `&sid=`, `&%73id=${sid}`, '&sid=nobody']) {
      const refused = await RawWebSocket.open(app.url, HANDSHAKE + query).catch((error: unknown) => error);
      expect(String(refused), query).to.match(/HTTP\/1\.1 400 .*"VALIDATION_ERROR"/s);
    }
    socket.text('40');
    await socket.next(/^40\{/);
    for (const probe of ['2probe', '5', '2']) {
      const other = await RawWebSocket.connected(app.url);
      other.text(probe);
      await other.ended();
    }
    socket.text('420["time:sync",{}]');
    await socket.next(/^430\[\{"ok":true/);
    socket.tcp.destroy();
    await noSockets();
  });

  it('R-73 before CONNECT a frame has at most 4 KiB and is refused by its head; afterwards 2 MiB', async () => {
    const early = await RawWebSocket.open(app.url);
    early.write(frameHead(4_097));
    await early.ended();
    expect(early.closing?.code).to.equal(1009);
    const fits = await RawWebSocket.open(app.url);
    fits.text(`40${JSON.stringify({ padding: 'x'.repeat(4_096 - '40{"padding":""}'.length) })}`);
    await fits.next(/^40\{/);
    fits.text(`420["session:get",{"session_id":"${'x'.repeat(2 * 1024 * 1024 - 40)}"}]`);
    await fits.next(/^430\[\{"ok":false,"error":\{"code":"PAYLOAD_TOO_LARGE"/);
    fits.write(frameHead(2 * 1024 * 1024 + 1));
    await fits.ended();
    expect(fits.closing?.code).to.equal(1009);
    await noSockets();
  });

  it('R-73 a frame that is too large before the CONNECT is refused even if it arrives together with the handshake', async () => {
    const { port, hostname, host } = new URL(app.url);
    const tcp = connect(Number(port), hostname);
    tcp.on('error', () => {});
    const lines = [`GET ${HANDSHAKE} HTTP/1.1`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const request = Buffer.from([...lines, 'Sec-WebSocket-Key: bm8gc2VjcmV0IGhlcmUuLg==', '', ''].join('\r\n'));
    // What the server still sends has to be read, or the connection would not end.
    tcp.resume();
    tcp.write(Buffer.concat([request, frameHead(4_097)]));
    await once(tcp, 'close');
    await noSockets();
  });

  it('R-74 before CONNECT every other frame is ignored or ends the connection', async () => {
    for (const text of ['42["time:sync",{}]', '41', '430[]', '451-["x"]', '44', '']) {
      const socket = await RawWebSocket.open(app.url);
      socket.text(text);
      await socket.ended();
      expect(socket.closing?.code, text).to.equal(1008);
    }
  });

  it('R-75 five CONNECTs that fail close the connection', async () => {
    const guarded = await cluster.instance({ AUTH_MODE: 'jwt', JWT_SECRET: SECRET });
    const socket = await RawWebSocket.open(guarded.url);
    for (let n = 0; n < 5; n++) {
      socket.text(n % 2 === 0 ? '40{"token":"none"}' : '40/admin,');
      await socket.next(/^44/);
    }
    await socket.ended();
    const hasty = await RawWebSocket.open(guarded.url);
    hasty.write(Buffer.concat(Array.from({ length: 3 }, () => frame('40{"token":"none"}'))));
    await hasty.ended();
    expect(hasty.texts.filter((text) => text.startsWith('4'))).to.deep.equal([]);
  });

  it('R-76 a connection without a successful CONNECT is closed within ten seconds', async function () {
    const [silent, refused] = [await RawWebSocket.open(app.url), await RawWebSocket.open(app.url)];
    refused.text('40/admin,');
    await refused.next(/^44/);
    const beat = setInterval(() => [silent, refused].forEach((socket) => socket.text('3')), 2_000);
    await Promise.all([silent.ended(12_000), refused.ended(12_000)]).finally(() => clearInterval(beat));
  });
});
