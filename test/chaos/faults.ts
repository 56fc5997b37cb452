import { setTimeout as wait } from 'node:timers/promises';
import type { Deployment, Target } from './deployment.ts';
import type { Chance } from './random.ts';

export const FAULTS = ['kill -9', 'SIGSTOP', 'TCP cut', 'delay', 'clock'] as const;
export type Fault = (typeof FAULTS)[number];

const STOPPED_MS = 5_000;
const CUT_MS = 3_000;
const FALTERING_MS = 500;
const FALTERING_DELAY_MS = 40;
const DELAYED_MS = 5_000;
/** Each way, on every link of the target. */
const DELAY_MS = 200;
const CLOCK_MS = 5_000;
const CLOCK_HOLD_MS = 3_000;

/** Does to a target what the cell says; resolves when it is over and the target runs again. */
export async function inflict(deployment: Deployment, fault: Fault, target: Target, chance: Chance): Promise<void> {
  if (fault === 'kill -9') {
    await deployment.kill(target);
    await wait(chance.integer(0, 1_000));
    await deployment.restart(target);
  } else if (fault === 'SIGSTOP') {
    const pids = await deployment.pidsOf(target);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await wait(STOPPED_MS);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  } else if (fault === 'TCP cut') {
    // Slow before it breaks, so that much is on its way then: commands that took effect and whose answers are lost.
    for (const way of deployment.waysOf(target)) way.delayMs = FALTERING_DELAY_MS;
    await wait(FALTERING_MS);
    for (const way of deployment.waysOf(target)) way.cut();
    await wait(CUT_MS);
    for (const way of deployment.waysOf(target)) {
      way.delayMs = 0;
      way.mend();
    }
  } else if (fault === 'delay') {
    for (const way of deployment.waysOf(target)) way.delayMs = DELAY_MS;
    await wait(DELAYED_MS);
    for (const way of deployment.waysOf(target)) way.delayMs = 0;
  } else {
    const clock = deployment.clocks[target];
    if (clock === undefined) throw new Error('no C compiler (cc) to make a clock that can be set');
    const first = chance.next() < 0.5 ? CLOCK_MS : -CLOCK_MS;
    for (const shift of [first, -first, 0]) {
      await clock.shift(shift);
      if (shift === 0) continue;
      await wait(CLOCK_HOLD_MS);
      const seen = await deployment.wallClockOf(target);
      // The cell is worth something only if the clock really is wrong.
      if (seen !== undefined && Math.abs(seen - Date.now() - shift) > 1_000)
        throw new Error(`the clock of ${target} is not off by ${shift} ms`);
    }
  }
}
