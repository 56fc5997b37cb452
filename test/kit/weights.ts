import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { freshDirectory } from './services.ts';
import { until } from './until.ts';

/**
 * What a process holds right after a full garbage collection, bytes and counts. `heap` includes buffers outside V8's
 * own.
 */
export type Weight = Record<'heap' | 'rss' | 'handles' | 'timers' | 'files', number>;

const WEIGHED_WITHIN_MS = 30_000;

/** Measures the memory of processes of a test from within, without code in the server: start them with `settings`. */
export class Weights {
  readonly settings: Record<string, string>;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.settings = { NODE_OPTIONS: `--import ${path.resolve(import.meta.dirname, 'weigh.js')}`, WEIGH_DIRECTORY: directory };
  }

  static async open(): Promise<Weights> {
    const directory = await freshDirectory('weights');
    await mkdir(directory, { recursive: true });
    return new Weights(directory);
  }

  /** The present weights of each process that runs with these settings, by process id. */
  async take(): Promise<Map<number, Weight>> {
    const weights = new Map<number, Weight>();
    for (const name of (await readdir(this.#directory)).toSorted()) {
      const pid = Number(path.parse(name).name);
      const lines = async () => (await readFile(path.join(this.#directory, name), 'utf8')).split('\n').slice(0, -1);
      const before = (await lines()).length;
      if (!isAlive(pid)) throw new Error(`process ${pid} has ended`);
      process.kill(pid, 'SIGUSR2');
      const line = await until(`process ${pid} is weighed`, async () => (await lines())[before], WEIGHED_WITHIN_MS);
      weights.set(pid, JSON.parse(line) as Weight);
    }
    return weights;
  }

  /** The present weights of the only such process. */
  async takeOne(): Promise<Weight> {
    const [weight] = (await this.take()).values();
    if (weight === undefined) throw new Error('no process has these settings');
    return weight;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
