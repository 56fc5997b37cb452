/**
 * `npm test`: runs the test files in seven processes side by side, since most of them wait more than they compute; then
 * those that measure how soon something happens, two at a time; then those that need the whole machine, alone.
 * `npm test -- test/local test/util/gate.test.ts` runs a part. For Mocha's other options: `npx mocha`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { FileResult, TestRequest } from './kit/test-process.ts';

/** These measure how soon something happens. They compute little themselves, so that two of them bear each other. */
const TIMED = [
  // What a second press within 300 ms does.
  'test/console/press.test.ts',
  // How soon a lost part of Redis is noticed.
  'test/failover/shards.test.ts',
];

/** These load the machine themselves, or measure what any other load would change. */
const ALONE = [
  // How late deadlines and clients are, and how many of them an instance bears at once.
  'test/expiry/kill.test.ts',
  'test/clients/large-session.test.ts',
  'test/clients/storm.test.ts',
  // When two pages show that time is up.
  'test/console/deadline.test.ts',
  // How far two clocks are apart, to 5 ms.
  'test/clock/redis-clock.test.ts',
  'test/clock/skew.test.ts',
];

/** The files that take longest. They begin first, so that no process has a long one left when the others are done. */
const LONG = [
  'test/console/time-controls.test.ts',
  'test/console/seven-trades.test.ts',
  'test/console/views.test.ts',
  'test/instances/outage.test.ts',
  'test/failover/failover.test.ts',
  'test/instances/starts.test.ts',
  'test/local/ways-out.test.ts',
  'test/console/setup.test.ts',
  'test/console/trades.test.ts',
  'test/sdk/react/hooks.test.ts',
  'test/local/start.test.ts',
  'test/access/roles.test.ts',
  'test/console/game.test.ts',
  'test/console/expiry.test.ts',
  'test/ops/logs.test.ts',
  'test/webhooks/kills.test.ts',
  'test/chaos/chaos.test.ts',
  'test/corpus/corpus.test.ts',
];

/** Files that wait nearly all of their time, for what ends by itself after seconds. */
const WAITING = [
  'test/limits/work.test.ts',
  'test/http/slow-peers.test.ts',
  'test/recovery/outage.test.ts',
  'test/recovery/blocked.test.ts',
  'test/limits/frames.test.ts',
  'test/audit/cli.test.ts',
  'test/audit/outage.test.ts',
  'test/audit/worker-process.test.ts',
  'test/instances/signals.test.ts',
  'test/failover/lost.test.ts',
  'test/failover/passwords.test.ts',
  'test/sdk/tokens.test.ts',
  'test/sdk/reconnect.test.ts',
  'test/clients/heartbeat.test.ts',
  'test/expiry/idle.test.ts',
];

const root = path.resolve(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string', short: 'g' },
    timeout: { type: 'string' },
    'forbid-only': { type: 'boolean' },
    jobs: { type: 'string', default: '7' },
  },
});
const options: TestRequest['options'] = {
  ...(values.grep === undefined ? {} : { grep: values.grep }),
  ...(values.timeout === undefined ? {} : { timeout: Number(values.timeout) }),
  ...(values['forbid-only'] ? { forbidOnly: true } : {}),
};
type Kind = 'browser' | 'waiting' | 'other';
/**
 * What each process prefers, so that two browsers seldom compute at the same time, and what waits does so beside those
 * who compute.
 */
const PREFERRED: Kind[][] = [
  ['browser'],
  ['waiting', 'other'],
  ['other', 'waiting'],
  ['other', 'waiting'],
  ['other', 'waiting'],
  ['waiting', 'other'],
  ['waiting', 'browser'],
];
const began = performance.now();
const results: FileResult[] = [];
let broken = false;

/** The test files in a folder, or the file itself, as paths from the root. */
function filesIn(name: string): string[] {
  const at = path.resolve(name);
  if (statSync(at).isFile()) return [path.relative(root, at)];
  const inside = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((each) => each.endsWith('.test.ts'));
  return inside.map((each) => path.relative(root, path.join(at, each))).sort();
}

/** Prints what came out of a file when it is done, so that the output of two files never mixes. */
function report(result: FileResult): void {
  results.push(result);
  console.log(`\n${result.file} (${times(result).trim()})\n${result.output.trim()}`);
}

