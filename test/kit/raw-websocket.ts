import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './until.ts';

/** The path and query of a handshake that is accepted. */
export const HANDSHAKE = '/socket.io/?EIO=4&transport=websocket';

const TEXT = 1;
const CLOSE = 8;
/** A mask of zeros leaves the payload readable. */
const MASK = Buffer.alloc(4);

/** The head of a frame from a client: `fin` is 0 for a fragment that others follow. */
export function frameHead(bytes: number, { opcode = TEXT, fin = 1 } = {}): Buffer {
  const first = (fin << 7) | opcode;
  if (bytes < 126) return Buffer.concat([Buffer.from([first, 0x80 | bytes]), MASK]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes));
  return bytes < 65_536
    ? Buffer.concat([Buffer.from([first, 0x80 | 126]), length.subarray(6), MASK])
    : Buffer.concat([Buffer.from([first, 0x80 | 127]), length, MASK]);
}

/** A whole frame as it is sent. */
export function frame(content: string | Buffer, options?: { opcode?: number; fin?: number }): Buffer {
  const body = Buffer.from(content as string);
  return Buffer.concat([frameHead(body.length, options), body]);
}

/**
 * A WebSocket that sends given bytes, also those that no library would send. It answers nothing by itself, not even the
 * heartbeat.
 */
export class RawWebSocket {
  readonly tcp: Socket;
  /** Text messages that came and were not taken. */
  readonly texts: string[] = [];
  /** Frames that came and were not text. */
  readonly others: { opcode: number; body: Buffer }[] = [];
  /** The code and reason of the server's closing frame, if it sent one. */
  closing: { code: number; reason: string } | undefined;
  closed = false;
  #unread = Buffer.alloc(0);

  private constructor(tcp: Socket) {
    this.tcp = tcp;
    tcp.on('error', () => {});
    tcp.on('close', () => (this.closed = true));
  }

  /** Resolves once the handshake is done. Rejects with the status line of any other answer. */
  static async open(url: string, path = HANDSHAKE, headers: string[] = []): Promise<RawWebSocket> {
    const { port, hostname, host } = new URL(url);
    const tcp = connect(Number(port), hostname);
    const socket = new RawWebSocket(tcp);
    await once(tcp, 'connect');
    const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket', ...headers];
    tcp.write([...lines, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: bm8gc2VjcmV0IGhlcmUuLg==', '', ''].join('\r\n'));
    let head = Buffer.alloc(0);
    while (!head.includes('\r\n\r\n')) {
      const [chunk] = (await Promise.race([once(tcp, 'data'), once(tcp, 'close')])) as [Buffer | boolean];
      if (!Buffer.isBuffer(chunk)) throw new Error(`closed: ${head.toString()}`);
      head = Buffer.concat([head, chunk]);
    }
    if (!head.toString().startsWith('HTTP/1.1 101 ')) {
      tcp.destroy();
      throw new Error(head.toString());
    }
    tcp.on('data', (chunk: Buffer) => socket.#read(chunk));
    socket.#read(head.subarray(head.indexOf('\r\n\r\n') + 4));
    return socket;
  }

  /** Opens it and connects to the namespace `/`. */
  static async connected(url: string): Promise<RawWebSocket> {
    const socket = await RawWebSocket.open(url);
    socket.text('40');
    await socket.next(/^40\{/);
    return socket;
  }

  write(bytes: Buffer): void {
    this.tcp.write(bytes);
  }

  text(content: string): void {
    this.tcp.write(frame(content));
  }

  /** Takes out the oldest matching text; waits for it. */
  async next(fits: RegExp, deadlineMs = 15_000): Promise<string> {
    return until(
      `a frame ${fits.source}, there are ${this.texts.join(' | ').slice(0, 300)}`,
      async () => {
        const index = this.texts.findIndex((text) => fits.test(text));
        return index === -1 ? undefined : this.texts.splice(index, 1)[0];
      },
      deadlineMs,
    );
  }

  /** Resolves when the connection has ended. */
  async ended(deadlineMs = 15_000): Promise<void> {
    await until('the connection ends', async () => this.closed, deadlineMs);
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const unread = this.#unread;
      if (unread.length < 2) return;
      const [first = 0, short = 0] = unread;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (unread.length < head) return;
      const length = short < 126 ? short : short === 126 ? unread.readUInt16BE(2) : Number(unread.readBigUInt64BE(2));
      if (unread.length < head + length) return;
      this.#unread = unread.subarray(head + length);
      this.#take(first & 0x0f, unread.subarray(head, head + length));
    }
  }

  #take(opcode: number, body: Buffer): void {
    if (opcode === TEXT) this.texts.push(body.toString());
    else this.others.push({ opcode, body });
    // 1005 is what the standard calls a closing frame without a code.
    if (opcode === CLOSE) this.closing = { code: body.length < 2 ? 1005 : body.readUInt16BE(0), reason: body.subarray(2).toString() };
  }
}
