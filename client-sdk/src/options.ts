/** What a client can be told at its construction, and the defaults. */
import { deviceClock, type DeviceClock } from './device-clock.ts';

export interface SyncKairosOptions {
  /** Where the socket connects; default: the first argument's origin. */
  socketUrl?: string;
  /** Bearer token, or a function that gets a fresh one for each connection and request. */
  token?: string | (() => Promise<string>);
  /** Tries after a lost connection before `connectionFailed`; default 10. */
  reconnectAttempts?: number;
  /** How long a command may take, waiting for a connection included; default 5000. */
  requestTimeoutMs?: number;
  /** For REST; default the global one. */
  fetch?: typeof fetch;
  /** The device's clocks, for tests. */
  clock?: DeviceClock;
}

export interface ResolvedOptions {
  /** Base of the REST routes, without `/v1` and without a slash at the end. */
  restUrl: string;
  /** Scheme, host and port of the socket. */
  socketOrigin: string;
  token: () => Promise<string | undefined>;
  reconnectAttempts: number;
  requestTimeoutMs: number;
  fetch: typeof fetch;
  clock: DeviceClock;
}

// Through an arrow: browsers refuse it on a foreign `this`.
const globalFetch: typeof fetch = (input, init) => fetch(input, init);

/**
 * Fills in the defaults. `url` may end in `/v1`; the second argument may be the socket's URL alone.
 * @throws TypeError when a URL is none.
 */
export function resolveOptions(url: string, given: SyncKairosOptions | string = {}): ResolvedOptions {
  const options = typeof given === 'string' ? { socketUrl: given } : given;
  const base = new URL(url);
  const { token } = options;
  return {
    restUrl: base.origin + base.pathname.replace(/\/(v1\/?)?$/, ''),
    socketOrigin: new URL(options.socketUrl ?? url).origin,
    token: async () => (typeof token === 'function' ? token() : token),
    reconnectAttempts: options.reconnectAttempts ?? 10,
    requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
    fetch: options.fetch ?? globalFetch,
    clock: options.clock ?? deviceClock,
  };
}
