// Loaded into processes that are weighed (weights.ts): at SIGUSR2, what they hold right after a full collection, as a
// line of JSON. Plain JavaScript: it is loaded before anything that could compile it.
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
