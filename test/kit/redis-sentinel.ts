import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../../server/local/free-port.ts';
import { type PrivateProcess, startPrivateProcess } from '../../server/local/private-process.ts';
import { findRedisServer, type PrivateRedis } from '../../server/local/private-redis.ts';
import { askEach, ready, type RedisGroup, replicasOf, withNode } from './redis-cluster.ts';
import { freshDirectory, onStop, startOwnRedis } from './services.ts';

const NAME = 'games';
const REPLICAS = 2;
const SENTINELS = 3;

/** How long the master may be silent until a Sentinel calls it down, ms. */
const DOWN_AFTER_MS = 1_000;
const FAILOVER_TIMEOUT_MS = 3_000;

/** The passwords of the servers and of the Sentinels. */
interface Passwords {
  redis: string;
  sentinel: string;
}

/** Starts a master with two replicas and three Sentinels, and waits until they all know each other. */
export async function startRedisSentinel(passwords?: Passwords): Promise<RedisGroup> {
  const settings = {
    'repl-diskless-sync-delay': '0',
    ...(passwords === undefined ? {} : { masterauth: passwords.redis }),
  };
  const startServer = async (more: Record<string, string> = {}) => {
    const server = await startOwnRedis({ settings: { ...settings, ...more } });
    if (passwords !== undefined) await withNode(server, (node) => node.config('SET', 'requirepass', passwords.redis));
    return server;
  };
  const master = await startServer();
  const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => startServer({ replicaof: `127.0.0.1 ${master.port}` })));
  const servers = [master, ...replicas];
  await withNode(
    master,
    (node) => ready('the replicas are connected', async () => (await node.info('replication')).match(/state=online/g)?.length === REPLICAS),
    passwords?.redis,
  );
  const sentinels = await Promise.all(Array.from({ length: SENTINELS }, () => startSentinel(master, passwords)));
  for (const sentinel of sentinels) {
    await withNode(
      sentinel,
      (node) =>
        ready('the Sentinels know all', async () => {
          const fields = (await node.call('SENTINEL', 'MASTER', NAME)) as string[];
          const told = (name: string) => Number(fields[fields.indexOf(name) + 1]);
          return told('num-slaves') === REPLICAS && told('num-other-sentinels') === SENTINELS - 1;
        }),
      passwords?.sentinel,
    );
  }
  const [signIn, sentinelSignIn] =
    passwords === undefined ? ['', ''] : [`:${passwords.redis}@`, `?sentinel_password=${passwords.sentinel}`];
  const masterOf = () =>
    askEach(
      sentinels,
      async (node) => {
        const [, port] = (await node.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)) as string[];
        return servers.find((server): server is PrivateRedis => server.port === Number(port));
      },
      passwords?.sentinel,
    );
  return {
    url: `redis-sentinel://${signIn}${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}${sentinelSignIn}`,
    masterOf,
    replicasOf: async () => replicasOf(servers, await masterOf(), passwords?.redis),
    stop: async () => {
      // The Sentinels stop first, else they would take the others' end for failures.
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function startSentinel(master: PrivateRedis, passwords: Passwords | undefined): Promise<PrivateProcess & { port: number }> {
  const directory = await freshDirectory('sentinel');
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  // A Sentinel writes what it learns to this file.
  const file = path.join(directory, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${master.port} ${Math.ceil((SENTINELS + 1) / 2)}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} ${FAILOVER_TIMEOUT_MS}`,
    `sentinel parallel-syncs ${NAME} ${REPLICAS}`,
    ...(passwords === undefined
      ? []
      : [
          `requirepass ${passwords.sentinel}`,
          `sentinel sentinel-pass ${passwords.sentinel}`,
          `sentinel auth-pass ${NAME} ${passwords.redis}`,
        ]),
  ];
  await writeFile(file, lines.join('\n') + '\n');
  const sentinel = await startPrivateProcess({
    name: 'Sentinel',
    directory,
    command: await findRedisServer(),
    args: [file, '--sentinel'],
    stopSignal: 'SIGTERM',
    isReady: () =>
      withNode({ port }, (node) => node.ping(), passwords?.sentinel).then(
        () => true,
        () => false,
      ),
  });
  onStop(() => sentinel.stop());
  return { ...sentinel, port };
}
