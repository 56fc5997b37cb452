import type { RedisClient } from '../store/connection.ts';

/** A replica that is well answers within milliseconds. Less than a command may take (connection.ts). */
const ACKNOWLEDGED_MS = 500;
/**
 * A master that has had no replica for so long has lost it; before, its link may just have broken, and the replica may
 * still take over.
 */
const ALONE_MS = 10_000;

/**
 * Makes a write to a node of a cluster sure to survive a failover of that node: what it returns runs the write, and
 * rejects unless a replica has it. A write that was rejected may have taken place. On one server and behind Sentinels
 * the write itself is enough, since what was written before is lost with it or not at all.
 * @param key any key on the node that is written to
 */
export function replicated(redis: RedisClient, key: string): (write: () => Promise<void>) => Promise<void> {
  if (!redis.isCluster) return (write) => write();
  let replicaSeen = performance.now();
  return async (write) => {
    const before = replicationOf(await run(redis.pipeline().exists(key).info('replication')));
    await write();
    // WAIT has no key; EXISTS leads it to the node, and since WAIT counts from the last command of its connection, it
    // covers the write on whatever connection.
    const replies = await run(redis.pipeline().exists(key).wait(1, ACKNOWLEDGED_MS).info('replication'));
    const after = replicationOf(replies);
    if (before.run !== after.run) throw new Error('another server took over during the write');
    const acknowledged = Number(replies[1]) > 0;
    if (acknowledged || after.hasReplica) replicaSeen = performance.now();
    if (!acknowledged && performance.now() - replicaSeen < ALONE_MS) throw new Error('no replica has the write yet');
  };
}

async function run(pipeline: ReturnType<RedisClient['pipeline']>): Promise<unknown[]> {
  return ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

/** Reads the reply of INFO, which is the last one. https://redis.io/docs/latest/commands/info/ */
function replicationOf(replies: unknown[]): { run: string | undefined; hasReplica: boolean } {
  const info = String(replies.at(-1));
  return { run: /^master_replid:(\w+)/m.exec(info)?.[1], hasReplica: /^slave\d+:.*state=online/m.test(info) };
}
