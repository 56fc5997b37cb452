import { setTimeout as wait } from 'node:timers/promises';
import type { CommandName, Reply } from '#contract';
import { chess } from '../kit/games.ts';
import { TestClient } from '../kit/socket-client.ts';

export interface LoadOptions {
  /** The instances. A client that loses its instance tries them in turn until one answers. */
  urls: string[];
  sessions: number;
  /** Commands of each session at least; the load goes on until `stop`. */
  commands: number;
  /** Between an answer and the next command of a session, ms. */
  paceMs: number;
}

/** How long a command may take from its first sending to its success, whatever is killed meanwhile. */
const PATIENCE_MS = 60_000;

/** Games that go on over crashes: each has one player, who repeats a command by its `command_id` until it succeeds. */
export class Load {
  /** Session ids with the version that the player knows of. */
  readonly versions = new Map<string, number>();
  /** Times from the first sending to the success, ms, oldest first. */
  readonly took: number[] = [];
  readonly #options: LoadOptions;
  readonly #players: Promise<void>[];
  #stopped = false;

  /** Begins at once. */
  constructor(options: LoadOptions) {
    this.#options = options;
    this.#players = Array.from({ length: options.sessions }, (_, index) => this.#play(index));
    // `finish` rejects with the error of a player that failed.
    for (const player of this.#players) player.catch(() => {});
  }

  /** Commands that succeeded. */
  get acknowledged(): number {
    return this.took.length;
  }

  /** Resolves when this many commands have succeeded; rejects when the load failed before. */
  async reached(count: number): Promise<void> {
    let failure: unknown;
    for (const player of this.#players) player.catch((error: unknown) => (failure ??= error));
    while (this.acknowledged < count) {
      if (failure !== undefined) throw failure as Error;
      await wait(5);
    }
  }

  /** Lets every session come to its number of commands, and ends. */
  async finish(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#players);
  }

  async #play(index: number): Promise<void> {
    const payload = chess();
    const player = new Player(this.#options.urls, index);
    try {
      const send = async (name: CommandName, fields: object, count: number) => {
        const begun = performance.now();
        const { version } = await player.insist(name, { session_id: payload.session_id, ...fields, command_id: `c${count}` });
        this.took.push(performance.now() - begun);
        this.versions.set(payload.session_id, version);
      };
      await send('session:create', payload, 0);
      await send('session:start', {}, 1);
      for (let count = 2; count < this.#options.commands || !this.#stopped; count++) {
        await wait(this.#options.paceMs);
        await send(...moveOf(count), count);
      }
    } finally {
      player.close();
    }
  }
}

/** Every ten commands hold a pause, a correction and a resumption; the others are moves. */
function moveOf(count: number): [CommandName, object] {
  if (count % 10 === 4) return ['session:pause', {}];
  if (count % 10 === 5) return ['session:adjust', { delta_ms: 1000, participant_id: 'white', reason: 'noise' }];
  return count % 10 === 6 ? ['session:resume', {}] : ['session:switch', {}];
}

/** A client that finds another instance when its own is gone. */
class Player {
  readonly #urls: string[];
  #next: number;
  #client: TestClient | undefined;

  constructor(urls: string[], index: number) {
    this.#urls = urls;
    this.#next = index;
  }

  /** Sends a command until it succeeds. Throws when it is refused for good, or when nothing helps for a minute. */
  async insist(name: CommandName, payload: object): Promise<{ version: number }> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const reply = await this.#send(name, payload);
      if (reply?.ok === true) return reply.data;
      if (reply?.ok === false && !reply.error.retryable)
        throw new Error(`${name} was refused: ${JSON.stringify(reply.error).slice(0, 300)}`);
      if (performance.now() > end) throw new Error(`${name} did not succeed within ${PATIENCE_MS} ms`);
      await wait(50);
    }
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  /** Undefined when no answer came; the next try is made elsewhere. */
  async #send(name: CommandName, payload: object): Promise<Reply<{ version: number }> | undefined> {
    try {
      this.#client ??= await TestClient.connect(this.#urls[this.#next++ % this.#urls.length] ?? '');
      return (await this.#client.raw(name, payload)) as Reply<{ version: number }>;
    } catch {
      this.close();
      return undefined;
    }
  }
}

/** The value below which this share of a list lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
