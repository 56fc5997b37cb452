// The thread of watchdog.ts. Sleeps until the event loop of the instance was silent for too long; then it writes marks
// of life until the loop is back. It imports what that needs only then, since every instance has such a thread and
// hardly ever needs it.
import { createRequire } from 'node:module';
import { workerData } from 'node:worker_threads';

/** @type {import('./watchdog.ts').WatchdogData} */
const { stamps, blockedMs, fromSources } = workerData;

/** @returns {Promise<import('./stand-in.ts')>} */
async function load() {
  // A variable, so that a type check of the sources does not look for the built file.
  const built = './stand-in.js';
  if (!fromSources) return import(built);
  // The thread does not inherit the process's loader for TypeScript; the one for `require` starts fastest.
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
