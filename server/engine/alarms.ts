import TinyQueue from 'tinyqueue';

/**
 * The timer's clock and the one clock may run at different rates or be set, so the time left is checked this often: a
 * drift of 500 ppm, the most that NTP gives a clock, is then half a millisecond.
 */
const LOOK_AGAIN_MS = 1_000;

interface Alarm {
  /** Unix ms of the one clock. */
  at: number;
  sessionId: string;
}

/**
 * Calls back at instants of the one clock, never before. Any number of alarms use one timer. A session has one alarm;
 * the newest counts.
 */
export class Alarms {
  readonly #now: () => number;
  readonly #ring: (sessionId: string) => void;
  #queue = new TinyQueue<Alarm>([], byInstant);
  readonly #armed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #open = true;

  constructor(now: () => number, ring: (sessionId: string) => void) {
    this.#now = now;
    this.#ring = ring;
  }

  /** How many sessions have an alarm here. */
  get size(): number {
    return this.#armed.size;
  }

  /** Sets a session's alarm to `at` (Unix ms); null removes it. */
  set(sessionId: string, at: number | null): void {
    if (!this.#open) return;
    if (at === null) {
      this.#armed.delete(sessionId);
      return;
    }
    this.#armed.set(sessionId, at);
    this.#queue.push({ at, sessionId });
    // Replaced alarms stay in the queue until they come up; they are removed before they outnumber the valid ones.
    if (this.#queue.length > 2 * this.#armed.size + 1000) {
      this.#queue = new TinyQueue(
        [...this.#armed].map(([id, instant]) => ({ at: instant, sessionId: id })),
        byInstant,
      );
    }
    this.#schedule();
  }

  /** Ends all alarms; none rings or is set any more. */
  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#armed.clear();
    this.#queue = new TinyQueue<Alarm>([], byInstant);
  }

  #schedule(): void {
    const next = this.#queue.peek();
    if (next === undefined || next.at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next.at;
    // Timers take whole milliseconds and may fire early; `#fire` checks again.
    this.#timer = setTimeout(() => this.#fire(), Math.min(LOOK_AGAIN_MS, Math.max(0, Math.ceil(next.at - this.#now()))));
    this.#timer.unref();
  }

  #fire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#now();
    for (let next = this.#queue.peek(); next !== undefined && next.at <= now; next = this.#queue.peek()) {
      this.#queue.pop();
      if (this.#armed.get(next.sessionId) === next.at) {
        this.#armed.delete(next.sessionId);
        this.#ring(next.sessionId);
      }
    }
    this.#schedule();
  }
}

function byInstant(a: Alarm, b: Alarm): number {
  return a.at - b.at;
}
