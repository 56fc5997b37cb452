import type { RedisClient } from './connection.ts';
import { PARTITIONS } from '../domain/partitions.ts';
import { every } from '../util/every.ts';
import { createKeys } from './keys.ts';
import { timeAt } from './time.ts';

const INTERVAL_MS = 1_000;
const KEPT_SAMPLES = 5;

/** How far the clocks of the nodes that check commits are ahead of the one clock, in whole ms. */
export interface Skew {
  /**
   * The skew of the node with a partition. Rounded down by its uncertainty, so that what is due by the one clock is due
   * on that node as well.
   */
  of(partition: number): number;
  /**
   * Measures the skew of a partition anew, after a commit was refused for its time. Throws when Redis does not answer.
   */
  measure(partition: number): Promise<void>;
  close(): Promise<void>;
}

interface Sample {
  skew: number;
  /** Half the round trip, ms. */
  uncertainty: number;
}

/** The skew of a single server, whose clock is the one clock. */
export const NO_SKEW: Skew = { of: () => 0, measure: async () => {}, close: async () => {} };

/**
 * Follows the clocks of a cluster's masters, by one sample of each partition a second. Of the last samples the one with
 * the shortest round trip counts, as for the one clock (`now`, Unix ms). A sample that contradicts it replaces all
 * earlier ones: another master took over, or somebody set a clock.
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
    // One after the other, because a sample that waits behind others is less accurate. A partition whose master does
    // not answer is measured in a later round.
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
