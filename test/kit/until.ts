import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Asks again and again until the answer is something (neither false nor undefined), and returns it. Rejects at the
 * deadline.
 */
export async function until<Answer>(what: string, ask: () => Promise<Answer | undefined | false>, deadlineMs = 5_000): Promise<Answer> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await wait(POLL_MS);
  }
}
