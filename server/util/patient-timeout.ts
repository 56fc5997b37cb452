/** The parts of the time before the last one, which begins when the loop has looked at its timers after them. */
export const FIRST_PART = 0.75;

/**
 * Calls `giveUp` when an answer is `ms` late, and never before the event loop had a chance to read it. Timers that came
 * due while the loop was blocked fire before anything is read, so after a blocked loop an ordinary timer gives up on
 * answers that are already there; worse, the question may only have left now. Hence two timers one after the other, of
 * which a blocked loop can swallow the first, and a last turn in which what arrived is read.
 *
 * `keep` takes each timer, so that the caller can clear the present one. In the last turn there is none to clear:
 * `giveUp` has to look whether it is still asked.
 */
export function patientTimeout(ms: number, keep: (timer: NodeJS.Timeout) => void, giveUp: () => void): void {
  const wait = (part: number, then: () => void) => keep(setTimeout(then, ms * part));
  wait(FIRST_PART, () => wait(1 - FIRST_PART, () => setImmediate(giveUp)));
}
