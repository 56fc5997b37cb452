import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { CreatePayload } from '#contract';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { mastersOf } from '../kit/redis.ts';
import { type InstanceProcess, openCluster, type Settings } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { openStoreFixture } from '../store/store-fixture.ts';
import { UnattendedSession } from '../store/unattended-session.ts';
import { type BystanderReport, Bystanders } from './bystanders.ts';
import { Crowd, type CrowdReport } from './crowd.ts';
import { insist } from './insist.ts';

const MIB = 1024 * 1024;
const QUIET_MS = 2_000;
const HEALED_WITHIN_MS = 10_000;
/** How often the session of the crowd goes on meanwhile. */
const MOVE_MS = 500;
const BYSTANDERS = { games: 10, auctions: 5 };

/**
 * How the crowd comes: all are connected and join in one instant; they connect and join; they were at another instance,
 * which is killed; or the session ran for five minutes without anybody and a second a cycle, so that three hundred
 * cycles have to be caught up on first.
 */
export type Coming = 'joins' | 'arrival' | 'restart' | 'downtime';

export interface CrowdOptions {
  /** How many come. */
  clients: number;
  how: Coming;
  /** Of the session. */
  participants: NonNullable<CreatePayload['participants']>;
  settings?: Settings;
}

export interface LargeSessionReport {
  storm: CrowdReport;
  /** Clients that do not get to know the version that Redis has afterwards. */
  behind: number;
  /** Others' switches and deadlines at the instance that everybody comes to: before, and meanwhile. */
  quiet: BystanderReport;
  during: BystanderReport;
  /** Outages that were recorded. */
  outages: string[];
  /** The most that the instance and Redis held so far, MiB. */
  instanceMiB: number;
  redisMiB: number;
  /** Of the machine, afterwards. */
  load: number;
}

/** Lets a crowd join one large session, which goes on meanwhile, while others play on the same instance. */
export async function crowdJoins({ clients, how, participants, settings = {} }: CrowdOptions): Promise<LargeSessionReport> {
  const cluster = await openCluster(settings);
  const fixture = await openStoreFixture(cluster.settings.KEY_PREFIX);
  const crowd = new Crowd();
  let bystanders: Bystanders | undefined;
  try {
    const instance = await cluster.process();
    const former = how === 'restart' ? await cluster.process() : undefined;
    const master = await cluster.client(instance);
    const game = chess({ sync_mode: 'per_cycle', time_per_cycle_ms: 3_600_000, participants });
    let { session_id } = game;
    if (how !== 'downtime') {
      await master.ok('session:create', game);
      await master.ok('session:start', { session_id });
    }
    const sessions = () => Array.from({ length: clients }, () => session_id);
    if (former !== undefined) await crowd.enter({ url: former.url, sessions: sessions(), spreadMs: 5_000, deltas: true });
    bystanders = await Bystanders.arrive(instance.url, BYSTANDERS);
    await wait(QUIET_MS);
    const quiet = bystanders.report();
    if (how === 'downtime') ({ session_id } = (await UnattendedSession.begin(fixture, 300_000, { participants })).state);
    await former?.kill();
    const arrived = new AbortController();
    const moving = (async () => {
      if (how === 'downtime') return;
      while (!arrived.signal.aborted) {
        await insist(master, 'session:adjust', { session_id, delta_ms: 1 });
        await wait(MOVE_MS, undefined, { signal: arrived.signal }).catch(() => {});
      }
    })();
    const storm = await crowd
      .enter({
        url: instance.url,
        ...(former === undefined ? { sessions: sessions() } : {}),
        spreadMs: how === 'arrival' || how === 'restart' ? 500 : 2_000,
        deltas: true,
        together: how === 'joins' || how === 'downtime',
      })
      .finally(() => arrived.abort());
    const during = bystanders.report();
    await moving;
    // Time goes on: what came after this may be on its way.
    const { version } = await insist(master, 'session:get', { session_id });
    const countBehind = async () => (await crowd.known()).filter(([, known]) => known < version).length;
    await until('everybody knows that state', async () => (await countBehind()) === 0, HEALED_WITHIN_MS).catch(() => {});
    return {
      storm,
      behind: await countBehind(),
      quiet,
      during,
      outages: await fixture.redis.lrange(createKeys(fixture.prefix).outages, 0, -1),
      instanceMiB: await mostHeldBy(instance),
      redisMiB: await mostHeldByRedis(fixture.redis),
      load: loadavg()[0] ?? 0,
    };
  } finally {
    await bystanders?.leave();
    await crowd.close();
    fixture.close();
    await cluster.close();
  }
}

async function mostHeldBy({ pid }: InstanceProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

async function mostHeldByRedis(redis: Parameters<typeof mastersOf>[0]): Promise<number> {
  const infos = await Promise.all((await mastersOf(redis)).map((node) => node.info('memory')));
  return Math.round(infos.reduce((sum, info) => sum + Number(/used_memory_peak:(\d+)/.exec(info)?.[1]), 0) / MIB);
}
