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

/** Where the client writes; `console` is one. */
export interface Logger {
  /** A mistake by which no call fails, but something is missing on the screen, each once; remarks of the server. */
  warn: (text: string) => void;
  /** Each change of the connection, with the reason. */
  debug?: (text: string) => void;
}

export interface SyncKairosOptions {
  /** The address of the socket, with its path; default: the first argument. */
  socketUrl?: string;
  /**
   * Bearer token, or a function that gets a fresh one: for each connection, before the end that a JWT names, and when
   * the server refuses the old one.
   */
  token?: string | (() => string | Promise<string>);
  /** Path of a server behind a prefix (its `BASE_PATH`), if the URL has none: `/timer`. */
  path?: string;
  /**
   * `rest`: no socket is opened. Commands go over REST, and sessions with listeners are read over it every few seconds;
   * the connection is then `fallback`. Default `websocket`.
   */
  transport?: 'websocket' | 'rest';
  /** Failed tries before `connectionFailed`; the client goes on trying afterwards. Default 10. */
  reconnectAttempts?: number;
  /** Longest pause between two tries to connect, ms; default 30000. */
  reconnectDelayMaxMs?: number;
  /** After so many failed tries in a row the connection is `failed`, until a call opens it. Default: never. */
  reconnectEnd?: number;
  /** How long a command may take, all its tries included; default 5000. */
  requestTimeoutMs?: number;
  /**
   * With `predictSwitch` of `@synckairos/client/optimistic`, `switchCycle` shows the next turn before the server has
   * answered; when the server refuses, the former state is shown again.
   */
  optimistic?: OptimisticSwitch;
  /** Default: warnings go to the console. Null: nothing is written. */
  logger?: Logger | null;
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
  /** No socket is opened. */
  isRestOnly: boolean;
  reconnectAttempts: number;
  reconnectDelayMaxMs: number;
  reconnectEnd: number;
  requestTimeoutMs: number;
  logger: Logger | null;
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

// Looked up at each call, since tests and tools replace what the console does.
const consoleLogger: Logger = {
  // eslint-disable-next-line no-console -- an error event would reach only applications that listen for errors
  warn: (text) => console.warn(text),
};

const NAMES: Record<keyof SyncKairosOptions, true> = {
  socketUrl: true,
  path: true,
  transport: true,
  token: true,
  reconnectAttempts: true,
  reconnectDelayMaxMs: true,
  reconnectEnd: true,
  requestTimeoutMs: true,
  optimistic: true,
  logger: true,
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
  const { socketUrl = url, path = '', transport = 'websocket', token, clock = deviceClock } = options;
  const { reconnectAttempts = 10, reconnectDelayMaxMs = 30_000, reconnectEnd = Infinity, requestTimeoutMs = 5_000 } = options;
  expectThat(reconnectAttempts >= 0, 'reconnectAttempts', 'be 0 or more', reconnectAttempts);
  for (const [name, value] of Object.entries({ reconnectDelayMaxMs, reconnectEnd, requestTimeoutMs })) {
    expectThat(value > 0, name, 'be above 0', value);
  }
  expectThat(/^(\/[^/?#]+)*\/?$/.test(path), 'path', 'be a path like /timer', path);
  expectThat(['websocket', 'rest'].includes(transport), 'transport', "be 'websocket' or 'rest'", transport);
  const rest = partsOf('The URL', url, path);
  const socket = partsOf('socketUrl', socketUrl, path);
  return {
    restUrl: rest.origin + rest.path,
    socketOrigin: socket.origin,
    socketPath: `${socket.path.replace(/\/socket\.io$/, '')}/socket.io/`,
    tokens: tokenSource(token),
    isRestOnly: transport === 'rest',
    reconnectAttempts,
    reconnectDelayMaxMs,
    reconnectEnd,
    requestTimeoutMs,
    logger: options.logger === undefined ? consoleLogger : options.logger,
    optimistic: options.optimistic,
    fetch: options.fetch ?? globalFetch,
    clock,
    quota: { isShort: false, resetMs: 0 },
  };
}

/**
 * Origin and path of a server's address, without `/v1` and without a slash at the end; `path` where the address has
 * none. `ws:` and `wss:` count as `http:` and `https:`.
 */
function partsOf(name: string, given: string | URL, path: string): { origin: string; path: string } {
  const text = String(given);
  if (!/^(http|ws)s?:\/\/./.test(text)) {
    const hint = /^[\w.[\]-]+(:\d+)?(\/|$)/.test(text) && given != null ? `; did you mean 'http://${text}'?` : '';
    throw new TypeError(`${name} must begin with http:// or https://; it is ${inWords(given)}${hint}`);
  }
  const { origin, pathname } = new URL(text.replace(/^ws/, 'http'));
  return { origin, path: pathname.replace(/\/(v1\/?)?$/, '') || path.replace(/\/$/, '') };
}
