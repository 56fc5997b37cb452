import { setTimeout as wait } from 'node:timers/promises';

/** Does something so many times, one each `ms` by the clock, and resolves when all of them are done. */
export async function every<Result>(ms: number, times: number, work: (n: number) => Promise<Result>): Promise<Result[]> {
  const begun = performance.now();
  const all: Promise<Result>[] = [];
  for (let n = 0; n < times; n++) {
    await wait(Math.max(0, begun + n * ms - performance.now()));
    all.push(work(n));
  }
  return Promise.all(all);
}
