/**
 * The thinnest program that lets something run out by way of Redis: a timer every four milliseconds, a read, a write.
 * Tells how late it was.
 */
import { lookInto } from '../kit/redis.ts';

const EVERY_MS = 4;

const redis = lookInto(process.env['REDIS_URL'] ?? '');
const late: number[] = [];
let due = performance.now() + EVERY_MS;

async function run(at: number): Promise<void> {
  await redis.get('bare-timer');
  await redis.set('bare-timer', at);
  late.push(performance.now() - at);
}

function tick(): void {
  for (; due <= performance.now(); due += EVERY_MS) void run(due);
  setTimeout(tick, due - performance.now());
}

process.on('SIGTERM', () => process.stdout.write(JSON.stringify(late), () => process.exit(0)));
// Says that it runs: a signal before now would end it without figures. JSON may begin with a new line.
process.stdout.write('\n');
tick();
