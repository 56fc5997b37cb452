/** The bearer token: where it comes from, and when a fresh one is due. */

/** How long before a token's end a fresh one is asked for. */
const AHEAD_MS = 30_000;

export class TokenSource {
  /** Whether there is a function to ask for a fresh one. */
  readonly renewable: boolean;
  readonly #given: string | (() => string | Promise<string>) | undefined;
  #current: Promise<string | undefined> | undefined;

  constructor(given: string | (() => string | Promise<string>) | undefined) {
    this.#given = given;
    this.renewable = typeof given === 'function';
  }

  /** The latest token; undefined where the client has none. @throws what the application's function throws */
  current(): Promise<string | undefined> {
    return (this.#current ??= this.renew());
  }

  /** A fresh token. @throws what the application's function throws */
  renew(): Promise<string | undefined> {
    const given = this.#given;
    const fresh = typeof given === 'function' ? Promise.resolve().then(given) : Promise.resolve(given);
    this.#current = fresh;
    fresh.catch(() => {
      if (this.#current === fresh) this.#current = undefined;
    });
    return fresh;
  }
}

/** Milliseconds until a fresh token should be asked for, from the `exp` of a JWT (RFC 7519); null for a token that does not tell its end. */
export function renewalDue(token: string | undefined, unixMs: number): number | null {
  try {
    const claims: unknown = JSON.parse(atob((token?.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
    const end = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    if (typeof end !== 'number') return null;
    const left = end * 1_000 - unixMs;
    return Math.max(left - AHEAD_MS, left / 2, 0);
  } catch {
    return null;
  }
}
