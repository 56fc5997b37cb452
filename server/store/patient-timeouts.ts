import { replaceTimeouts } from '../internals/ioredis.ts';
import { FIRST_PART, patientTimeout } from '../util/patient-timeout.ts';

/** How long a command may take, ms. */
export const COMMAND_TIMEOUT_MS = 900;

/**
 * Replaces the library's two time-outs (options `commandTimeout` and `socketTimeout`) by patient ones, so that an
 * instance whose event loop was blocked does not take its own delay for a fault of Redis.
 */
export function usePatientTimeouts(): void {
  // Node keeps one list of timers for each duration and drops it with its last timer. This timer keeps the list of the
  // command time-outs, which would otherwise be made and dropped with each single command.
  setInterval(() => {}, COMMAND_TIMEOUT_MS * FIRST_PART).unref();
  replaceTimeouts(patientTimeout);
}
