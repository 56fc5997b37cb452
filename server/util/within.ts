import { patientTimeout } from './patient-timeout.ts';

/**
 * What `work` resolves with, or, where that takes longer than `ms`, what `late` returns. Rejects as `work` does, and
 * with what `late` throws. The work itself goes on. A blocked event loop does not make an answer late (patientTimeout).
 */
export async function within<Result, Late>(ms: number, work: Promise<Result>, late: () => Late): Promise<Result | Late> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<void>((resolve) => patientTimeout(ms, (next) => (timer = next), resolve));
  try {
    return await Promise.race([work, timeIsUp.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
