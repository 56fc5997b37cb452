import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './until.ts';

const DEADLINE_MS = 30_000;

/** One answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  /** By lower-case name. */
  headers: Map<string, string>;
  body: string;
}

/** A bare HTTP/1.1 connection that stays open from one request to the next, as a proxy keeps it. */
export class HttpConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])));
    socket.on('error', () => {});
    socket.once('close', () => (this.closed = true));
  }

  static async open(url: string): Promise<HttpConnection> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  /** Sends the lines of a head, an empty line and the body. */
  send(lines: string[], body: Uint8Array | string = ''): void {
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    this.#socket.write(body);
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** The next answer; undefined once the connection is closed. Rejects when neither happens in time. */
  async answer(): Promise<RawAnswer | undefined> {
    const found = await until(
      'an answer or the end of the connection',
      async () => this.#take() ?? (this.closed ? 'closed' : undefined),
      DEADLINE_MS,
    );
    return found === 'closed' ? undefined : found;
  }

  async end(): Promise<void> {
    await until('the connection is closed', async () => this.closed, DEADLINE_MS);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(): RawAnswer | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [first = '', ...lines] = this.#received.subarray(0, end).toString('latin1').split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const from = end + 4;
    const length = Number(headers.get('content-length') ?? 0);
    if (this.#received.length < from + length) return undefined;
    const body = this.#received.subarray(from, from + length).toString();
    this.#received = this.#received.subarray(from + length);
    return { status: Number(first.split(' ')[1]), headers, body };
  }
}
