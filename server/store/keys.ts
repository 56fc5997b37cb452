import type { CommandKey } from '../engine/ports.ts';
import { PARTITIONS, partitionOf } from '../domain/partitions.ts';

/**
 * The names of all keys in Redis. All keys that one script uses share a hash tag, so that they are on one node of a
 * cluster: sessions are spread over a fixed number of partitions. `/` separates names from ids, because no id may
 * contain it. `prefix` is `sk` unless several services share one Redis.
 */
export function createKeys(prefix: string) {
  const partition = (index: number) => `${prefix}:{${index}}`;
  // Made once, since each command uses some of them.
  const partitions = Array.from({ length: PARTITIONS }, (_, index) => ({
    /**
     * Sorted set of session ids by the instant, Unix ms, at which something is due: a warning, or an expiry at the end
     * of its grace.
     */
    dueSet: `${partition(index)}:agenda`,
    /** Stream of events on their way to the audit trail. */
    outbox: `${partition(index)}:outbox`,
    /** Since when idle sessions are kept, and in which run of Redis and for how long (kept-since.lua). */
    keeping: `${partition(index)}:keeping`,
  }));
  const keysOf = (index: number) => partitions[index] ?? unknownPartition(index);
  return {
    partition: keysOf,
    session(sessionId: string) {
      const index = partitionOf(sessionId);
      const { dueSet, outbox } = keysOf(index);
      return {
        dueSet,
        outbox,
        /**
         * One text. Its first line has the facts: version, epoch, status, type of the last event, run of Redis that
         * took the last commit, hash of the last event, the version before an unbroken series of expiries, armed
         * warning thresholds, tokens of the last commits. Then follows the state as JSON; nothing if the session was
         * deleted. A last line is there if turns can be taken back, and holds what that needs (undo.ts).
         */
        session: `${partition(index)}:s/${sessionId}`,
        /** Hash of the pieces of a large state (layout.ts): `p0`, `p1`, … */
        pieces: `${partition(index)}:p/${sessionId}`,
        /** Hash of the valid share links, by their ids. */
        grants: `${partition(index)}:g/${sessionId}`,
        /** The idempotency record of a `command_id` of one sender (senderOf). */
        command: ({ id, sender }: Pick<CommandKey, 'id' | 'sender'>) =>
          `${partition(index)}:c/${sessionId}/${sender === undefined ? '' : `${sender}/`}${id}`,
        /** When somebody was last connected, Unix ms. */
        seen: `${partition(index)}:seen/${sessionId}`,
        /** The join code that was made last for a way in. */
        code: (way: string, participant: string | null) => `${partition(index)}:j/${sessionId}/${way}/${participant ?? ''}`,
        /** When the switch limit of a sender (senderOf) is full again. */
        switches: (sender: string) => `${partition(index)}:rb/${sessionId}/${sender}`,
      };
    },
    /** How many requests an address has made in the present minute. */
    requests: (address: string) => `${prefix}:rl/${address}`,
    /** What a join code leads to. */
    code: (code: string) => `${prefix}:j/${code}`,
    /** When the limit of codes that a sender (senderOf) makes is full again. */
    codesBy: (sender: string) => `${prefix}:jm/${sender}`,
    /** When the limit of wrong codes is full again: of an address, and of all addresses. */
    wrongCodes: (address: string) => `${prefix}:jw/${address}`,
    allWrongCodes: `${prefix}:jw`,
    /**
     * Sorted set of an owner's claims to places, `<session id>/<token>`, by the instant at which they were made, Unix
     * ms.
     */
    ownedBy: (owner: string) => `${prefix}:o/${owner}`,
    /** Nothing is stored here: the clock of the node that has this key is the one clock. */
    clock: `${prefix}:clock`,
    /** The last mark of life of any instance, by the one clock; and the gaps between such marks. */
    mark: `{${prefix}:clock}:mark`,
    outages: `{${prefix}:clock}:outages`,
    /**
     * Which process relays the outbox to the audit queue. Kept on the queue's node of a cluster: without that node
     * there is nothing to relay to.
     */
    relayLease: `{${prefix}}:relay`,
  };
}

function unknownPartition(index: number): never {
  throw new RangeError(`no partition ${index}`);
}
