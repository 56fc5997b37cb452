import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Calls a function repeatedly until it returns something other than false and undefined, and returns that. Rejects at
 * the deadline.
 */
export async function until<Answer>(what: string, ask: () => Promise<Answer | undefined | false>, deadlineMs = 60_000): Promise<Answer> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await wait(POLL_MS);
  }
}
