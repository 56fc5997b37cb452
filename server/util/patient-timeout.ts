/** The share of the time that the first timer waits. */
export const FIRST_PART = 0.75;

/**
 * Calls `giveUp` when an answer is `ms` late, but never before the event loop could read it. Timers that came due while
 * the loop was blocked fire before anything is read, so an ordinary timer gives up on answers that are already there;
 * the question itself may only have left just now. Hence two timers one after the other, of which a blocked loop can
 * swallow the first, and a last turn of the loop that reads what has arrived.
 *
 * `keep` gets each timer, so that the caller can clear the present one. In the last turn there is none to clear, so
 * `giveUp` must check whether the answer has come.
 */
export function patientTimeout(ms: number, keep: (timer: NodeJS.Timeout) => void, giveUp: () => void): void {
  const wait = (part: number, then: () => void) => keep(setTimeout(then, ms * part));
  wait(FIRST_PART, () => wait(1 - FIRST_PART, () => setImmediate(giveUp)));
}
