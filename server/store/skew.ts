import type { RedisClient } from './connection.ts';
import { PARTITIONS } from '../domain/partitions.ts';
import { every } from '../util/every.ts';
import { createKeys } from './keys.ts';
import { timeAt } from './time.ts';

const INTERVAL_MS = 1_000;
const KEPT_SAMPLES = 5;

/** How far the clocks by which commits are guarded are ahead of the one clock, in whole ms. */
export interface Skew {
  /**
   * That of the node with a partition; too low by its uncertainty, so that what is due by the one clock is due there as
   * well.
   */
  of(partition: number): number;
  /** Measures a partition's anew, where a commit was refused for its time. Throws when Redis can't be asked. */
  measure(partition: number): Promise<void>;
  close(): Promise<void>;
}

interface Sample {
  skew: number;
  /** Half the round trip, ms. */
  uncertainty: number;
}

/** Of one server, whose clock is the one clock. */
export const NO_SKEW: Skew = { of: () => 0, measure: async () => {}, close: async () => {} };

/**
 * Follows the clocks of a cluster's masters, by a sample of each partition a second. As with the one clock (`now`, Unix
 * ms) the sample with the shortest round trip counts; one that contradicts it begins anew, since another master took
 * over or somebody set a clock.
 */
export async function followSkew(redis: RedisClient, keyPrefix: string, now: () => number): Promise<Skew> {
  if (!redis.isCluster) return NO_SKEW;
  const keys = createKeys(keyPrefix);
  const samples: Sample[][] = Array.from({ length: PARTITIONS }, () => []);
  const bestOf = (partition: number) =>
    samples[partition]?.reduce<Sample | undefined>(
      (best, sample) => (best !== undefined && best.uncertainty < sample.uncertainty ? best : sample),
      undefined,
    );
  const measure = async (partition: number): Promise<void> => {
    const sent = now();
    const time = await timeAt(redis, keys.partition(partition).dueSet);
    const received = now();
    const sample = { skew: time - (sent + received) / 2, uncertainty: (received - sent) / 2 };
    const best = bestOf(partition);
    const contradicts = best !== undefined && Math.abs(sample.skew - best.skew) > sample.uncertainty + best.uncertainty + 1;
    samples[partition] = contradicts ? [sample] : [...(samples[partition] ?? []), sample].slice(-KEPT_SAMPLES);
  };
  const measureAll = async () => {
    // One after the other: a sample that waits behind others tells less. A master that is away is measured when it is
    // back, or another one in its place.
    for (let partition = 0; partition < PARTITIONS; partition++) await measure(partition).catch(() => {});
  };

  const stop = new AbortController();
  await measureAll();
  const following = every(INTERVAL_MS, stop.signal, measureAll, () => {});
  return {
    of(partition) {
      const best = bestOf(partition);
      return best === undefined ? 0 : Math.floor(best.skew - best.uncertainty);
    },
    measure,
    async close() {
      stop.abort();
      await following;
    },
  };
}
