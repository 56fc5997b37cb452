import { stopServices } from './services.ts';

const HANDLE_DEADLINE_MS = 5_000;

/** Mocha calls it once, after all tests of the run. */
export async function mochaGlobalTeardown(): Promise<void> {
  await stopServices();
  failOnOpenHandles();
}

/**
 * A process with nothing left to do ends by itself. One that is still there after a few seconds was left a socket, a timer or a child by some test,
 * which is a bug of that test or of what it tested: fail the run and say what it is.
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
