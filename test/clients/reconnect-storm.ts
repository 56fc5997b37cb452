import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inParallel } from '../expiry/watcher.ts';
import { chess } from '../kit/games.ts';
import { type InstanceProcess, openCluster } from '../kit/server.ts';
import { freshDirectory, migrate, startOwnPostgres } from '../kit/services.ts';
import { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { Weights } from '../kit/weights.ts';
import { type BystanderReport, Bystanders } from './bystanders.ts';
import { insist } from './insist.ts';
import { Crowd, type CrowdReport } from './crowd.ts';
import { metric } from './metric.ts';
import { openRooms } from './rooms.ts';

const CREATORS = 8;
/** Every how many sessions something happens while everybody is away. */
const MOVED_EVERY = 10;
const MIB = 1024 * 1024;
const BYSTANDERS = { games: 10, auctions: 20 };
const QUIET_MS = 2_000;
const HEALED_WITHIN_MS = 6_000;
const LEFT_WITHIN_MS = 20_000;

export interface StormOptions {
  clients: number;
  /** Whether only the connections break, or their instance is killed with -9 and everybody comes to the other one. */
  how: 'cut' | 'kill';
  /** Within this time all clients try to connect again, ms. */
  spreadMs: number;
}

export interface StormReport {
  /** Coming for the first time, and coming back. */
  arrival: CrowdReport;
  storm: CrowdReport;
  /** Clients whose state is not the one in Redis afterwards. */
  behind: number;
  /** Statements about the trail's tables that reached PostgreSQL from the cut until everybody was back. */
  trailReads: number;
  /** Others' commands and deadlines at the instance that everybody comes (back) to: before, and during the storm. */
  quiet: BystanderReport;
  during: BystanderReport;
  /**
   * What that instance holds in its heap, MiB: empty, with everybody there, after the storm, and after everybody left.
   */
  heap: { empty: number; full: number; after: number; left: number };
  /** Its resident memory, MiB, and its open files with everybody there. */
  rss: number;
  files: number;
  /** Its sockets and rooms after everybody left. */
  socketsLeft: number;
  roomsLeft: number;
}

/** Lets a crowd lose its connections all at once and come back. */
export async function reconnectStorm({ clients, how, spreadMs }: StormOptions): Promise<StormReport> {
  const directory = await freshDirectory('postgres');
  const postgres = await startOwnPostgres({ directory, settings: { log_statement: 'all' } });
  await migrate(postgres.url);
  const statements = async () =>
    (await readFile(path.join(directory, 'server.log'), 'utf8')).match(/FROM.*sync_(sessions|events)/g)?.length ?? 0;
  const cluster = await openCluster({ AUDIT_WORKER: 'off', DATABASE_URL: postgres.url });
  const crowd = new Crowd();
  let bystanders: Bystanders | undefined;
  try {
    const weights = await Weights.open();
    const heap = async () => Math.round(((await weights.takeOne()).heap / MIB) * 10) / 10;
    // Everybody is back at the one that is weighed.
    const [back, other] = [await cluster.process(weights.settings), await cluster.process()];
    const home = how === 'cut' ? back : other;
    const sessions = await createSessions(other, clients);
    if ((await statements()) === 0) throw new Error('the log of PostgreSQL shows no statements, though each create asks the trail');
    const empty = await heap();
    const arrival = await crowd.enter({ url: home.url, sessions, spreadMs });
    const full = await heap();

    bystanders = await Bystanders.arrive(back.url, BYSTANDERS);
    await wait(QUIET_MS);
    const quiet = bystanders.report();
    const before = await statements();
    if (how === 'kill') await home.kill();
    const [storm] = await Promise.all([crowd.enter({ url: back.url, spreadMs }), moveOn(back, sessions)]);
    const during = bystanders.report();
    const trailReads = (await statements()) - before;
    await until('everybody knows the newest state', async () => (await countBehind()) === 0, HEALED_WITHIN_MS).catch(() => {});
    const behind = await countBehind();
    await bystanders.leave();
    const { heap: held, rss, files } = await weights.takeOne();
    await crowd.leave();
    const sockets = () => metric(back, 'synckairos_connected_sockets');
    const rooms = () => openRooms(cluster);
    await until('everybody has left', async () => (await sockets()) + (await rooms()) === 0, LEFT_WITHIN_MS).catch(() => {});
    return {
      arrival,
      storm,
      behind,
      trailReads,
      quiet,
      during,
      heap: { empty, full, after: Math.round((held / MIB) * 10) / 10, left: await heap() },
      rss: Math.round(rss / MIB),
      files,
      socketsLeft: await sockets(),
      roomsLeft: await rooms(),
    };

    async function countBehind(): Promise<number> {
      const known = new Map(await crowd.known());
      const client = await TestClient.connect(back.url);
      let count = 0;
      await inParallel(sessions, CREATORS, async (session_id) => {
        const state = await insist(client, 'session:get', { session_id });
        if (known.get(session_id) !== state.version) count += 1;
      });
      client.close();
      return count;
    }
  } finally {
    await bystanders?.leave();
    await crowd.close();
    await cluster.close();
    await postgres.stop();
  }
}

async function createSessions(instance: InstanceProcess, count: number): Promise<string[]> {
  const creators = await Promise.all(Array.from({ length: CREATORS }, () => TestClient.connect(instance.url)));
  const games = Array.from({ length: count }, () => chess());
  await inParallel([...games.entries()], CREATORS, async ([n, game]) => {
    const creator = creators[n % CREATORS] as TestClient;
    await insist(creator, 'session:create', { ...game, command_id: 'create' });
    await insist(creator, 'session:start', { session_id: game.session_id, command_id: 'start' });
  });
  for (const creator of creators) creator.close();
  return games.map((game) => game.session_id);
}

/** Some sessions go on while nobody of theirs is there. */
async function moveOn(instance: InstanceProcess, sessions: string[]): Promise<void> {
  const client = await TestClient.connect(instance.url);
  const some = sessions.filter((_, n) => n % MOVED_EVERY === 0);
  await inParallel(some, CREATORS, async (session_id) => {
    await insist(client, 'session:switch', { session_id, command_id: 'move' });
  });
  client.close();
}
