/** Wrong passwords in a window: from one address, and from all. */
const WRONG_OF_ADDRESS = 20;
const WRONG_OF_ALL = 200;
const WINDOW_MS = 60_000;
/** How many addresses that have signed in are remembered. */
const KNOWN_MAX = 100;

interface Window {
  wrong: number;
  /** ms of the caller's clock. */
  endsAt: number;
}

/**
 * Slows down guessing of the operators' password. An address with too many wrong ones in a minute is refused until the
 * minute is over, with the right one too, since otherwise the refusals would reveal it. When very many addresses guess,
 * all that have never signed in are refused. Each instance counts for itself.
 */
export class SignInLimit {
  readonly #addresses = new Map<string, Window>();
  /** In the order of their last sign-in. */
  readonly #known = new Set<string>();
  #all: Window = { wrong: 0, endsAt: 0 };

  /**
   * How long an address has to wait before it may try again, ms; 0 if it need not. `now`: ms of a clock that never goes
   * back.
   */
  waitOf(address: string, now: number): number {
    const own = this.#addresses.get(address);
    if (own !== undefined && own.wrong >= WRONG_OF_ADDRESS && own.endsAt > now) return own.endsAt - now;
    return this.#all.wrong >= WRONG_OF_ALL && this.#all.endsAt > now && !this.#known.has(address) ? this.#all.endsAt - now : 0;
  }

  /** Counts a wrong password. Returns whether it is the first one of a window, which is logged. */
  wrong(address: string, now: number): boolean {
    if (this.#all.endsAt <= now) {
      this.#all = { wrong: 0, endsAt: now + WINDOW_MS };
      for (const [each, { endsAt }] of this.#addresses) if (endsAt <= now) this.#addresses.delete(each);
    }
    this.#all.wrong += 1;
    const own = this.#addresses.get(address);
    const window = own === undefined || own.endsAt <= now ? { wrong: 0, endsAt: now + WINDOW_MS } : own;
    window.wrong += 1;
    this.#addresses.set(address, window);
    return window.wrong === 1;
  }

  /** Remembers that somebody at this address has signed in. */
  right(address: string): void {
    this.#known.delete(address);
    this.#known.add(address);
    const [oldest] = this.#known;
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
  }
}
