import { once } from 'node:events';
import { expect } from 'chai';
import { frame, frameHead, RawWebSocket } from '../kit/raw-websocket.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';

const PING = 9;
const PONG = 10;
const TIME = '["time:sync",{}]';
const MIB = 1024 * 1024;

/** The answer to an event with this number. */
const answerTo = async (socket: RawWebSocket, id: number) => {
  const text = await socket.next(new RegExp(`^43${id}\\[`), 15_000);
  const [reply] = JSON.parse(text.slice(`43${id}`.length)) as [
    { ok: boolean; error?: { code: string; details?: { retry_after_ms?: number } } },
  ];
  return reply.error?.code ?? 'ok';
};

describe('every frame of a connection counts', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await openCluster();
  });
  after(() => cluster.close());

  const open = async (limit: string) => RawWebSocket.connected((await cluster.instance({ RATE_LIMIT_SOCKET: limit })).url);

  it('Q-70 acknowledgements, pings, pongs and unrequested heartbeats count against the limit of events', async () => {
    const kinds = { ack: frame('430[]'), 'ack without a number': frame('43[]'), heartbeat: frame('3') };
    const control = { ping: frame('', { opcode: PING }), pong: frame('', { opcode: PONG }) };
    for (const [kind, bytes] of Object.entries({ ...kinds, ...control })) {
      const socket = await open('20');
      socket.write(Buffer.concat([...Array.from({ length: 19 }, () => bytes), frame(`421${TIME}`), frame(`422${TIME}`)]));
      expect([await answerTo(socket, 1), await answerTo(socket, 2)], kind).to.deep.equal(['ok', 'RATE_LIMIT_EXCEEDED']);
    }
  });

  it('Q-70 a ping is answered while there are credits', async () => {
    const socket = await open('20');
    socket.write(Buffer.concat([...Array.from({ length: 100 }, () => frame('same', { opcode: PING })), frame(`421${TIME}`)]));
    expect(await answerTo(socket, 1)).to.equal('RATE_LIMIT_EXCEEDED');
    const answers = socket.others.map(({ opcode, body }) => [opcode, body.toString()]);
    expect(answers).to.deep.equal(Array.from({ length: 20 }, () => [PONG, 'same']));
  });

  it('Q-70 pongs do not pile up for a peer that reads nothing', async () => {
    const socket = await open('0');
    socket.tcp.pause();
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(Buffer.alloc(125), { opcode: PING })));
    const sent = 200_000;
    for (let left = sent; left > 0; left -= 1_000) if (!socket.tcp.write(pings)) await once(socket.tcp, 'drain');
    socket.tcp.resume();
    socket.write(frame(`421${TIME}`));
    await answerTo(socket, 1);
    expect(socket.others.length).to.be.below(sent);
  });

  it('Q-71 a connection that goes on after ten pauses of reading in a row is closed', async () => {
    const socket = await open('20');
    const noise = Buffer.concat(Array.from({ length: 4_000 }, () => frame('430[]')));
    const flood = setInterval(() => socket.tcp.writableLength < MIB && socket.write(noise), 10);
    await socket.ended(30_000).finally(() => clearInterval(flood));
    expect(socket.closing?.code).to.be.oneOf([1008, undefined]);
  });

  it('Q-71 a paused connection delays no other one', async () => {
    const app = await cluster.instance({ RATE_LIMIT_SOCKET: '20' });
    const calm = await cluster.client(app);
    const socket = await RawWebSocket.connected(app.url);
    // More than the kernel's buffers take.
    socket.write(Buffer.alloc(24 * MIB, frame('430[]')));
    for (let n = 0; n < 10; n++) await calm.ok('time:sync', {});
    expect(socket.tcp.writableLength).to.be.above(0);
    socket.tcp.destroy();
  });

  it('Q-72 an event that is too large is refused without being parsed, and charged by its bytes', async () => {
    const socket = await open('20');
    const padding = (bytes: number) => ' '.repeat(bytes);
    socket.text(`421["session:get",{"never closed${padding(20_000)}`);
    expect(await answerTo(socket, 1)).to.equal('PAYLOAD_TOO_LARGE');
    socket.text(`42/,2["session:get",${padding(20_000)}`);
    expect(await answerTo(socket, 2)).to.equal('PAYLOAD_TOO_LARGE');
    socket.text(`423["session:create",${padding(MIB)}`);
    expect(await answerTo(socket, 3)).to.equal('PAYLOAD_TOO_LARGE');
    // In one go, so that no credits come back between the last of them and what is refused.
    for (const n of [4, 5]) socket.text(`42${n}["session:get",${padding(2 * MIB - 40)}`);
    socket.text(`426${TIME}`);
    for (const n of [4, 5]) expect(await answerTo(socket, n)).to.equal('PAYLOAD_TOO_LARGE');
    expect(await answerTo(socket, 6)).to.equal('RATE_LIMIT_EXCEEDED');
  });

  it('Q-73 binary attachments are counted and never kept; their event is answered when the last one is there', async () => {
    const socket = await open('0');
    socket.text('453-7["session:message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]');
    for (let n = 0; n < 3; n++) socket.write(frame(Buffer.from([n]), { opcode: 2 }));
    expect(await answerTo(socket, 7)).to.equal('VALIDATION_ERROR');
    // Base64 in a text frame is the other form of an attachment.
    socket.text('451-8["session:message",{"_placeholder":true,"num":0}]');
    socket.text(`b${Buffer.alloc(20_000).toString('base64')}`);
    expect(await answerTo(socket, 8)).to.equal('PAYLOAD_TOO_LARGE');
    for (const texts of [['b'], ['450-1["x"]'], ['45["x"]'], ['451-1["x"]', `421${TIME}`], ['4'], ['47'], ['44{}'], ['6'], ['x']]) {
      const careless = await open('0');
      for (const text of texts) careless.text(text);
      await careless.ended();
      expect(careless.closing?.code, texts.join()).to.equal(1008);
    }
  });

  it('Q-74 a message in thousands of fragments, or a frame in thousands of pieces, ends the connection', async () => {
    const fragments = await open('0');
    fragments.write(Buffer.concat([frame('4', { fin: 0 }), ...Array.from({ length: 1_100 }, () => frame('', { opcode: 0, fin: 0 }))]));
    await fragments.ended();
    const pieces = await open('0');
    pieces.tcp.setNoDelay(true);
    pieces.write(frameHead(MIB));
    await until('it is hung up on', async () => {
      for (let n = 0; n < 50 && !pieces.closed; n++) {
        pieces.write(Buffer.from(' '));
        await new Promise(setImmediate);
      }
      return pieces.closed;
    });
  });

  it('Q-70 a stock client that only plays and keeps its heartbeat notices nothing of a small limit', async () => {
    const app = await cluster.instance({ RATE_LIMIT_SOCKET: '2' });
    const client = await cluster.client(app);
    let pings = 0;
    client.socket.io.on('ping', () => (pings += 1));
    await until('two heartbeats', async () => pings >= 2, 60_000);
    await client.ok('time:sync', {});
  });
});
