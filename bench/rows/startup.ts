import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startPrivateRedis } from '../../server/local/private-redis.ts';
import { freePort } from '../../server/local/free-port.ts';
import { bounded, compare, type Measure, noted, takeTurns } from '../kit/compare.ts';
import type { Row, RowOptions } from '../kit/row.ts';
import type { Side, Stage } from '../kit/stage.ts';
import { median } from '../kit/statistics.ts';

const ROUNDS = { full: 6, smoke: 1 };
const READY_MS = 1_000;
const COLD_S = 10;
const READY_DEADLINE_MS = 20_000;
const POLL_MS = 5;
const COLD_DEADLINE_MS = 60_000;
/**
 * How long Redis is away, ms. An instance pauses longer between its tries the longer that takes; the longest of these
 * is beyond the longest pause, and within the ten seconds after which an instance gives up.
 */
const WAITED_MS = { full: [500, 2_000, 6_000, 8_000], smoke: [500] };

/** From the start of the process until it is ready, ms. */
async function start(stage: Stage, side: Side): Promise<number> {
  const began = performance.now();
  const program = side === 'service' ? await stage.service() : await stage.switchControl();
  const took = performance.now() - began;
  await program.stop();
  return took;
}

/**
 * An instance that has waited for Redis for so long: from the first answer of Redis until the instance is ready, ms.
 */
async function afterRedis(stage: Stage, waitedMs: number): Promise<number> {
  const port = await freePort();
  const directory = await mkdtemp(path.join(tmpdir(), 'synckairos-bench-late-'));
  const program = await stage.service({ REDIS_URL: `redis://127.0.0.1:${port}` }, false);
  await wait(waitedMs);
  // The instance knows this address already.
  const redis = await startPrivateRedis({ directory, port, withoutPassword: true });
  const began = performance.now();
  try {
    for (const end = began + READY_DEADLINE_MS; performance.now() < end; await wait(POLL_MS)) {
      if (await program.isReady()) return performance.now() - began;
    }
    throw new Error('an instance was not ready in time after Redis');
  } finally {
    await program.stop();
    await redis.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** `npm start` with no data yet, the console page built anew: until it prints its address, seconds. */
async function coldStart(): Promise<number> {
  const directory = await mkdtemp(path.join(tmpdir(), 'synckairos-bench-cold-'));
  const began = performance.now();
  const npm = spawn('npm', ['start', '--silent', '--', directory], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: '0', REDIS_URL: '', DATABASE_URL: '' },
  });
  const ended = new Promise<void>((resolve) => npm.once('exit', () => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      npm.stdout.on('data', (text: Buffer) => text.includes('runs at') && resolve());
      void ended.then(() => reject(new Error('npm start ended')));
      setTimeout(() => reject(new Error('npm start took more than a minute')), COLD_DEADLINE_MS).unref();
    });
    return (performance.now() - began) / 1000;
  } finally {
    npm.kill('SIGINT');
    await ended;
    await rm(directory, { recursive: true, force: true });
  }
}

/** Waits until something listens. */
export const startupRow: Row = {
  name: 'startup',
  title: 'Start-up',
  async run(stage, { smoke, progress }: RowOptions) {
    const rounds = smoke ? ROUNDS.smoke : ROUNDS.full;
    const plan = { rounds, turns: 1 };
    const started = await takeTurns(plan, (side) => start(stage, side), progress);
    const late: number[] = [];
    for (const waitedMs of smoke ? WAITED_MS.smoke : WAITED_MS.full) late.push(await afterRedis(stage, waitedMs));
    progress('an instance that waited for Redis');
    const measures: Measure[] = [
      compare('an instance, from its start to ready', 'ms', started, median),
      bounded(noted('an instance that waited, ready after Redis: median', 'ms', median(late)), READY_MS),
      bounded(noted('the same, the longest', 'ms', Math.max(...late)), READY_MS),
    ];
    // `npm start` builds the page, which alone takes seconds.
    if (!smoke) measures.push(bounded(noted('npm start without any data, to its address', 's', await coldStart()), COLD_S));
    return measures;
  },
};
