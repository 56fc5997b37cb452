import type { LimitName } from './limits.ts';

/** Credits are given once a second. */
const SECOND_MS = 1_000;

/** How many bytes, read, made or written, one credit pays for. */
const CREDIT_BYTES = 16 * 1024;
/**
 * How many seconds' credits an idle connection saves up, to pay for something large at once: joining or changing a
 * large session is expensive.
 */
const SAVED_SECONDS = 10;
/**
 * The credits of one person over all their connections, as multiples of one connection's, and how many seconds' worth
 * they save up: a share link may bring a crowd at once.
 */
const PERSON_SHARES = 4;
const PERSON_SAVED_SECONDS = 20;
/** After so much refused work, in seconds' worth of credits, the connection is not even read. */
const FLOOD_SECONDS = 2;

/**
 * Credits that are given each second and may be overdrawn. Work is accepted while there are any; its real cost is
 * charged when it is known, and whoever is in debt waits until the debt is paid. Uses a few numbers and no timer.
 * Instants are ms of a clock that never goes back.
 */
export class Credits {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  /** When credits are next given. */
  #next = 0;

  /** @param most how many are saved up without use */
  constructor(perSecond: number, most = perSecond) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#left = most;
  }

  /** How long to wait until work is accepted, ms; 0 if it is now. */
  check(now: number): number {
    this.#give(now);
    return this.#left > 0 ? 0 : this.#next - now + SECOND_MS * Math.floor(-this.#left / this.#perSecond);
  }

  /** Charges a cost; may lead into debt. A negative cost gives back what was charged too much. */
  charge(now: number, cost: number): void {
    // The second begins with its first use, so that a limit of ten means ten in any first second.
    if (this.isFull(now)) this.#next = now + SECOND_MS;
    this.#left = Math.min(this.#most, this.#left - cost);
  }

  /** Whether it equals a new one, and may be forgotten. */
  isFull(now: number): boolean {
    this.#give(now);
    return this.#left === this.#most;
  }

  #give(now: number): void {
    if (now < this.#next || this.#left === this.#most) return;
    const seconds = 1 + Math.floor((now - this.#next) / SECOND_MS);
    this.#left = Math.min(this.#most, this.#left + seconds * this.#perSecond);
    this.#next += seconds * SECOND_MS;
  }
}

/**
 * Null if a frame is accepted; else which limit refuses it, for how long, and for how long not to read the connection
 * (0: go on reading), ms.
 */
export type Verdict = { limit: LimitName; waitMs: number; pauseMs: number } | null;

/**
 * Limits one connection: its frames a second, and its work, which is charged to its person as well. Frames are counted
 * for the connection alone, so that a backend with many small sessions may have many connections.
 */
export class ConnectionCredits {
  readonly #limit: number;
  readonly #frames: Credits;
  readonly #work: Credits;
  #person: { people: CreditsByKey; name: string } | undefined;
  /** How much was refused since the last accepted frame or pause. */
  #refused = 0;

  /** @param limit frames a second (RATE_LIMIT_SOCKET); 0 accepts everything */
  constructor(limit: number) {
    this.#limit = limit;
    this.#frames = new Credits(limit);
    this.#work = new Credits(limit, limit * SAVED_SECONDS);
  }

  /** Sets whose connection it is, once that is known. */
  belongsTo(people: CreditsByKey, name: string): void {
    this.#person = { people, name };
  }

  /**
   * Call this for every frame, whatever it contains, before it is parsed. Counts the frame and charges its bytes, also
   * when it is refused.
   */
  frame(now: number, bytes: number): Verdict {
    if (this.#limit === 0) return null;
    const waits = {
      socket: this.#frames.check(now),
      socket_work: this.#work.check(now),
      person_work: this.#personal(now)?.check(now) ?? 0,
    };
    const waitMs = Math.max(waits.socket, waits.socket_work, waits.person_work);
    if (waitMs === 0) {
      this.moved(now, bytes);
      this.#frames.charge(now, 1);
      this.#refused = 0;
      return null;
    }
    // Charged to the connection alone: others who came by the same link do not pay for frames that are not parsed.
    this.#work.charge(now, bytes / CREDIT_BYTES);
    this.#refused += 1 + bytes / CREDIT_BYTES;
    const limit = waitMs === waits.socket ? 'socket' : waitMs === waits.socket_work ? 'socket_work' : 'person_work';
    if (this.#refused < FLOOD_SECONDS * this.#limit) return { limit, waitMs, pauseMs: 0 };
    this.#refused = 0;
    // No longer, because heartbeats are not read meanwhile.
    return { limit, waitMs, pauseMs: Math.min(waitMs, SECOND_MS) };
  }

  /** Charges for bytes that were read, made or written for it; negative gives back. */
  moved(now: number, bytes: number): void {
    if (this.#limit === 0) return;
    const cost = bytes / CREDIT_BYTES;
    this.#work.charge(now, cost);
    this.#personal(now)?.charge(now, cost);
  }

  /** Looked up each time: unused credits are forgotten, and two connections of a person must share the same ones. */
  #personal(now: number): Credits | undefined {
    return this.#person?.people.of(this.#person.name, now);
  }
}

const KEPT = 1_000;

/** Credits by key, created when first needed and forgotten when they are full again. */
export class CreditsByKey {
  readonly #make: () => Credits;
  readonly #kept = new Map<string, Credits>();
  #pruneAt = KEPT;

  constructor(make: () => Credits) {
    this.#make = make;
  }

  /** The credits of a key, at an instant of their clock. */
  of(key: string, now: number): Credits {
    let credits = this.#kept.get(key);
    if (credits === undefined) {
      if (this.#kept.size >= this.#pruneAt) this.#prune(now);
      this.#kept.set(key, (credits = this.#make()));
    }
    return credits;
  }

  #prune(now: number): void {
    for (const [key, credits] of this.#kept) if (credits.isFull(now)) this.#kept.delete(key);
    // Doubling the mark keeps the work of pruning small for each use, whatever the number of keys.
    this.#pruneAt = Math.max(KEPT, 2 * this.#kept.size);
  }
}

/** The credits of people over all their connections to this instance. @param limit as of one connection */
export function personCredits(limit: number): CreditsByKey {
  return new CreditsByKey(() => new Credits(PERSON_SHARES * limit, PERSON_SHARES * limit * PERSON_SAVED_SECONDS));
}
