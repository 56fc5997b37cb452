import { WebSocket } from 'ws';
import { isAfter, type Position } from '#clock';
import type { Failure, Reply } from '#contract';

const JOIN_ID = '0';
/** Before the next try after a refusal or a lost connection, ms: at least this, at most twice of it. */
const AGAIN_MS = 250;

/** What a crowd of clients has been through since the last `reset`. */
export class Fortunes {
  /** How long each client took from the call to its place in the room, ms. */
  readonly took: number[] = [];
  /** Joins that were refused, by code, and connections that failed or broke. */
  refused: Record<string, number> = {};
  failed = 0;
}

/** A barrier: `open` resolves when so many clients have arrived. */
export class Barrier {
  readonly open: Promise<void>;
  #missing: number;
  #lift = () => {};

  constructor(count: number) {
    this.#missing = count;
    this.open = new Promise((resolve) => {
      this.#lift = resolve;
    });
  }

  /** Counts one client that has arrived. */
  arrive(): void {
    this.#missing -= 1;
    if (this.#missing === 0) this.#lift();
  }
}

/**
 * The least that speaks Socket.IO: one connection, one session, Engine.IO 4 and Socket.IO 5 framed by hand. Some ten
 * times lighter than the real client, so that thousands fit into a process. See
 * https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
 */
export class LightClient {
  readonly session: string;
  /** The newest state it was told of. */
  known: Position | undefined;
  readonly #deltas: boolean | 2;
  readonly #fortunes: () => Fortunes;
  #socket: WebSocket | undefined;
  #url = '';
  #timer: NodeJS.Timeout | undefined;
  #begun = 0;
  #joined: (() => void) | undefined;
  #barrier: Barrier | undefined;
  /** Those who wait for the answer to a command, by its id. */
  readonly #asked = new Map<string, (reply: Reply<unknown>) => void>();
  #commands = Number(JOIN_ID);

  constructor(session: string, deltas: boolean | 2, fortunes: () => Fortunes) {
    this.session = session;
    this.#deltas = deltas;
    this.#fortunes = fortunes;
  }

  /**
   * Connects and joins, behind a barrier if there is one, again and again until it is in. Later losses are its own
   * business too.
   */
  async enter(url: string, delayMs = 0, barrier?: Barrier): Promise<void> {
    this.#url = url;
    this.#barrier = barrier;
    this.#begun = performance.now();
    const joined = new Promise<void>((resolve) => {
      this.#joined = resolve;
    });
    this.#connectIn(delayMs);
    return joined;
  }

  /** Sends a command on its session. Never resolves where the connection is lost meanwhile. */
  async command(name: string, payload: object): Promise<Reply<unknown>> {
    this.#commands += 1;
    const id = String(this.#commands);
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#socket?.send(`42${id}${JSON.stringify([name, { session_id: this.session, ...payload }])}`);
    });
  }

  /** Drops the connection without a word. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#socket?.removeAllListeners();
    this.#socket?.on('error', () => {});
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  #connectIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), delayMs);
  }

  #connect(): void {
    const socket = new WebSocket(`${this.#url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(socket, data.toString()));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#fortunes().failed += 1;
      this.#again();
    });
  }

  #again(): void {
    this.#connectIn(AGAIN_MS * (1 + Math.random()));
  }

  #take(socket: WebSocket, frame: string): void {
    if (frame === '2') socket.send('3');
    else if (frame.startsWith('0')) socket.send('40');
    else if (frame.startsWith('40')) void this.#connected(socket);
    else if (frame.startsWith(`43${JOIN_ID}[{"ok":true`)) this.#enteredAt(positionIn(frame));
    else if (frame.startsWith(`43${JOIN_ID}`)) this.#refused(socket, (JSON.parse(frame.slice(3)) as [Failure])[0]);
    else if (frame.startsWith('42["session:update"')) this.#learn(positionIn(frame));
    else if (frame.startsWith('43')) this.#answered(frame);
  }

  #answered(frame: string): void {
    const id = /^43(\d+)/.exec(frame)?.[1] ?? '';
    this.#asked.get(id)?.((JSON.parse(frame.slice(2 + id.length)) as [Reply<unknown>])[0]);
    this.#asked.delete(id);
  }

  async #connected(socket: WebSocket): Promise<void> {
    const barrier = this.#barrier;
    if (barrier !== undefined) {
      this.#barrier = undefined;
      barrier.arrive();
      await barrier.open;
      this.#begun = performance.now();
    }
    this.#join(socket);
  }

  #join(socket: WebSocket): void {
    const known = this.known === undefined ? {} : { last_known_version: this.known.version, last_known_epoch: this.known.epoch };
    socket.send(`42${JOIN_ID}${JSON.stringify(['session:join', { session_id: this.session, deltas: this.#deltas, ...known }])}`);
  }

  #enteredAt(position: Position): void {
    this.#learn(position);
    this.#fortunes().took.push(performance.now() - this.#begun);
    this.#joined?.();
    this.#joined = undefined;
  }

  #refused(socket: WebSocket, { error }: Failure): void {
    const { refused } = this.#fortunes();
    refused[error.code] = (refused[error.code] ?? 0) + 1;
    if (error.retryable) setTimeout(() => this.#join(socket), AGAIN_MS * (1 + Math.random()));
  }

  #learn({ version, epoch }: Position): void {
    if (isAfter({ version, epoch }, this.known)) this.known = { version, epoch };
  }
}

/**
 * The version and the epoch of a reply or an update, which stand at its beginning: a large state would take a crowd
 * longer to parse than a server to send.
 */
function positionIn(frame: string): Position {
  const head = frame.slice(0, 2_000);
  return { version: Number(/"version":(\d+)/.exec(head)?.[1]), epoch: Number(/"epoch":(\d+)/.exec(head)?.[1]) };
}
