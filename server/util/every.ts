import { setTimeout as wait } from 'node:timers/promises';

/**
 * Does `work` again and again until the signal aborts, each time `ms` after the time before it ended. `failed` is told
 * when the work throws; the next time comes all the same. Waiting keeps no process alive. Never rejects, and ends with
 * the work in hand.
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
