/**
 * Runs test files that `test/run.ts` names, one after the other, in one process, so that they share a Redis, a
 * PostgreSQL and the loaded sources. The process ends when it is told that no file is left.
 */
import { readFileSync } from 'node:fs';
import { format } from 'node:util';
import Mocha from 'mocha';
import { parse } from 'yaml';
import { mochaGlobalTeardown, mochaHooks } from './hooks.ts';
import { processorTimeMs } from './processor-time.ts';
import { argumentsFor } from './programs.ts';
import { freshDatabase, redisUrl, stopServices } from './services.ts';

/** What a process is asked for: to run a file, or (without one) to end. */
export interface TestRequest {
  file?: string;
  options: { grep?: string; timeout?: number; forbidOnly?: boolean };
}

/** What came out of one file. */
export interface FileResult {
  file: string;
  passes: number;
  failures: number;
  durationMs: number;
  /** What the file and the processes that it started have used of the processors; undefined where nobody counts it. */
  processorMs: number | undefined;
  /** The usual output, a line for each test. */
  output: string;
  /** Why tests failed, with the numbers that they have in the output. */
  reasons: string;
}

const { Base, Spec } = Mocha.reporters;
const settings = parse(readFileSync(new URL('../../.mocharc.yml', import.meta.url), 'utf8')) as { timeout: number; slow: number };

/** Mocha's usual output without its summary, which comes once for all files. */
class FileReporter extends Spec {
  override epilogue(): void {
    // `test/run.ts` prints it.
  }
}

let printed: string[] = [];
Base.consoleLog = (...line: unknown[]) => void printed.push(format(...line));

const prepared = process.env['TEST_PREPARE'] === undefined ? Promise.resolve() : prepare();
process.on('message', (request: TestRequest) => void answer(request));
// Services that tests start catch SIGTERM, so after an interrupted run this process would go on without its runner.
process.once('disconnect', stopWithoutRunner);

function stopWithoutRunner(): void {
  void stopServices().finally(() => process.exit(1));
}

/** Starts what most files use, so that the first of them does not spend its time on that. */
async function prepare(): Promise<void> {
  await Promise.all([redisUrl(), freshDatabase(), argumentsFor('main')]);
}

async function answer({ file, options }: TestRequest): Promise<void> {
  await prepared;
  if (file !== undefined) {
    const result = await runFile(file, options);
    // If the runner is gone, the message reaches nobody.
    if (process.connected) process.send?.(result);
    return;
  }
  await mochaGlobalTeardown().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
  process.off('disconnect', stopWithoutRunner);
  process.disconnect();
}

async function runFile(file: string, options: TestRequest['options']): Promise<FileResult> {
  const [began, used] = [performance.now(), processorTimeMs()];
  const result = (passes: number, failures: number): FileResult => {
    const durationMs = performance.now() - began;
    const now = processorTimeMs();
    const processorMs = now === undefined || used === undefined ? undefined : now - used;
    return { file, passes, failures, durationMs, processorMs, output: takePrinted(), reasons: '' };
  };
  const { timeout, slow } = settings;
  const mocha = new Mocha({ timeout, slow, reporter: FileReporter, rootHooks: mochaHooks, ...options });
  mocha.addFile(file);
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    return { ...result(0, 1), reasons: format('  the file could not be loaded:\n', error) };
  }
  const failed: Mocha.Test[] = [];
  return new Promise((resolve) => {
    const runner = mocha.run((failures) => {
      const ended = result(runner.stats?.passes ?? 0, failures);
      if (failed.length > 0) Base.list(failed);
      resolve({ ...ended, reasons: takePrinted() });
      // Each runner would go on listening to the process, and pass a rejection that nobody handles to all others, which
      // pass it on again: no process survives that of eighty files.
      runner.dispose();
    });
    runner.on('fail', (test) => void failed.push(test));
  });
}

function takePrinted(): string {
  const text = printed.join('\n');
  printed = [];
  return text;
}
