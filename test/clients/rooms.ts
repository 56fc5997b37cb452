import { Cluster as RedisCluster } from 'ioredis';
import type { Cluster } from '../kit/server.ts';

/** Rooms that any instance of a cluster listens to, as Redis knows them. */
export async function openRooms(cluster: Cluster): Promise<number> {
  const redis = cluster.redis();
  const nodes = redis instanceof RedisCluster ? redis.nodes('master') : [redis];
  const channels = nodes.map((node) => node.pubsub('SHARDCHANNELS', `${cluster.settings.KEY_PREFIX}#/#s/*`));
  return (await Promise.all(channels)).flat().length;
}
