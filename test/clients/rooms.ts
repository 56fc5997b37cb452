import { mastersOf } from '../kit/redis.ts';
import type { Cluster } from '../kit/server.ts';

/** Rooms that any instance of a cluster listens to, as Redis knows them. */
export async function openRooms(cluster: Cluster): Promise<number> {
  const masters = await mastersOf(cluster.redis());
  const channels = masters.map((node) => node.pubsub('SHARDCHANNELS', `${cluster.settings.KEY_PREFIX}#/#s/*`));
  return (await Promise.all(channels)).flat().length;
}
