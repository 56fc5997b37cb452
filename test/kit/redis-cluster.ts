import { Redis } from 'ioredis';
import { freePort } from '../../server/local/free-port.ts';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { startOwnRedis } from './services.ts';
import { until } from './until.ts';

const MASTERS = 3;
const SLOTS = 16_384;
const READY_DEADLINE_MS = 30_000;

/** How long a node may be silent until the others call it failed, ms. */
const NODE_TIMEOUT_MS = 1_000;

/** Several Redis servers with failover. */
export interface RedisGroup {
  /** The value for REDIS_URL. */
  url: string;
  /** The server that accepts writes of a key at present, according to the others. */
  masterOf(key: string): Promise<PrivateRedis>;
  /** The replicas that could take over from it. */
  replicasOf(key: string): Promise<PrivateRedis[]>;
  stop(): Promise<void>;
}

/** Starts a cluster of three masters with a replica each (or none), and waits until all of them agree that it works. */
export async function startRedisCluster(replicasEach: 0 | 1 = 1): Promise<RedisGroup> {
  const size = (1 + replicasEach) * MASTERS;
  const servers = await Promise.all(Array.from({ length: size }, () => startNode()));
  const url = servers.map((server) => server.url).join(',');
  const nodes = servers.map((server) => connect(server));
  const masters = nodes.slice(0, MASTERS);
  try {
    for (const [index, node] of masters.entries()) {
      const [from, to] = [index, index + 1].map((share) => Math.round((share * SLOTS) / MASTERS));
      await node.cluster('ADDSLOTSRANGE', from ?? 0, (to ?? 0) - 1);
      await node.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }
    for (const { port, busPort } of servers) await masters[0]?.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
    const all = async (holds: (node: Redis) => Promise<boolean>) => (await Promise.all(nodes.map(holds))).every(Boolean);
    await ready('all nodes know each other', () =>
      all(async (node) => (await node.cluster('INFO')).includes(`cluster_known_nodes:${size}`)),
    );
    for (const [index, node] of nodes.slice(MASTERS).entries()) {
      await node.cluster('REPLICATE', (await masters[index]?.call('CLUSTER', 'MYID')) as string);
    }
    await ready('the cluster is up', () => all(async (node) => (await node.cluster('INFO')).includes('cluster_state:ok')));
    await ready('all nodes know the replicas', () =>
      all(async (node) => (await node.cluster('SLOTS')).every((range) => range.length === 3 + replicasEach)),
    );
    await ready('the replicas are connected', async () => {
      const roles = await Promise.all(nodes.map((node) => node.info('replication')));
      return roles.filter((role) => role.includes('master_link_status:up')).length === replicasEach * MASTERS;
    });
  } finally {
    for (const node of nodes) node.disconnect();
  }
  const masterOf = (key: string) => askEach(servers, async (node) => ownerOf(node, servers, key));
  return {
    url,
    masterOf,
    replicasOf: async (key) => replicasOf(servers, await masterOf(key)),
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

type Node = PrivateRedis & { busPort: number };

async function startNode(triesLeft = 3): Promise<Node> {
  const busPort = await freePort();
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-node-timeout': String(NODE_TIMEOUT_MS),
    'cluster-require-full-coverage': 'no',
    'repl-diskless-sync-delay': '0',
  };
  try {
    return { ...(await startOwnRedis({ settings })), busPort };
  } catch (error) {
    // Another process may take a port between its choice and the start.
    if (triesLeft === 1 || !String(error).includes('Address already in use')) throw error;
    return startNode(triesLeft - 1);
  }
}

async function ownerOf(node: Redis, servers: Node[], key: string): Promise<PrivateRedis | undefined> {
  const slot = await node.cluster('KEYSLOT', key);
  const ranges = (await node.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  const port = ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
  return servers.find((server) => server.port === port);
}

export const ready = (what: string, holds: () => Promise<boolean>) => until(what, holds, READY_DEADLINE_MS);

/** The servers among these that replicate from a master. */
export async function replicasOf(servers: PrivateRedis[], master: PrivateRedis, password?: string): Promise<PrivateRedis[]> {
  const areReplicas = await Promise.all(
    servers.map((server) =>
      withNode(server, async (node) => (await node.info('replication')).includes(`\r\nmaster_port:${master.port}\r\n`), password).catch(
        () => false,
      ),
    ),
  );
  return servers.filter((_, index) => areReplicas[index]);
}

/** Ends replication to a server, which stays a replica that may take over. */
export async function cutOff(replica: PrivateRedis): Promise<void> {
  await withNode(replica, async (node) => {
    // Its master has no password and refuses one.
    await node.config('SET', 'masterauth', 'wrong');
    await node.call('CLIENT', 'KILL', 'TYPE', 'master');
    await ready('it is cut off', async () => (await node.info('replication')).includes('master_link_status:down'));
  });
}

export async function withNode<Result>(
  server: { port: number },
  work: (node: Redis) => Promise<Result>,
  password?: string,
): Promise<Result> {
  const node = connect(server, password);
  try {
    return await work(node);
  } finally {
    node.disconnect();
  }
}

/** A connection to one server that answers or fails at once. */
export function connect({ port }: { port: number }, password?: string): Redis {
  const access = password === undefined ? {} : { password };
  const redis = new Redis({ host: '127.0.0.1', port, ...access, maxRetriesPerRequest: 0, commandTimeout: 1_000, connectTimeout: 500 });
  redis.on('error', () => {});
  return redis;
}

/** The result of the first server that answers. */
export async function askEach<Answer>(
  servers: { port: number }[],
  ask: (node: Redis) => Promise<Answer | undefined>,
  password?: string,
): Promise<Answer> {
  for (const server of servers) {
    // If one does not answer, the next one may.
    const answer = await withNode(server, ask, password).catch(() => undefined);
    if (answer !== undefined) return answer;
  }
  throw new Error('no server can tell');
}
