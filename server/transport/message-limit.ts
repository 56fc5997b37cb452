import type { Refusal } from '../domain/refusal.ts';
import type { CommandLimit } from '../engine/command-context.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Credits, CreditsByKey } from './costs.ts';
import { limited } from './limits.ts';

/**
 * Bytes a second that messages may send to each socket of a room, for each frame a second that a connection may send
 * (RATE_LIMIT_SOCKET): with fifty, 32 kB, a quarter of a line of 1 Mbit/s. Half of that for one sender.
 */
const SESSION_BYTES = 640;
const SENDER_BYTES = 320;
/**
 * How many seconds' worth a quiet room saves up: far less than what may wait for a peer before it is cut off
 * (slow-readers.ts).
 */
const SAVED_SECONDS = 4;
/** Bytes around a message: names, ids, frames, and what the line adds. */
const ENVELOPE_BYTES = 256;

/**
 * Limits what messages send to the rooms of this instance, so that they never cut off a peer on a slow line. Anybody
 * who plays may send any number of messages, and no later version replaces them; everything else that a room is sent
 * needs a turn or the right to end one.
 */
export class MessageCredits {
  readonly #senders: CreditsByKey;
  readonly #sessions: CreditsByKey;
  readonly #metrics: Metrics;

  constructor(limit: number, metrics: Metrics) {
    const credits = (perSecond: number) => new CreditsByKey(() => new Credits(perSecond, SAVED_SECONDS * perSecond));
    this.#senders = credits(SENDER_BYTES * limit);
    this.#sessions = credits(SESSION_BYTES * limit);
    this.#metrics = metrics;
  }

  /**
   * The limit for a message of so many bytes. It is counted after all other checks, so that strangers cannot use up
   * what a session has.
   */
  limitOf(sessionId: string, sender: string, bytes: number): CommandLimit {
    let verdict: Refusal | null | undefined;
    return {
      admit: () => (verdict === undefined ? (verdict = this.#admit(sessionId, sender, bytes)) : verdict),
    };
  }

  #admit(sessionId: string, sender: string, bytes: number): Refusal | null {
    const now = performance.now();
    // Ids hold no `/`.
    const both = [this.#senders.of(`${sessionId}/${sender}`, now), this.#sessions.of(sessionId, now)];
    const waitMs = Math.max(...both.map((credits) => credits.check(now)));
    if (waitMs > 0) return limited('messages', this.#metrics, waitMs);
    for (const credits of both) credits.charge(now, ENVELOPE_BYTES + bytes);
    return null;
  }
}
