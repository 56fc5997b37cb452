import { io, type Socket } from 'socket.io-client';
import type { CommandName, Commands, ErrorCode, Failure, Reply, ServerToClientEvents, Success } from '#contract';
import { wireCheck } from './wire-check.ts';

type EventName = keyof ServerToClientEvents;
type EventBody<Name extends EventName> = Parameters<ServerToClientEvents[Name]>[0];

export interface ClientOptions {
  /** Headers of the handshake, such as `Origin`. */
  headers?: Record<string, string>;
  /** Whether it reconnects by itself after a loss. */
  reconnection?: boolean;
  transports?: ('websocket' | 'polling')[];
  /** The `auth` data of the handshake. */
  auth?: Record<string, unknown>;
}

/** Both are generous, since the machine may be busy: whoever measures how soon something comes names a deadline. */
const REPLY_DEADLINE_MS = 30_000;
const EVENT_DEADLINE_MS = 60_000;

interface Received {
  name: string;
  body: unknown;
}

/**
 * A Socket.IO client that keeps every event until a test asks for it, so none is missed by asking late. Whatever it
 * receives is checked against the AsyncAPI document, and a difference fails the run (hooks.ts).
 */
export class TestClient {
  readonly socket: Socket;
  readonly #queue: Received[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.onAny((name: string, body: unknown) => {
      wireCheck.event(name, body);
      this.#queue.push({ name, body });
      for (const look of this.#waiting) look();
    });
  }

  /** Resolves when connected; rejects with what the server or the network said. */
  static async connect(
    url: string,
    { headers, reconnection = false, transports = ['websocket'], auth = {} }: ClientOptions = {},
  ): Promise<TestClient> {
    const socket = io(url, {
      transports,
      auth,
      reconnection,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      forceNew: true,
      ...(headers === undefined ? {} : { extraHeaders: headers }),
    });
    const client = new TestClient(socket);
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error) => {
        socket.close();
        reject(error);
      };
      socket.once('connect_error', fail);
      socket.once('connect', () => {
        // The client retries after later errors by itself.
        socket.off('connect_error', fail);
        resolve();
      });
    });
    return client;
  }

  /** Sends a command. Rejects when no acknowledgement comes in time. */
  async command<Name extends CommandName>(name: Name, payload: Commands[Name]['payload']): Promise<Reply<Commands[Name]['data']>> {
    return (await this.raw(name, payload)) as Reply<Commands[Name]['data']>;
  }

  /** Sends a command that must succeed. */
  async ok<Name extends CommandName>(name: Name, payload: Commands[Name]['payload']): Promise<Commands[Name]['data']> {
    return (await this.success(name, payload)).data;
  }

  /** Sends a command that must succeed. Returns the whole reply. */
  async success<Name extends CommandName>(name: Name, payload: Commands[Name]['payload']): Promise<Success<Commands[Name]['data']>> {
    const reply = await this.command(name, payload);
    if (!reply.ok) throw new Error(`${name} was refused: ${JSON.stringify(reply.error).slice(0, 500)}`);
    return reply;
  }

  /** Sends a command that must be refused with this code. */
  async refused<Name extends CommandName>(code: ErrorCode, name: Name, payload: Commands[Name]['payload']): Promise<Failure['error']> {
    return errorOf(await this.command(name, payload), code);
  }

  /** Sends any event and asks for an acknowledgement. */
  async raw(name: unknown, ...args: unknown[]): Promise<Reply<unknown>> {
    const reply = (await this.socket.timeout(REPLY_DEADLINE_MS).emitWithAck(name as string, ...args)) as Reply<unknown>;
    wireCheck.reply(name, reply);
    return reply;
  }

  /**
   * Sends an event with this text as its arguments, which need not be what a client would write. `frameBytes` pads it
   * with spaces to a WebSocket frame of exactly that size: Engine.IO's packet type, Socket.IO's, the id of the
   * acknowledgement and the JSON.
   */
  async text(json: string, frameBytes = 0): Promise<Reply<unknown>> {
    const inside = this.socket as unknown as { ids: number; acks: Record<number, (reply: Reply<unknown>) => void> };
    const id = inside.ids++;
    const packet = `2${id}${json}`;
    const padding = ' '.repeat(Math.max(0, frameBytes - 1 - Buffer.byteLength(packet)));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${json.slice(0, 80)}`)), REPLY_DEADLINE_MS);
      inside.acks[id] = (reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      this.socket.io.engine.send(packet + padding);
    });
  }

  /** Takes the oldest matching event of this name out of the queue; waits for it if none has come yet. */
  async next<Name extends EventName>(
    name: Name,
    fits: (body: EventBody<Name>) => boolean = () => true,
    deadlineMs = EVENT_DEADLINE_MS,
  ): Promise<EventBody<Name>> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = () => {
        const index = this.#queue.findIndex((event) => event.name === name && fits(event.body as EventBody<Name>));
        if (index === -1) return;
        stop();
        resolve(this.#queue.splice(index, 1)[0]?.body as EventBody<Name>);
      };
      const timer = setTimeout(() => {
        stop();
        const got = this.#queue.slice(-20).map((event) => `${event.name} ${JSON.stringify(event.body).slice(0, 120)}`);
        reject(new Error(`no ${name} within ${deadlineMs} ms; waiting here: ${got.join(' | ') || 'nothing'}`));
      }, deadlineMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** Events of this name that came and were not taken, oldest first. */
  seen<Name extends EventName>(name: Name): EventBody<Name>[] {
    return this.#queue.filter((event) => event.name === name).map((event) => event.body as EventBody<Name>);
  }

  /** Resolves when the connection has ended, with socket.io's reason. */
  async disconnected(deadlineMs = EVENT_DEADLINE_MS): Promise<string> {
    if (this.socket.disconnected) return 'already';
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`still connected after ${deadlineMs} ms`)), deadlineMs);
      this.socket.once('disconnect', (reason) => {
        clearTimeout(timer);
        resolve(reason);
      });
    });
  }

  close(): void {
    this.socket.close();
  }
}

/** The error of a refusal with this code. Throws on any other reply. */
export function errorOf(reply: Reply<unknown>, code: ErrorCode): Failure['error'] {
  if (reply.ok || reply.error.code !== code) throw new Error(`expected ${code}, got ${JSON.stringify(reply).slice(0, 500)}`);
  return reply.error;
}
