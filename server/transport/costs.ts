import type { LimitName } from './limits.ts';

/** Credits are given once a second. */
const SECOND_MS = 1_000;

/** One credit pays for so many bytes that are read, made or written. */
const CREDIT_BYTES = 16 * 1024;
/**
 * A connection that rests saves up credits for this long, to pay for something large at once: a large session is costly
 * to join and to change.
 */
const SAVED_SECONDS = 10;
/**
 * What one person may move over all their connections, in shares of one connection, and for how long theirs save up: a
 * link may bring a crowd at once.
 */
const PERSON_SHARES = 4;
const PERSON_SAVED_SECONDS = 20;
/** Refused work, in seconds of credits, after which a connection is not even read from. */
const FLOOD_SECONDS = 2;

/**
 * Credits that are given each second and can be overdrawn. Work is let in while there are any; what it really cost is
 * charged when that is known, and whoever is in debt waits until it is paid. A few numbers, no timer. Instants are ms
 * of any clock that never goes back.
 */
export class Credits {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  /** When credits are given next. */
  #next = 0;

  /** @param most how many are saved up where nobody uses them */
  constructor(perSecond: number, most = perSecond) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#left = most;
  }

  /** How long to wait until something is let in, ms; 0 where it is now. */
  check(now: number): number {
    this.#give(now);
    return this.#left > 0 ? 0 : this.#next - now + SECOND_MS * Math.floor(-this.#left / this.#perSecond);
  }

  /** Takes what something cost; may lead into debt. Less than 0 gives back what was taken too much. */
  charge(now: number, cost: number): void {
    // The second begins with its first use, so that a limit of ten means ten in any first second.
    if (this.isFull(now)) this.#next = now + SECOND_MS;
    this.#left = Math.min(this.#most, this.#left - cost);
  }

  /** Whether nothing would change if it were forgotten and made anew. */
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
 * Whether a frame is let in: null; or which limit refuses it, for how long, and how long the connection should not be
 * read from (0: not at all), ms.
 */
export type Verdict = { limit: LimitName; waitMs: number; pauseMs: number } | null;

/**
 * What one connection may do: so many frames a second, and so much work, for which its person's credits pay too. Frames
 * are counted for the connection alone, so that a backend with many small sessions may have many connections.
 */
export class ConnectionCredits {
  readonly #limit: number;
  readonly #frames: Credits;
  readonly #work: Credits;
  #person: { people: CreditsByKey; name: string } | undefined;
  /** Refused since something was let in or the connection was made to pause. */
  #refused = 0;

  /** @param limit frames a second (RATE_LIMIT_SOCKET); 0 lets everything in */
  constructor(limit: number) {
    this.#limit = limit;
    this.#frames = new Credits(limit);
    this.#work = new Credits(limit, limit * SAVED_SECONDS);
  }

  /** Says whose connection it is, once that is known. */
  belongsTo(people: CreditsByKey, name: string): void {
    this.#person = { people, name };
  }

  /**
   * To be called for every frame, whatever is in it, before it is parsed. Counts it, and takes what its bytes cost,
   * also where it is refused.
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
    // Of the connection alone: nobody else who came by the same link pays for what nobody parses.
    this.#work.charge(now, bytes / CREDIT_BYTES);
    this.#refused += 1 + bytes / CREDIT_BYTES;
    const limit = waitMs === waits.socket ? 'socket' : waitMs === waits.socket_work ? 'socket_work' : 'person_work';
    if (this.#refused < FLOOD_SECONDS * this.#limit) return { limit, waitMs, pauseMs: 0 };
    this.#refused = 0;
    // Never for longer: its heartbeats would not be read either.
    return { limit, waitMs, pauseMs: Math.min(waitMs, SECOND_MS) };
  }

  /** Takes what bytes cost that were read, made or written for it; less than 0 gives back. */
  moved(now: number, bytes: number): void {
    if (this.#limit === 0) return;
    const cost = bytes / CREDIT_BYTES;
    this.#work.charge(now, cost);
    this.#personal(now)?.charge(now, cost);
  }

  /** Asked for each time: what nobody uses is forgotten, and two connections must not have two of it. */
  #personal(now: number): Credits | undefined {
    return this.#person?.people.of(this.#person.name, now);
  }
}

const KEPT = 1_000;

/** Credits of many, made when they are first needed and forgotten once they are full again. */
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
    // So that the work stays small for each use, however many there are.
    this.#pruneAt = Math.max(KEPT, 2 * this.#kept.size);
  }
}

/**
 * What people may move over all their connections to this instance, by who they are. @param limit as of one connection
 */
export function personCredits(limit: number): CreditsByKey {
  return new CreditsByKey(() => new Credits(PERSON_SHARES * limit, PERSON_SHARES * limit * PERSON_SAVED_SECONDS));
}
