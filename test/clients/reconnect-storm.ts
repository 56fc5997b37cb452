import { setTimeout as wait } from 'node:timers/promises';
import { inParallel } from '../expiry/watcher.ts';
import { query } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { type InstanceProcess, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { type BystanderReport, Bystanders } from './bystanders.ts';
import { Crowd, type CrowdReport } from './crowd.ts';
import { metric } from './metric.ts';

const CREATORS = 8;
/** Every how many sessions something happens while everybody is away. */
const MOVED_EVERY = 10;
const MIB = 1024 * 1024;
const BYSTANDERS = { games: 10, auctions: 20 };

export interface StormOptions {
  clients: number;
  /** Whether only the connections break, or their instance is killed with -9 and everybody comes to the other one. */
  how: 'cut' | 'kill';
  /** Within this time everybody is at the door again, ms. */
  spreadMs: number;
}

export interface StormReport {
  /** Coming for the first time, and coming back. */
  arrival: CrowdReport;
  storm: CrowdReport;
  /** Clients whose state is not the one in Redis afterwards. */
  behind: number;
  /** Reads of the trail's tables from the cut until everybody was back. */
  trailReads: number;
  /** Others' commands and deadlines at the instance that everybody comes (back) to: before, and during the storm. */
  quiet: BystanderReport;
  during: BystanderReport;
  /** Resident memory of that instance, MiB: empty, with everybody there, after the storm, and after everybody left. */
  memory: { empty: number; full: number; after: number; left: number };
  /** Its open files with everybody there. */
  openFiles: number;
  /** Its sockets and rooms after everybody left. */
  socketsLeft: number;
  roomsLeft: number;
}

/** Lets a crowd lose its connections all at once and come back. */
export async function reconnectStorm({ clients, how, spreadMs }: StormOptions): Promise<StormReport> {
  const database = await freshDatabase();
  const cluster = await openCluster({ AUDIT_WORKER: 'off', DATABASE_URL: database });
  const crowd = new Crowd();
  let bystanders: Bystanders | undefined;
  try {
    const [home, other] = [await cluster.process(), await cluster.process()];
    const back = how === 'cut' ? home : other;
    const sessions = await createSessions(other, clients);
    const empty = await memoryOf(back);
    const arrival = await crowd.enter({ url: home.url, sessions, spreadMs });
    const full = await memoryOf(how === 'cut' ? home : other);
    const openFiles = await metric(home, 'process_open_fds');

    bystanders = await Bystanders.arrive(back.url, BYSTANDERS);
    await wait(3_000);
    const quiet = bystanders.report();
    const readsBefore = await trailReads(database);
    if (how === 'kill') await home.kill();
    const [storm] = await Promise.all([crowd.enter({ url: back.url, spreadMs }), moveOn(other, sessions)]);
    const during = bystanders.report();
    const reads = (await trailReads(database)) - readsBefore;
    const behind = await until('everybody knows the newest state', async () => (await countBehind()) === 0, 6_000).then(
      () => 0,
      () => countBehind(),
    );
    const after = await memoryOf(back);
    await bystanders.leave();
    bystanders = undefined;
    await crowd.leave();
    await until('everybody has left', async () => (await metric(back, 'synckairos_connected_sockets')) === 0, 20_000);
    const roomsLeft = async () => (await cluster.redis().pubsub('SHARDCHANNELS', `${cluster.settings.KEY_PREFIX}#/#s/*`)) as string[];
    await until('their rooms are closed', async () => (await roomsLeft()).length === 0, 20_000).catch(() => {});
    return {
      arrival,
      storm,
      behind,
      trailReads: reads,
      quiet,
      during,
      memory: { empty, full, after, left: await memoryOf(back) },
      openFiles,
      socketsLeft: await metric(back, 'synckairos_connected_sockets'),
      roomsLeft: (await roomsLeft()).length,
    };

    async function countBehind(): Promise<number> {
      const known = new Map(await crowd.known());
      const client = await TestClient.connect(other.url);
      let count = 0;
      await inParallel(sessions, CREATORS, async (session_id) => {
        const state = await client.ok('session:get', { session_id });
        if (known.get(session_id) !== state.version) count += 1;
      });
      client.close();
      return count;
    }
  } finally {
    await bystanders?.leave();
    await crowd.close();
    await cluster.close();
  }
}

async function createSessions(instance: InstanceProcess, count: number): Promise<string[]> {
  const creators = await Promise.all(Array.from({ length: CREATORS }, () => TestClient.connect(instance.url)));
  const games = Array.from({ length: count }, () => chess());
  await inParallel([...games.entries()], CREATORS, async ([n, game]) => {
    await creators[n % CREATORS]?.ok('session:create', game);
    if (n % 2 === 0) await creators[n % CREATORS]?.ok('session:start', { session_id: game.session_id });
  });
  for (const creator of creators) creator.close();
  return games.map((game) => game.session_id);
}

/** Some sessions go on while nobody of theirs is there. */
async function moveOn(instance: InstanceProcess, sessions: string[]): Promise<void> {
  const client = await TestClient.connect(instance.url);
  const some = sessions.filter((_, n) => n % MOVED_EVERY === 0);
  await inParallel(some, CREATORS, async (session_id) => {
    await client.ok('session:switch', { session_id });
  });
  client.close();
}

async function memoryOf(instance: InstanceProcess): Promise<number> {
  return Math.round((await metric(instance, 'process_resident_memory_bytes')) / MIB);
}

/** Scans of the trail's tables, as PostgreSQL counts them. */
async function trailReads(database: string): Promise<number> {
  // A backend reports what it has counted once a second at most.
  await wait(1_500);
  const [row] = await query<{ reads: number }>(
    database,
    'SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::int AS reads FROM pg_stat_user_tables',
  );
  return row?.reads ?? Number.NaN;
}
