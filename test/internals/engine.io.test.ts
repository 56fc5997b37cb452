import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import {
  type EngineConnection,
  deferFlush,
  filterFrames,
  unsentOf,
  webSocketOf,
  webSocketServerOf,
} from '../../server/internals/engine.io.ts';
import { received, serveSockets } from './kit.ts';

describe('the private parts of engine.io', () => {
  let server: Awaited<ReturnType<typeof serveSockets>>;
  beforeEach(async () => {
    server = await serveSockets();
  });
  afterEach(() => server.close());

  it('R-95 engine.io hands each frame to the one listener of a WebSocket, so that a filter decides which go on', async () => {
    const frames: string[] = [];
    server.io.engine.on('connection', (connection: EngineConnection) => {
      expect(webSocketOf(connection).listeners('message')).to.have.lengthOf(1);
      filterFrames(webSocketOf(connection), (frame) => {
        frames.push(frame.toString());
        return !frame.includes('never');
      });
    });
    const events: string[] = [];
    const both = new Promise<void>((resolve) => {
      server.io.on('connection', (socket) => {
        socket.onAny((name: string) => events.push(name));
        socket.on('last', () => resolve());
      });
    });
    const client = await server.client();
    client.emit('never');
    client.emit('last');
    await both;
    expect(frames).to.deep.equal(['40', '42["never"]', '42["last"]']);
    expect(events).to.deep.equal(['last']);
  });

  it('R-95 engine.io calls flush where something waits in the write buffer, and what deferFlush returns sends it', async () => {
    const opened = once(server.io, 'connection') as Promise<[{ conn: EngineConnection }]>;
    const client = await server.client();
    const [{ conn }] = await opened;
    let due = 0;
    const flush = deferFlush(conn, () => (due += 1));
    server.io.emit('event', 'payload');
    expect(due).to.equal(1);
    expect(unsentOf(conn).map(({ data }) => data)).to.deep.equal(['2["event","payload"]']);
    const told = received(client, 'event');
    flush();
    expect(unsentOf(conn)).to.have.lengthOf(0);
    expect(await told).to.deep.equal(['payload']);
  });

  it('R-95 engine.io leaves a handshake whose headers ws refuses to a listener of its server', async () => {
    const refused = new Promise<Error>((resolve) => {
      webSocketServerOf(server.io.engine).on('wsClientError', (error, socket) => {
        socket.destroy();
        resolve(error);
      });
    });
    const { port, hostname, host } = new URL(server.url);
    const tcp = connect(Number(port), hostname);
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: short', '', ''];
    tcp.write(['GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', `Host: ${host}`, ...upgrade].join('\r\n'));
    const ended = once(tcp, 'close');
    expect((await refused).message).to.include('Sec-WebSocket-Key');
    await ended;
  });
});
