/** The bearer token: where it comes from, and when a fresh one is due. */
import { type DeviceClock, later } from './device-clock.ts';
import { unreachable } from './errors.ts';

/** How long before a token's end a fresh one is asked for. */
const AHEAD_MS = 30_000;
/** And never sooner than this after the last one. */
const SOONEST_MS = 1_000;
/** Timers beyond 24.8 days fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

export class TokenSource {
  /** Whether there is a function to ask for a fresh one. */
  readonly renewable: boolean;
  readonly #given: string | (() => string | Promise<string>) | undefined;
  #current: Promise<string | undefined> | undefined;
  /** When the latest token ends that a renewal was planned for, in Unix seconds. */
  #end = 0;
  #callOff: (() => void) | undefined;

  constructor(given: string | (() => string | Promise<string>) | undefined) {
    this.#given = given;
    this.renewable = typeof given === 'function';
  }

  /**
   * The latest token; undefined where the client has none. @throws SyncKairosError when the application's function
   * throws
   */
  current(): Promise<string | undefined> {
    return (this.#current ??= this.renew());
  }

  /** A fresh token. @throws SyncKairosError when the application's function throws */
  renew(): Promise<string | undefined> {
    const given = this.#given;
    const fresh = (async () => (typeof given === 'function' ? given() : given))().catch((cause: unknown) => {
      if (this.#current === fresh) this.#current = undefined;
      throw unreachable(`There is no token: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    });
    return (this.#current = fresh);
  }

  /** Calls `run` when a token should be followed by a fresh one. */
  plan(token: string | undefined, clock: DeviceClock, run: () => void): void {
    const plan = this.renewable ? renewalOf(token, clock.wall()) : null;
    // A function that keeps its token gives the same one until it ends: asking for it again and again leads nowhere.
    if (plan === null || plan.end <= this.#end) return;
    this.#callOff?.();
    this.#end = plan.end;
    this.#callOff = later(clock, run, Math.min(plan.due, LONGEST_TIMER_MS));
  }

  /** Calls off what is planned. */
  rest(): void {
    this.#callOff?.();
    this.#end = 0;
  }
}

/**
 * The end (Unix seconds) that a JWT (RFC 7519) tells, and in how many milliseconds a fresh one should be asked for;
 * null for a token that does not tell, or has ended by the device's clock. Where it tells its beginning too, a clock
 * that is wrong can't make it seem older than three quarters of its life, or younger than new.
 */
export function renewalOf(token: string | undefined, unixMs: number): { end: number; due: number } | null {
  try {
    const payload = (token?.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { exp: end, iat = unixMs / 1_000 } = JSON.parse(atob(payload)) as { exp: number; iat?: number };
    const life = (end - iat) * 1_000;
    const left = Math.min(Math.max(end * 1_000 - unixMs, life / 4), life);
    // What is no number makes this one none, too.
    return left > 0 ? { end, due: Math.max(left - AHEAD_MS, left / 2, SOONEST_MS) } : null;
  } catch {
    return null;
  }
}
