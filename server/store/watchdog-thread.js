// The thread of watchdog.ts. Sleeps until the event loop of the instance was silent for too long; then another thread makes its marks, until the loop is back.
// It imports nothing else, since each instance has one that is hardly ever needed.
import { Worker, workerData } from 'node:worker_threads';

/** @type {import('./watchdog.ts').WatchdogData} */
const { stamps, blockedMs, standIn } = workerData;

for (;;) {
  const seen = Atomics.load(stamps, 0);
  if (Atomics.wait(stamps, 0, seen, blockedMs) !== 'timed-out') continue;
  await new Promise((resolve, reject) => {
    const thread = new Worker(standIn.code, { eval: true, execArgv: standIn.execArgv, workerData: { ...workerData, seen } });
    thread.on('error', reject);
    thread.on('exit', resolve);
  });
}
