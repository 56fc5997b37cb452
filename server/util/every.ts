import { setTimeout as wait } from 'node:timers/promises';

/**
 * Repeats `work` until the signal aborts, each time `ms` after the previous time ended. Calls `failed` with an error of
 * the work and goes on. Waiting keeps no process alive. Never rejects, and resolves when the present work has ended.
 */
export async function every(
  ms: number,
  signal: AbortSignal,
  work: () => Promise<unknown>,
  failed: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await wait(ms, undefined, { signal, ref: false });
      await work();
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
  }
}
