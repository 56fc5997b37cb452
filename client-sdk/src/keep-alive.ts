/**
 * Lets a Node process end by itself: the client's sockets and timers do not keep it running, but pending commands and
 * listeners do.
 */
import type { ClientEvents } from './events.ts';

/** Listeners for these events do not keep the process running: a program that only listens for errors may end. */
const TROUBLE: readonly string[] = [
  'error',
  'disconnected',
  'reconnecting',
  'connectionFailed',
  'clockSkewDetected',
] satisfies (keyof ClientEvents)[];
/** The longest interval of a timer, 24.8 days. */
const LONGEST_MS = 2_147_483_647;

/**
 * Whether sockets and timers can be told not to keep the process running. They can't in browsers and in imitations of
 * Node.
 */
export function isNode(): boolean {
  const { process, document } = globalThis as { process?: { versions?: Record<string, string> }; document?: unknown };
  const versions = process?.versions ?? {};
  return versions['node'] !== undefined && versions['bun'] === undefined && versions['deno'] === undefined && document === undefined;
}

export class KeepAlive {
  #work = 0;
  #listeners = 0;
  #open = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Keeps the process for work under way, until the returned function is called. */
  work(): () => void {
    this.#work += 1;
    return this.#until(() => (this.#work -= 1));
  }

  /**
   * Keeps the process for a listener, until the returned function is called, while the client is connected or
   * connecting.
   */
  listen(event?: keyof ClientEvents): () => void {
    if (event !== undefined && TROUBLE.includes(event)) return () => undefined;
    this.#listeners += 1;
    return this.#until(() => (this.#listeners -= 1));
  }

  /** Notes whether the client is connected or connecting. */
  set open(open: boolean) {
    this.#open = open;
    this.#look();
  }

  #until(end: () => void): () => void {
    this.#look();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      end();
      this.#look();
    };
  }

  #look(): void {
    const needed = this.#work > 0 || (this.#open && this.#listeners > 0);
    if (needed) this.#timer ??= setInterval(() => undefined, LONGEST_MS);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
