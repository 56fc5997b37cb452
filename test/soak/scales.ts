import type { Redis } from 'ioredis';
import type { Weight, Weights } from '../kit/weights.ts';
import { judge, type Tolerance, type Verdict } from './growth.ts';

const MIB = 1024 * 1024;

const PROCESS_TOLERANCES: Record<keyof Weight, Tolerance> = {
  heap: { share: 0.02, amount: 1.5 * MIB },
  rss: { share: 0.25, amount: 24 * MIB },
  handles: { share: 0.05, amount: 10 },
  // Each command in hand has some.
  timers: { share: 0.25, amount: 100 },
  files: { share: 0.05, amount: 10 },
};

const REDIS_TOLERANCES = {
  memory: { share: 0.25, amount: 3 * MIB },
  // How many there are at a time depends on how busy the machine is.
  sessions: { share: 0.5, amount: 500 },
  commands: { share: 0, amount: 0 },
  agenda: { share: 0.5, amount: 500 },
  other_keys: { share: 0.1, amount: 50 },
  outbox: { share: 0.5, amount: 500 },
  queue_keys: { share: 0.5, amount: 100 },
} satisfies Record<string, Tolerance>;

type Sample = Record<keyof typeof REDIS_TOLERANCES, number>;

/** Weighs the processes of a deployment and its Redis. */
export class Scales {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #weights: Weights;
  readonly #samples: Sample[] = [];
  readonly #processes = new Map<string, Weight[]>();

  constructor(redis: Redis, prefix: string, weights: Weights) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#weights = weights;
  }

  async weigh(): Promise<Sample> {
    for (const [pid, weight] of await this.#weights.take()) {
      const name = `process ${pid}`;
      this.#processes.set(name, [...(this.#processes.get(name) ?? []), weight]);
    }
    const sample = await this.weighRedis();
    this.#samples.push(sample);
    return sample;
  }

  /** Counts what Redis holds, by kind. */
  async weighRedis(): Promise<Sample> {
    const sample: Sample = { memory: 0, sessions: 0, commands: 0, agenda: 0, other_keys: 0, outbox: 0, queue_keys: 0 };
    const add = (kind: keyof Sample, amount: number) => (sample[kind] += amount);
    add('memory', Number(/used_memory:(\d+)/.exec(await this.#redis.info('memory'))?.[1]));
    const stream = this.#redis.scanStream({ match: `*${this.#prefix}*`, count: 1000 }) as AsyncIterable<string[]>;
    for await (const keys of stream) {
      for (const key of keys) {
        if (key.includes(':s/')) add('sessions', 1);
        else if (key.includes(':c/')) add('commands', 1);
        else if (key.endsWith(':outbox')) add('outbox', await this.#redis.xlen(key));
        else if (key.endsWith(':agenda')) add('agenda', await this.#redis.zcard(key));
        else add(key.includes(':audit:') ? 'queue_keys' : 'other_keys', 1);
      }
    }
    return sample;
  }

  /** What was weighed until now was the warming up. */
  begin(): void {
    this.#samples.length = 0;
    this.#processes.clear();
  }

  verdicts(): Verdict[] {
    const of = <Name extends string>(who: string, samples: Record<Name, number>[], tolerances: Record<Name, Tolerance>) =>
      Object.entries<Tolerance>(tolerances).map(([name, tolerance]) =>
        judge(
          `${who} ${name}`,
          samples.map((sample) => sample[name as Name]),
          tolerance,
        ),
      );
    const processes = [...this.#processes].flatMap(([name, samples]) => of(name, samples, PROCESS_TOLERANCES));
    return [...of('redis', this.#samples, REDIS_TOLERANCES), ...processes];
  }
}
