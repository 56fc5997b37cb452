/** The options of a client and their defaults. */
import type { SessionState } from './contract/index.ts';
import { expectKnown, expectThat, inWords } from './arguments.ts';
import { deviceClock, type DeviceClock } from './device-clock.ts';
import { type TokenSource, tokenSource } from './token.ts';

/**
 * The state after a switch to `next`, or to the item `nextItem` of a programme, at `now` (Unix ms of the server); null
 * where it can't be predicted.
 */
export type OptimisticSwitch = (state: SessionState, now: number, next?: string, nextItem?: string) => SessionState | null;

export interface SyncKairosOptions {
  /** The address of the socket, with its path; default: the first argument. */
  socketUrl?: string;
  /**
   * Bearer token, or a function that gets a fresh one: for each connection, before the end that a JWT names, and when
   * the server refuses the old one.
   */
  token?: string | (() => string | Promise<string>);
  /** Failed tries before `connectionFailed`; the client goes on trying afterwards. Default 10. */
  reconnectAttempts?: number;
  /** How long a command may take, all its tries included; default 5000. */
  requestTimeoutMs?: number;
  /**
   * With `predictSwitch` of `@synckairos/client/optimistic`, `switchCycle` shows the next turn before the server has
   * answered; when the server refuses, the former state is shown again.
   */
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
  /** The path of the socket's handshake. */
  socketPath: string;
  tokens: TokenSource;
  reconnectAttempts: number;
  requestTimeoutMs: number;
  optimistic: OptimisticSwitch | undefined;
  fetch: typeof fetch;
  clock: DeviceClock;
  /**
   * The server's limit for this address, by the latest answer over REST: whether less than half is left, and ms until
   * all of it is back.
   */
  quota: { isShort: boolean; resetMs: number };
}

// Called through an arrow, since browsers refuse it on a foreign `this`.
const globalFetch: typeof fetch = (input, init) => fetch(input, init);

const NAMES: Record<keyof SyncKairosOptions, true> = {
  socketUrl: true,
  token: true,
  reconnectAttempts: true,
  requestTimeoutMs: true,
  optimistic: true,
  fetch: true,
  clock: true,
};

/**
 * Fills in the defaults. `url` may end in `/v1` and have a path; the second argument may be the socket's URL alone.
 * @throws TypeError that names what was given: an invalid URL, an unknown option, a number out of range
 */
export function resolveOptions(url: string | URL, given: SyncKairosOptions | string = {}): ResolvedOptions {
  const options = typeof given === 'string' ? { socketUrl: given } : given;
  for (const name of Object.keys(options)) expectKnown('option', name, NAMES);
  const { socketUrl = url, token, reconnectAttempts = 10, requestTimeoutMs = 5_000, clock = deviceClock } = options;
  expectThat(reconnectAttempts >= 0, 'reconnectAttempts', 'be 0 or more', reconnectAttempts);
  expectThat(requestTimeoutMs > 0, 'requestTimeoutMs', 'be above 0', requestTimeoutMs);
  const rest = partsOf('The URL', url);
  const socket = partsOf('socketUrl', socketUrl);
  return {
    restUrl: rest.origin + rest.path,
    socketOrigin: socket.origin,
    socketPath: `${socket.path.replace(/\/socket\.io$/, '')}/socket.io/`,
    tokens: tokenSource(token),
    reconnectAttempts,
    requestTimeoutMs,
    optimistic: options.optimistic,
    fetch: options.fetch ?? globalFetch,
    clock,
    quota: { isShort: false, resetMs: 0 },
  };
}

/**
 * Origin and path of a server's address, without `/v1` and without a slash at the end. `ws:` and `wss:` count as
 * `http:` and `https:`.
 */
function partsOf(name: string, given: string | URL): { origin: string; path: string } {
  const text = String(given);
  if (!/^(http|ws)s?:\/\/./.test(text)) {
    const hint = /^[\w.[\]-]+(:\d+)?(\/|$)/.test(text) && given != null ? `; did you mean 'http://${text}'?` : '';
    throw new TypeError(`${name} must begin with http:// or https://; it is ${inWords(given)}${hint}`);
  }
  const { origin, pathname } = new URL(text.replace(/^ws/, 'http'));
  return { origin, path: pathname.replace(/\/(v1\/?)?$/, '') };
}
