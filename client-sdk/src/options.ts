/** What a client can be told at its construction, and the defaults. */
import type { SessionState } from './contract/index.ts';
import { deviceClock, type DeviceClock } from './device-clock.ts';
import { TokenSource } from './token.ts';

/** What a switch to `next` would make of a state at `now` (Unix ms of the server); null where that can't be told. */
export type OptimisticSwitch = (state: SessionState, now: number, next?: string) => SessionState | null;

export interface SyncKairosOptions {
  /** Where the socket connects; default: the first argument's origin. */
  socketUrl?: string;
  /** Bearer token, or a function that gets a fresh one: for each connection, before the end that a JWT names, and when the server refuses the old one. */
  token?: string | (() => string | Promise<string>);
  /** Tries after a lost connection before `connectionFailed`; default 10. */
  reconnectAttempts?: number;
  /** How long a command may take, all its tries included; default 5000. */
  requestTimeoutMs?: number;
  /** With `predictSwitch` of `@synckairos/client/optimistic`, `switchCycle` shows the next turn before the server has answered; when it refuses, the state falls back. */
  optimistic?: OptimisticSwitch;
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
  tokens: TokenSource;
  reconnectAttempts: number;
  requestTimeoutMs: number;
  optimistic: OptimisticSwitch | undefined;
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
  return {
    restUrl: base.origin + base.pathname.replace(/\/(v1\/?)?$/, ''),
    socketOrigin: new URL(options.socketUrl ?? url).origin,
    tokens: new TokenSource(options.token),
    reconnectAttempts: options.reconnectAttempts ?? 10,
    requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
    optimistic: options.optimistic,
    fetch: options.fetch ?? globalFetch,
    clock: options.clock ?? deviceClock,
  };
}
