import { WebSocket } from 'ws';

const DEADLINE_MS = 20_000;

/** A bare WebSocket that speaks as much Socket.IO as it is told to. */
export class RawSocket {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (reply: unknown) => void>();
  #id = 0;
  closed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#read(data.toString()));
    socket.on('close', () => {
      this.closed = true;
      for (const answer of this.#answers.values()) answer(undefined);
      this.#answers.clear();
    });
    socket.on('error', () => {});
  }

  /** Connected to the namespace `/`. */
  static async connect(url: string): Promise<RawSocket> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith('0')) socket.send('40');
        if (text.startsWith('40')) resolve();
      });
    });
    socket.removeAllListeners();
    return new RawSocket(socket);
  }

  /**
   * Sends the text of an event's array and resolves with its answer; undefined when the connection ended first.
   * `attached` goes as a binary attachment.
   */
  async event(array: string, attached?: Buffer): Promise<unknown> {
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${array.slice(0, 300)}`)), DEADLINE_MS);
      this.#answers.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      this.#socket.send(`4${attached === undefined ? '2' : '51-'}${id}${array}`);
      if (attached !== undefined) this.#socket.send(attached);
    });
  }

  send(frame: string | Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  close(): void {
    this.#socket.terminate();
  }

  #read(text: string): void {
    if (text === '2') this.send('3');
    const found = /^43(\d+)(\[[^]*)$/.exec(text);
    if (found === null) return;
    const answer = this.#answers.get(Number(found[1]));
    this.#answers.delete(Number(found[1]));
    answer?.((JSON.parse(found[2] ?? '[]') as unknown[])[0]);
  }
}
