/** A thousand students of one exam hand in at once, over two instances, while others play on them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { SessionState } from '#contract';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { lookInto } from '../kit/redis.ts';
import { type InstanceProcess, openCluster, type Settings } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { type BystanderReport, Bystanders } from './bystanders.ts';
import type { HandInOrder, HandInReport, SeatsOrder } from './hand-ins-process.ts';
import { insist } from './insist.ts';

export interface HandInsOptions {
  students: number;
  /** In how many processes their clients run; they take turns at the two instances. */
  processes: number;
  withinMs: number;
  settings?: Settings;
}

export interface HandInsReport extends HandInReport {
  /** From the first hand-in to the last answer, ms. */
  tookMs: number;
  state: SessionState;
  /** Students who do not get to know the last version. */
  behind: number;
  /** Others' switches and deadlines at the first instance: before, and meanwhile. */
  quiet: BystanderReport;
  during: BystanderReport;
  /** Outages that were recorded. */
  outages: string[];
  /** Scripts that Redis ran meanwhile. */
  scripts: number;
  /** How long processors worked for each instance meanwhile, ms. */
  instanceMs: number[];
  /** The most that each instance held, MiB. */
  instanceMiB: number[];
}

const BYSTANDERS = { games: 10, auctions: 5 };
const QUIET_MS = 2_000;

export async function handInTogether({ students, processes, withinMs, settings = {} }: HandInsOptions): Promise<HandInsReport> {
  const cluster = await openCluster(settings);
  const children: ChildProcess[] = [];
  let bystanders: Bystanders | undefined;
  try {
    const instances = await Promise.all([cluster.process(), cluster.process()]);
    const [a, b] = instances;
    const teacher = await cluster.client(a);
    const participants = Array.from({ length: students }, (_, n) => ({ participant_id: `s${n}`, total_time_ms: 3_600_000 }));
    const { session_id } = await teacher.ok('session:create', chess({ concurrent: true, participants, warning_thresholds_ms: [60_000] }));
    await teacher.ok('session:start', { session_id });
    await teacher.ok('session:leave', { session_id });
    const count = students / processes;
    for (let n = 0; n < processes; n++) {
      const child = fork(path.resolve(import.meta.dirname, 'hand-ins-process.ts'), {
        execArgv: ['--import', 'tsx', '--conditions=development'],
      });
      children.push(child);
    }
    await Promise.all(
      children.map(async (child, n) =>
        ask(child, { url: (n % 2 === 0 ? a : b).url, session: session_id, from: n * count, count } satisfies SeatsOrder),
      ),
    );
    bystanders = await Bystanders.arrive(a.url, BYSTANDERS);
    await wait(QUIET_MS);
    const redis = lookInto(cluster.settings.REDIS_URL);
    const scriptsRun = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]);
    const quiet = bystanders.report();
    const before = await scriptsRun();
    const worked = await Promise.all(instances.map(workOf));
    const begun = performance.now();
    const reports = await Promise.all(children.map(async (child) => ask<HandInReport>(child, { withinMs } satisfies HandInOrder)));
    const tookMs = performance.now() - begun;
    const during = bystanders.report();
    const works = await Promise.all(instances.map(workOf));
    const scripts = (await scriptsRun()) - before;
    const state = await insist(teacher, 'session:get', { session_id });
    const countBehind = async () => {
      const known = await Promise.all(children.map(async (child) => ask<number[]>(child, 'known')));
      return known.flat().filter((version) => version < state.version).length;
    };
    await until('everybody knows the end', async () => (await countBehind()) === 0, 15_000).catch(() => {});
    const outages = await redis.lrange(createKeys(cluster.settings.KEY_PREFIX).outages, 0, -1);
    redis.disconnect();
    return {
      ...together(reports),
      tookMs,
      state,
      behind: await countBehind(),
      quiet,
      during,
      outages,
      scripts,
      instanceMs: works.map((ms, n) => ms - (worked[n] ?? 0)),
      instanceMiB: await Promise.all(instances.map(mostHeldBy)),
    };
  } finally {
    await bystanders?.leave();
    for (const child of children) {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    }
    await cluster.close();
  }
}

async function ask<Answer = unknown>(child: ChildProcess, order: SeatsOrder | HandInOrder | 'known'): Promise<Answer> {
  const answer = once(child, 'message') as Promise<[Answer]>;
  child.send(order);
  return (await answer)[0];
}

function together(reports: readonly HandInReport[]): HandInReport {
  const refused: Record<string, number> = {};
  for (const report of reports) for (const [code, count] of Object.entries(report.refused)) refused[code] = (refused[code] ?? 0) + count;
  return {
    accepted: reports.reduce((sum, { accepted }) => sum + accepted, 0),
    refused,
    took: reports.flatMap(({ took }) => took),
  };
}

/** How long processors have worked for an instance so far, ms; Linux counts in hundredths of a second. */
async function workOf({ pid }: InstanceProcess): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

async function mostHeldBy({ pid }: InstanceProcess): Promise<number> {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}
