import type { Outbox, OutboxEntry } from '../engine/ports.ts';
import { PARTITIONS } from '../domain/partitions.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { joinState } from './layout.ts';
import { loadScript, runScript } from './script.ts';

const ACQUIRE = loadScript('acquire-lease');
const RELEASE = loadScript('release-lease');

/** The outbox of all sessions: one stream a partition, written by the commit script. */
export function createOutbox(redis: RedisClient, keyPrefix: string): Outbox {
  const keys = createKeys(keyPrefix);
  return {
    partitions: PARTITIONS,
    async acquireLease(holder, ttlMs) {
      return (await runScript(redis, ACQUIRE, [keys.relayLease], [holder, ttlMs])) === 1;
    },
    async releaseLease(holder) {
      await runScript(redis, RELEASE, [keys.relayLease], [holder]);
    },
    async read(partition, count) {
      const entries = await redis.xrange(keys.partition(partition).outbox, '-', '+', 'COUNT', count);
      return entries.map(toEntry);
    },
    async remove(partition, ids) {
      if (ids.length > 0) await redis.xdel(keys.partition(partition).outbox, ...ids);
    },
  };
}

/** Fields come in the order in which the commit script wrote them: event, then state, then its pieces if it has any. */
function toEntry([id, [, event = '', , state = '', ...pieces]]: [string, string[]]): OutboxEntry {
  return {
    id,
    event,
    state:
      pieces.length === 0
        ? state
        : joinState(
            state,
            pieces.filter((_, index) => index % 2 === 1),
          ),
  };
}
