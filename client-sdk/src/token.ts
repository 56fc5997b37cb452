/** The bearer token: its source, and when it is renewed. */
import { type DeviceClock, later, LONGEST_MS } from './device-clock.ts';
import { unreachable } from './errors.ts';

/** How long before a token expires it is renewed. */
const AHEAD_MS = 30_000;
/** The shortest time between two renewals. */
const SOONEST_MS = 1_000;

export type TokenSource = ReturnType<typeof tokenSource>;

/** Where tokens come from: `given` by the application, itself or by a function. */
export function tokenSource(given: string | (() => string | Promise<string>) | undefined) {
  /** Whether the application gave a function that returns fresh tokens. */
  const renewable = typeof given === 'function';
  let latest: Promise<string | undefined> | undefined;
  /** When the latest token expires for which a renewal was planned, Unix seconds. */
  let end = 0;
  let callOff: (() => void) | undefined;

  /** A fresh token. @throws SyncKairosError when the application's function throws */
  const renew = (): Promise<string | undefined> => {
    const fresh = (async () => (typeof given === 'function' ? given() : given))().catch((cause: unknown) => {
      if (latest === fresh) latest = undefined;
      throw unreachable(`There is no token: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    });
    return (latest = fresh);
  };

  return {
    renewable,
    renew,

    /**
     * The latest token; undefined if the client has none. @throws SyncKairosError when the application's function
     * throws
     */
    current: () => (latest ??= renew()),

    /** Calls `run` when a token should be renewed. */
    plan: (token: string | undefined, clock: DeviceClock, run: () => void): void => {
      const plan = renewable ? renewalOf(token, clock.wall()) : null;
      // A function that caches its token returns the same one until it expires; asking again would not help.
      if (!plan || plan.end <= end) return;
      callOff?.();
      end = plan.end;
      callOff = later(clock, run, Math.min(plan.due, LONGEST_MS));
    },

    /** Cancels a planned renewal. */
    rest: (): void => {
      callOff?.();
      end = 0;
    },
  };
}

/**
 * When a JWT (RFC 7519) expires (Unix seconds), and in how many milliseconds it should be renewed; null for a token
 * that does not tell, or has expired by the device's clock. With `iat` a wrong clock cannot make it seem older than
 * three quarters of its validity, or younger than new.
 */
export function renewalOf(token: string | undefined, unixMs: number): { end: number; due: number } | null {
  try {
    const payload = (token?.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { exp: end, iat = unixMs / 1_000 } = JSON.parse(atob(payload)) as { exp: number; iat?: number };
    const life = (end - iat) * 1_000;
    const left = Math.min(Math.max(end * 1_000 - unixMs, life / 4), life);
    // NaN if exp or iat is not a number.
    return left > 0 ? { end, due: Math.max(left - AHEAD_MS, left / 2, SOONEST_MS) } : null;
  } catch {
    return null;
  }
}
