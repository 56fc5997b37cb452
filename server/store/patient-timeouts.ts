import { replaceTimeouts } from '../internals/ioredis.ts';
import { FIRST_PART, patientTimeout } from '../util/patient-timeout.ts';

/** How long a command may take, ms. */
export const COMMAND_TIMEOUT_MS = 900;

/**
 * Replaces the library's two time-outs (options `commandTimeout` and `socketTimeout`) by patient ones: an instance that
 * was busy must not take its own lateness for trouble of Redis.
 */
export function usePatientTimeouts(): void {
  // Node keeps a list of timers for each duration, and drops it with its last timer. This one keeps the list of the
  // commands' timers, which would otherwise be made and dropped with each command that is alone.
  setInterval(() => {}, COMMAND_TIMEOUT_MS * FIRST_PART).unref();
  replaceTimeouts(patientTimeout);
}
