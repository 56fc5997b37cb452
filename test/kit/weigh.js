// Preloaded into processes that weights.ts measures: at SIGUSR2 it writes what the process holds right after a full
// garbage collection, as a line of JSON. It is JavaScript, since it is loaded before any compiler.
import { appendFileSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');
  const file = `${process.env['WEIGH_DIRECTORY']}/${process.pid}.jsonl`;
  appendFileSync(file, '');
  process.on('SIGUSR2', () => {
    collectGarbage();
    const { heapUsed, external, rss } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo();
    const timers = resources.filter((kind) => kind === 'Timeout' || kind === 'Immediate').length;
    const handles = resources.length - timers;
    const files = readdirSync('/proc/self/fd').length;
    appendFileSync(file, `${JSON.stringify({ heap: heapUsed + external, rss, handles, timers, files })}\n`);
  });
}
