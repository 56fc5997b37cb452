/**
 * A client written from docs/PROTOCOL.md alone: a WebSocket and text frames, no Socket.IO. What is here is what a
 * client in any language needs.
 */
import WebSocket from 'ws';

type Json = Record<string, unknown>;
interface Reply {
  ok: boolean;
  data?: Json;
  error?: { code: string };
  replayed?: boolean;
}

export class BareClient {
  /** Every event, as [name, payload]. */
  readonly events: [name: string, payload: Json][] = [];
  pings = 0;
  #socket: WebSocket | undefined;
  #answers = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  #next = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #silenceMs = 0;
  readonly #changed = new Set<() => void>();

  /** Opens the transport and the namespace. Rejects with the server's refusal. */
  async connect(url: string, token?: string): Promise<void> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => {
        clearTimeout(this.#watchdog);
        for (const { reject: fail } of this.#answers.values()) fail(new Error('connection lost'));
        this.#answers.clear();
        this.#tell();
        reject(new Error('closed before it was open'));
      });
      socket.on('message', (frame) => {
        const text = Buffer.from(frame as Buffer).toString('utf8');
        this.#alive();
        if (text.startsWith('0')) {
          const { pingInterval, pingTimeout } = JSON.parse(text.slice(1)) as { pingInterval: number; pingTimeout: number };
          this.#silenceMs = pingInterval + pingTimeout;
          socket.send(token === undefined ? '40' : `40${JSON.stringify({ token })}`);
        } else if (text === '2') {
          this.pings += 1;
          socket.send('3');
          this.#tell();
        } else if (text.startsWith('40')) {
          resolve();
        } else if (text.startsWith('44')) {
          reject(new Error((JSON.parse(text.slice(2)) as { data: { code: string } }).data.code));
        } else if (text.startsWith('43')) {
          this.#answered(text);
        } else if (text.startsWith('42')) {
          this.events.push(JSON.parse(text.slice(2)) as [string, Json]);
          this.#tell();
        }
      });
    });
  }

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends a command and resolves with its reply; rejects when the connection is lost before. */
  command(name: string, payload: Json): Promise<Reply> {
    const number = this.#next++;
    this.#socket?.send(`42${number}${JSON.stringify([name, payload])}`);
    return new Promise((resolve, reject) => this.#answers.set(number, { resolve, reject }));
  }

  /** Resolves when the condition holds, looked at after each frame and each close. */
  async until(what: string, condition: () => boolean, withinMs = 15_000): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => done(new Error(`waited in vain for ${what}`)), withinMs);
      const look = (): void => {
        if (condition()) done();
      };
      const done = (error?: Error): void => {
        clearTimeout(timer);
        this.#changed.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#changed.add(look);
    });
  }

  /** Leaves politely: the namespace, then the transport. */
  close(): void {
    if (this.connected) this.#socket?.send('41');
    this.#socket?.close();
  }

  /** Breaks the connection without a word, as a lost network does. */
  breakOff(): void {
    this.#socket?.terminate();
  }

  #answered(text: string): void {
    const [, number = '', body = ''] = /^43(\d+)(.*)$/s.exec(text) ?? [];
    const [reply] = JSON.parse(body) as [Reply];
    this.#answers.get(Number(number))?.resolve(reply);
    this.#answers.delete(Number(number));
  }

  /** A server that says nothing for longer than its heartbeat allows is gone. */
  #alive(): void {
    clearTimeout(this.#watchdog);
    if (this.#silenceMs > 0) this.#watchdog = setTimeout(() => this.breakOff(), this.#silenceMs);
  }

  #tell(): void {
    for (const look of this.#changed) look();
  }
}
