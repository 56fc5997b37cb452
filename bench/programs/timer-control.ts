/**
 * The control of the expiry row: one timer over a heap of deadlines that wakes at each of them and does nothing else.
 */
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import TinyQueue from 'tinyqueue';
import { answer } from './answers.ts';

/** What to arm: deadlines in ms from now, and how many more that stay far away. */
export interface TimerTask {
  offsets: number[];
  far: number;
}

const FAR_MS = 86_400_000;
const TIMEOUT_MAX_MS = 2 ** 31 - 1;
/** How long to wait after the last deadline, ms; a later one is missing from the result, which is then too short. */
const PATIENCE_MS = 1_000;

/** Arms the deadlines and waits. Resolves with the lateness of each in ms, in the order in which they were met. */
async function run({ offsets, far }: TimerTask): Promise<number[]> {
  const from = performance.now();
  const lateness: number[] = [];
  const queue = new TinyQueue<number>([
    ...offsets.map((offset) => from + offset),
    ...Array.from({ length: far }, (_, i) => from + FAR_MS + i),
  ]);
  let timer: NodeJS.Timeout | undefined;
  const fire = () => {
    const now = performance.now();
    while ((queue.peek() ?? Number.POSITIVE_INFINITY) <= now) lateness.push(now - (queue.pop() ?? now));
    const next = queue.peek();
    if (next !== undefined) timer = setTimeout(fire, Math.min(TIMEOUT_MAX_MS, Math.max(0, Math.ceil(next - performance.now()))));
  };
  fire();
  await wait(Math.max(...offsets) + PATIENCE_MS);
  clearTimeout(timer);
  return lateness;
}

answer('run', run);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
createServer((_request, response) => response.end('ready')).listen(Number(process.env['PORT'] ?? '0'), '127.0.0.1');
