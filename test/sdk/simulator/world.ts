/**
 * A device, a network and a server in simulated time: nothing waits, and everything follows from a seed. All instants
 * are milliseconds.
 */
import { sampleOf } from '../../../client-sdk/src/clock-filter.ts';
import { ClockSync, type ClockStatus } from '../../../client-sdk/src/clock-sync.ts';
import type { DeviceClock } from '../../../client-sdk/src/device-clock.ts';

/** What a server's clock shows at the world's beginning, and how far off it may say it is. */
const SERVER_EPOCH = 1_763_812_345_678.25;
const SERVER_BOUND = 0.5;

/** Uniform numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Network {
  /** Shortest way there and back. */
  there: number;
  back: number;
  /** Mean of the exponential queueing, each way. */
  jitter: number;
  /** How often a packet meets a spike, and how long that is at most. */
  spikes: { share: number; most: number };
}

export interface Scenario {
  name: string;
  network: Network;
  hours: number;
  /** How much faster the device's crystal runs, as a ratio. */
  drift?: number;
  sleep?: { at: number; lasts: number };
  step?: { at: number; by: number };
}

export class World {
  readonly sync: ClockSync;
  readonly #scenario: Scenario;
  readonly #random: () => number;
  #time = 0;
  #slept = 0;
  #queue: { at: number; run: () => void }[] = [];

  constructor(scenario: Scenario, seed: number, onSync: (status: ClockStatus) => void = () => undefined) {
    this.#scenario = scenario;
    this.#random = seeded(seed);
    this.sync = new ClockSync({
      clock: this.clock,
      random: this.#random,
      exchange: async () => {
        const sentAt = this.clock.monotonic();
        const { there, back } = this.delays(this.#random);
        await this.#elapse(there);
        const serverReceivedAt = this.serverTime() + SERVER_BOUND * (2 * this.#random() - 1);
        await this.#elapse(back);
        return sampleOf(sentAt, serverReceivedAt, serverReceivedAt, this.clock.monotonic(), SERVER_BOUND);
      },
      onSync,
    });
  }

  /** The device's clocks: the monotonic one stands still while it sleeps. Both run at the pace of its crystal. */
  readonly clock: DeviceClock = {
    monotonic: () => (this.#time - this.#slept) * this.#pace,
    wall: () => SERVER_EPOCH + 4_000 + this.#time * this.#pace,
    timer: (run, ms) => this.#after(ms / this.#pace, run),
  };

  get time(): number {
    return this.#time;
  }

  serverTime(at = this.#time): number {
    const { step } = this.#scenario;
    return SERVER_EPOCH + at + (step !== undefined && at >= step.at ? step.by : 0);
  }

  /** How long a packet takes there, and its answer back. */
  delays(random: () => number): { there: number; back: number } {
    const { there, back, jitter, spikes } = this.#scenario.network;
    const queue = (): number => -jitter * Math.log(1 - random()) + (random() < spikes.share ? spikes.most * random() : 0);
    return { there: there + queue(), back: back + queue() };
  }

  /** Lets the world run until `time`, with the device asleep where the scenario says so. */
  async runUntil(time: number): Promise<void> {
    const { sleep } = this.#scenario;
    if (sleep !== undefined && this.#slept === 0 && this.#time >= sleep.at) {
      this.#slept = sleep.lasts;
      this.#time += sleep.lasts;
      for (const event of this.#queue) event.at += sleep.lasts;
    }
    for (;;) {
      const next = this.#queue.reduce<{ at: number; run: () => void } | undefined>(
        (a, b) => (a === undefined || b.at < a.at ? b : a),
        undefined,
      );
      if (next === undefined || next.at > time) break;
      this.#queue = this.#queue.filter((event) => event !== next);
      this.#time = Math.max(this.#time, next.at);
      next.run();
      // Promises settle between two events, as they do between two turns of an event loop.
      await new Promise(setImmediate);
    }
    this.#time = Math.max(this.#time, time);
  }

  get #pace(): number {
    return 1 + (this.#scenario.drift ?? 0);
  }

  #after(ms: number, run: () => void): () => void {
    const event = { at: this.#time + ms, run };
    this.#queue.push(event);
    return () => {
      this.#queue = this.#queue.filter((other) => other !== event);
    };
  }

  #elapse(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#after(ms, resolve));
  }
}