/** How long a file took, and how long a processor worked for it. */
function times({ durationMs, processorMs }: Pick<FileResult, 'durationMs' | 'processorMs'>): string {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1).padStart(5)} s`;
  return seconds(durationMs) + (processorMs === undefined ? '' : `, processor ${seconds(processorMs)}`);
}

/** Where a file stands in the order in which they begin. */
function rank(file: string): number {
  const place = [...LONG, ...WAITING].indexOf(file);
  return place < 0 ? LONG.length + WAITING.length : place;
}

/** What a file does most. A browser computes as long as it is open. */
function kindOf(file: string): Kind {
  if (file.startsWith('test/console/')) return 'browser';
  return WAITING.includes(file) ? 'waiting' : 'other';
}

/** Takes the next file off the queue: of the preferred kinds, in their order, as long as there is one. */
function take(queue: string[], preferred: readonly Kind[]): string | undefined {
  const places = preferred.map((kind) => queue.findIndex((file) => kindOf(file) === kind));
  return queue.splice(Math.max(0, places.find((place) => place >= 0) ?? 0), 1)[0];
}

/** A process of tests; `run` takes files off the queue until it is empty. */
class TestProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  constructor(runFolder: string) {
    // As in production, a larger young generation saves collections.
    const execArgv = ['--max-semi-space-size=32', '--import', 'tsx', '--conditions=development', '--no-experimental-require-module'];
    const env = { ...process.env, TEST_RUN_FOLDER: runFolder, ...(positionals.length === 0 ? { TEST_PREPARE: '1' } : {}) };
    this.#child = fork(path.join(root, 'test/kit/test-process.ts'), { cwd: root, execArgv, env });
    this.#ended = once(this.#child, 'exit');
  }

  async run(queue: string[], preferred: readonly Kind[] = []): Promise<void> {
    for (let file = take(queue, preferred); file !== undefined; file = take(queue, preferred)) {
      const answer = once(this.#child, 'message') as Promise<[FileResult]>;
      this.#child.send({ file, options } satisfies TestRequest);
      const result = await Promise.race([answer, this.#ended.then(() => undefined)]);
      if (result === undefined) return fail(`the process ended in ${file}`);
      report(result[0]);
    }
  }

  /** Stops the services of the process. A handle that its tests left open fails the run. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.send({ options } satisfies TestRequest);
    const [code, signal] = await this.#ended;
    if (code !== 0) fail(`a process of tests ended with ${String(signal ?? code)}`);
  }
}

function fail(why: string): void {
  console.error(`\n${why}`);
  broken = true;
}

function summarize(): void {
  for (const { file, reasons } of results) if (reasons !== '') console.log(`\n${file}\n${reasons}`);
  const slowest = results.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, 10);
  console.log('\nThe slowest files:');
  for (const result of slowest) console.log(`  ${times(result)}  ${result.file}`);
  const passed = results.reduce((sum, { passes }) => sum + passes, 0);
  const failed = results.reduce((sum, { failures }) => sum + failures, 0);
  const [wall, processor] = [performance.now() - began, results.reduce((sum, { processorMs = 0 }) => sum + processorMs, 0)];
  console.log(`\n${passed} passed, ${failed} failed in ${times({ durationMs: wall, processorMs: processor }).trim()}`);
  if (failed > 0 || passed === 0) broken = true;
}

const files = new Set((positionals.length === 0 ? ['test'] : positionals).flatMap(filesIn));
const timed = TIMED.filter((file) => files.has(file));
const alone = ALONE.filter((file) => files.has(file));
const beside = [...files].filter((file) => ![...TIMED, ...ALONE].includes(file)).sort((a, b) => rank(a) - rank(b));
const runFolder = await mkdtemp(path.join(tmpdir(), 'synckairos-tests-'));
const count = Math.max(1, Math.min(Number(values.jobs), beside.length));
const [main, second, ...others] = Array.from({ length: count }, () => new TestProcess(runFolder));
await Promise.all([
  main?.run(beside, PREFERRED[0]),
  second?.run(beside, PREFERRED[1]),
  ...others.map(async (each, index) => {
    await each.run(beside, PREFERRED[index + 2]);
    await each.end();
  }),
]);
await Promise.all([main?.run(timed), second?.run(timed).then(() => second.end())]);
await main?.run(alone);
await main?.end();
const leftOver = [...beside, ...timed, ...alone];
if (leftOver.length > 0) fail(`not run, since a process of tests had ended: ${leftOver.join(', ')}`);
rmSync(runFolder, { recursive: true });
summarize();
process.exitCode = broken ? 1 : 0;
