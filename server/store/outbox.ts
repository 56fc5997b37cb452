import type { Outbox, OutboxEntry } from '../audit/outbox-port.ts';
import { PARTITIONS } from '../domain/partitions.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { joinState } from './layout.ts';
import { loadScript, runScript } from './script.ts';

const ACQUIRE = loadScript('acquire-lease');
const RELEASE = loadScript('release-lease');
const READ = loadScript('read-outbox');
const OLDEST = loadScript('oldest-event');

/** Most bytes of one reply: an entry of a large session has half a megabyte, and a reply is in memory as a whole. */
const READ_BYTES = 1024 * 1024;

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
      const reply = await runScript(redis, READ, [keys.partition(partition).outbox], [count, READ_BYTES]);
      const [entries, more] = reply as [StreamEntry[], number];
      return { entries: entries.map(toEntry), more: more === 1 };
    },
    async oldest(partition) {
      return (await runScript(redis, OLDEST, [keys.partition(partition).outbox], [])) as string | null;
    },
    async remove(partition, ids) {
      if (ids.length > 0) await redis.xdel(keys.partition(partition).outbox, ...ids);
    },
  };
}

type StreamEntry = [id: string, fields: string[]];

/**
 * Reads a stream entry. The commit script writes its fields in this order: event, state, pieces of the state if it has
 * any.
 */
export function toEntry([id, [, event = '', , state = '', ...pieces]]: StreamEntry): OutboxEntry {
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
