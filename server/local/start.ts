import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { ConfigError } from '../config.ts';
import { addressesOf } from '../util/addresses.ts';
import { StartError } from './claim.ts';
import { LocalStack } from './local-stack.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
// One Ctrl-C sends SIGINT twice within moments: the terminal does, and npm passes on its own.
const SAME_SIGNAL_MS = 500;
const PARENT_CHECK_MS = 1_000;

const startedAt = performance.now();
const say = (line: string) => console.log(`[${((performance.now() - startedAt) / 1000).toFixed(1)} s] ${line}`);

const stack = new LocalStack({
  env: process.env,
  // `npm start -- some/folder` keeps the data there.
  directory: path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '../../.data')),
  progress: say,
  onLoss: (message) => {
    console.error(message);
    void end(1);
  },
});

let endingSince: number | undefined;

/** Stops everything and exits, whatever is still running in this process. */
async function end(exitCode: number): Promise<void> {
  endingSince ??= performance.now();
  try {
    await stack.close();
    process.exit(exitCode);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

function onSignal(reason: string): void {
  if (endingSince === undefined) {
    say(`${reason}: stopping the server, PostgreSQL and Redis (again to stop at once)`);
    void end(0);
  } else if (performance.now() - endingSince > SAME_SIGNAL_MS) {
    stack.abandon();
    process.exit(1);
  }
}

for (const signal of SIGNALS) process.on(signal, () => onSignal(signal));

// If npm, which started this process, was killed, no Ctrl-C reaches it any more.
if (process.env['npm_lifecycle_event'] !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && endingSince === undefined) onSignal('npm is gone');
  }, PARENT_CHECK_MS).unref();
}

try {
  const { here, elsewhere } = addressesOf(await stack.start(), networkInterfaces());
  say(`SyncKairos runs at ${here} (Ctrl-C stops it)`);
  for (const url of elsewhere) say(`on other devices: ${url}`);
} catch (error) {
  if (endingSince === undefined) {
    const isForUser = error instanceof ConfigError || error instanceof StartError;
    console.error(isForUser ? `npm start: ${error.message}` : error);
    await end(1);
  }
}
