// Preloaded into a process (NODE_OPTIONS=--import=…): SIGUSR2 blocks its event loop for BLOCK_MS, as a long computation
// would. The file BLOCK_FILE exists meanwhile.
import { rmSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const { BLOCK_MS, BLOCK_FILE = '' } = process.env;

if (isMainThread) {
  process.on('SIGUSR2', () => {
    writeFileSync(BLOCK_FILE, '');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(BLOCK_MS));
    rmSync(BLOCK_FILE);
  });
}
