import { RedisClock } from '../engine/clock.ts';
import { createKeys } from '../store/keys.ts';
import { followSkew } from '../store/skew.ts';
import { timeAt } from '../store/time.ts';
import type { Base } from './base.ts';
import type { RedisPart } from './redis.ts';

export type ClockPart = Awaited<ReturnType<typeof openClock>>;

/**
 * Begins to follow the clock of Redis and, in a cluster, those of its masters. Throws when Redis does not answer; then
 * it leaves nothing running.
 */
export async function openClock({ config, logger, metrics }: Base, redis: RedisPart) {
  const clock = new RedisClock(() => timeAt(redis.clock, createKeys(config.KEY_PREFIX).clock), logger, metrics);
  const now = () => clock.now();
  await clock.start();
  const skew = await followSkew(redis.clock, config.KEY_PREFIX, now);
  return {
    clock,
    /** Unix ms of the one clock. */
    now,
    skew,
    /** Stops following. Resolves when no request for the time is left. Never rejects. */
    async close(): Promise<void> {
      await Promise.all([skew.close(), clock.close()]);
    },
  };
}
