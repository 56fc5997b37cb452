import { setTimeout as wait } from 'node:timers/promises';

/**
 * Does something so many times, `ms` after each other or a little later, and resolves when all of them are done. A
 * process that was held up does not catch up, since that would be faster than the pace.
 */
export async function every<Result>(ms: number, times: number, work: (n: number) => Promise<Result>): Promise<Result[]> {
  const all: Promise<Result>[] = [];
  for (let n = 0; n < times; n++) {
    if (n > 0) await wait(ms);
    all.push(work(n));
  }
  return Promise.all(all);
}
