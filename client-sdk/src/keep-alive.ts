/**
 * Lets a Node process end by itself: the client's sockets and timers do not keep it running, but pending commands and
 * listeners do.
 */
import { LONGEST_MS } from './device-clock.ts';
import { AWAITED, type ClientEvents } from './events.ts';

/**
 * Whether sockets and timers can be told not to keep the process running. They can't in browsers and in imitations of
 * Node.
 */
export function isNode(): boolean {
  const { process, document } = globalThis as { process?: { versions?: Record<string, string> }; document?: unknown };
  const versions = process?.versions ?? {};
  return versions['node'] !== undefined && versions['bun'] === undefined && versions['deno'] === undefined && document === undefined;
}

export type KeepAlive = ReturnType<typeof keepAlive>;

/** Work under way and listeners of a client. */
export function keepAlive() {
  let [working, listening, isOpen] = [0, 0, false];
  let timer: ReturnType<typeof setInterval> | undefined;

  const look = (): void => {
    if (working > 0 || (isOpen && listening > 0)) timer ??= setInterval(() => undefined, LONGEST_MS);
    else {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const until = (count: (step: number) => void): (() => void) => {
    let step = 1;
    const move = (): void => {
      count(step);
      // Calling the returned function twice must not end other work.
      step = step === 1 ? -1 : 0;
      look();
    };
    move();
    return move;
  };

  return {
    /** Keeps the process for work under way, until the returned function is called. */
    work: () => until((step) => (working += step)),

    /**
     * Keeps the process for a listener, until the returned function is called, while the client is connected or
     * connecting.
     */
    listen: (event?: keyof ClientEvents) => (event && !AWAITED[event] ? () => undefined : until((step) => (listening += step))),

    /** Notes whether the client is connected or connecting. */
    connection: (open: boolean) => {
      isOpen = open;
      look();
    },
  };
}
