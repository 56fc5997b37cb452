import { once } from 'node:events';
import { expect } from 'chai';
import { type EngineConnection, webSocketOf, webSocketServerOf } from '../../server/internals/engine.io.ts';
import { answerNoPings, limitMessages, limitNewMessages, reset, type WebSocket } from '../../server/internals/ws.ts';
import { frame, RawWebSocket } from '../kit/raw-websocket.ts';
import { until } from '../kit/until.ts';
import { serveSockets } from './kit.ts';

const TOO_BIG = 1_009;
const POLICY = 1_008;
const PING = 9;
const PONG = 10;

describe('the private parts of ws', () => {
  let server: Awaited<ReturnType<typeof serveSockets>>;
  let peer: RawWebSocket | undefined;
  beforeEach(async () => {
    server = await serveSockets();
  });
  afterEach(async () => {
    peer?.tcp.destroy();
    await server.close();
  });

  const open = async (): Promise<{ peer: RawWebSocket; webSocket: WebSocket }> => {
    const opened = once(server.io.engine, 'connection') as Promise<[EngineConnection]>;
    peer = await RawWebSocket.open(server.url);
    return { peer, webSocket: webSocketOf((await opened)[0]) };
  };
  /** A message in fragments of one byte: a CONNECT. */
  const fragments = ['4', '0'].map((text, index) => frame(text, index === 0 ? { fin: 0 } : { opcode: 0 }));

  it('R-96 ws takes the limits of each new WebSocket from the options of the server', async () => {
    const limits = { bytes: 100, fragments: 1, pieces: 1_000 };
    limitNewMessages(webSocketServerOf(server.io.engine), limits);
    const long = (await open()).peer;
    long.text('4'.repeat(101));
    await long.ended();
    expect(long.closing?.code).to.equal(TOO_BIG);

    const many = (await open()).peer;
    for (const fragment of fragments) many.write(fragment);
    await many.ended();
    expect(many.closing?.code).to.equal(POLICY);
  });

  it('R-96 ws takes the limits of an open WebSocket from its receiver', async () => {
    limitNewMessages(webSocketServerOf(server.io.engine), { bytes: 1, fragments: 1, pieces: 1 });
    const { peer: raised, webSocket } = await open();
    expect(Object.keys((webSocket as unknown as { _receiver: object })._receiver)).to.include('_maxBufferedChunks');
    limitMessages(webSocket, { bytes: 10, fragments: 2, pieces: 10 });
    for (const fragment of fragments) raised.write(fragment);
    await raised.next(/^40\{/);
    raised.text('4'.repeat(11));
    await raised.ended();
    expect(raised.closing?.code).to.equal(TOO_BIG);
  });

  it('R-96 ws answers pings unless told not to, and tells listeners of them', async () => {
    const { peer: pinging, webSocket } = await open();
    answerNoPings(webSocket);
    webSocket.on('ping', (data) => webSocket.pong(Buffer.concat([Buffer.from('by the listener: '), data])));
    pinging.write(frame('x', { opcode: PING }));
    const read = async () => pinging.others.filter(({ opcode }) => opcode === PONG).map(({ body }) => body.toString());
    // An answer of its own would have come before that of the listener.
    expect(await until('a pong', async () => (await read())[0])).to.equal('by the listener: x');
  });

  it('R-96 a WebSocket of ws has its TCP connection, which `reset` ends without a closing frame', async () => {
    const { peer: cut, webSocket } = await open();
    const failed = once(cut.tcp, 'error') as Promise<[NodeJS.ErrnoException]>;
    reset(webSocket);
    expect((await failed)[0].code).to.equal('ECONNRESET');
    await cut.ended();
    expect(cut.closing).to.equal(undefined);
  });
});
