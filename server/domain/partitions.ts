/**
 * Sessions are spread over a fixed number of partitions; all keys of a partition are on one node of a Redis Cluster.
 */
export const PARTITIONS = 16;

/**
 * The partition of a session: FNV-1a over its id, which spreads similar ids well and needs no table. See
 * http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function partitionOf(sessionId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < sessionId.length; i++) {
    hash = Math.imul(hash ^ sessionId.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % PARTITIONS;
}
