// The thread of watchdog.ts. Sleeps until the event loop of the instance was silent for too long; then it makes the
// marks of life, until the loop is back. Only then it imports what that takes, since each instance has such a thread
// and hardly ever needs it.
import { createRequire } from 'node:module';
import { workerData } from 'node:worker_threads';

/** @type {import('./watchdog.ts').WatchdogData} */
const { stamps, blockedMs, fromSources } = workerData;

/** @returns {Promise<import('./stand-in.ts')>} */
async function load() {
  // The build is beside this file; a variable, since from the sources it is not.
  const built = './stand-in.js';
  if (!fromSources) return import(built);
  // Of the loaders for TypeScript, which this thread does not have from the process, that for `require` starts fastest.
  const require = createRequire(import.meta.url);
  require('tsx/cjs/api').register();
  return require('./stand-in.ts');
}

for (;;) {
  const seen = Atomics.load(stamps, 0);
  if (Atomics.wait(stamps, 0, seen, blockedMs) !== 'timed-out') continue;
  const { markWhile } = await load();
  await markWhile(() => Atomics.load(stamps, 0) === seen, workerData);
}
