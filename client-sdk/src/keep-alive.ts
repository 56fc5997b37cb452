/**
 * Lets a Node process end by itself: the client's sockets and timers do not keep it, but what somebody waits for does.
 */
import type { ClientEvents } from './events.ts';

/** Whoever listens for these waits for nothing; a program that only wants to hear of trouble may end. */
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
 * Whether sockets and timers can be told not to keep the process. Not in browsers, nor where somebody else plays Node.
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

  /** Something is under way, until the returned function is called. */
  work(): () => void {
    this.#work += 1;
    return this.#until(() => (this.#work -= 1));
  }

  /**
   * Somebody listens, until the returned function is called; that counts while there is a connection, or one on its
   * way.
   */
  listen(event?: keyof ClientEvents): () => void {
    if (event !== undefined && TROUBLE.includes(event)) return () => undefined;
    this.#listeners += 1;
    return this.#until(() => (this.#listeners -= 1));
  }

  /** Whether there is a connection, or one on its way. */
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
