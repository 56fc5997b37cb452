import { inspect } from 'node:util';
import type { Context } from 'mocha';
import { stopServices } from './services.ts';
import { wireCheck } from './wire-check.ts';

const HANDLE_DEADLINE_MS = 15_000;

const wireFaults: string[] = [];
/** What was said of each promise that was rejected and that nobody handled. */
const rejections = new Map<Promise<unknown>, string>();
let lastTest = 'before the first test';

// Node would end the process, but Mocha listens too, which Node takes for handling, and then emits the event again.
process.on('unhandledRejection', (reason: unknown, promise) => rejections.set(promise, `${lastTest}: ${inspect(reason)}`));
// Somebody who began several things and waits for the first of them handles the others later.
process.on('rejectionHandled', (promise) => rejections.delete(promise));

/** Mocha calls these around every test of the run. */
export const mochaHooks = {
  beforeEach(this: Context): void {
    lastTest = this.currentTest?.fullTitle() ?? '';
  },
  /**
   * Notes the test during which a client received something that the AsyncAPI document lacks. It does not throw, since
   * a hook that throws ends the whole run.
   */
  afterEach(this: Context): void {
    const [first] = wireCheck.take();
    if (first !== undefined) wireFaults.push(`${this.currentTest?.fullTitle() ?? ''}: ${first}`);
  },
};

/** Mocha calls it once, after all tests of the run. An error fails the run. */
export async function mochaGlobalTeardown(): Promise<void> {
  await stopServices();
  failOnOpenHandles();
  const faults = [...wireFaults, ...wireCheck.take()];
  if (faults.length > 0) throw new Error(`Clients received what the AsyncAPI document lacks:\n${faults.join('\n')}`);
  if (rejections.size > 0) throw new Error(`Nobody handled these rejections:\n${[...rejections.values()].join('\n')}`);
}

/**
 * A process with nothing left to do ends by itself. One that still runs after a few seconds holds a socket, a timer or
 * a child that some test left open, which is a bug of that test or of what it tests: fail the run and name the handle.
 */
function failOnOpenHandles(): void {
  const watchdog = setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    console.error(`\nThe tests left handles open: ${open}\nRun the files one by one to find out which.`);
    // Mocha sets the exit code to the number of failed tests in an exit listener of its own, so ours has to come after.
    process.on('exit', () => {
      process.exitCode = 1;
    });
    process.exit(1);
  }, HANDLE_DEADLINE_MS);
  watchdog.unref();
}
