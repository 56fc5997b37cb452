import type { Outage } from '../domain/outage.ts';
import type { Marks } from '../engine/ports.ts';
import type { Logger } from '../observability/logger.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { reachable } from './reachable.ts';
import { loadScript, runScript } from './script.ts';
import { openWatchdog, type WatchdogOptions } from './watchdog.ts';

const MARK = loadScript('mark');

/** The shortest gap between marks of all instances that counts as an outage, and how many outages are kept. */
const OUTAGE_MS = 3_000;
const OUTAGES_KEPT = 100;
const ALIVE_MS = 500;

/**
 * Writes a mark of life of this instance. Returns the known outages, oldest first. Throws StoreUnavailableError when
 * Redis does not answer or refuses.
 */
export function mark(redis: RedisClient, keyPrefix: string): Promise<Outage[]> {
  const keys = createKeys(keyPrefix);
  return reachable(async () => {
    const outages = await runScript(redis, MARK, [keys.mark, keys.outages], [OUTAGE_MS, OUTAGES_KEPT]);
    return (outages as string[]).map(toOutage);
  });
}

/** `from-to` as mark.lua writes it. */
function toOutage(text: string): Outage {
  const [from, to] = text.split('-').map(Number);
  return { from: from ?? 0, to: to ?? 0 };
}

/** An instance's marks of life, which a watchdog goes on writing while the event loop is blocked. */
export function openMarks(redis: RedisClient, options: WatchdogOptions, logger: Logger): Marks {
  const watchdog = openWatchdog(options, logger);
  return {
    async mark() {
      watchdog.stamp();
      // Redis may take longer than the watchdog waits; the loop counts as alive meanwhile.
      const alive = setInterval(() => watchdog.stamp(), ALIVE_MS);
      try {
        return await mark(redis, options.keyPrefix);
      } finally {
        clearInterval(alive);
        watchdog.stamp();
      }
    },
    alive: () => watchdog.stamp(),
    close: () => watchdog.close(),
  };
}
