/** Planned starts of sessions that many clients of two instances listen to: when each of them shows the start. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { SessionState } from '#contract';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import type { Shown, StartsOrder } from './starts-process.ts';

export interface StartsOptions {
  starts: number;
  /** From one start to the next, ms. */
  apartMs: number;
  processes: number;
  clientsOfEach: number;
  /** Kill one of the two instances so long before the last start, ms. */
  killBeforeMs?: number;
}

/** Of one start, ms: from the first screen to the last one, and how long after the instant each of these came. */
export interface StartReport {
  screens: number;
  spread: number;
  first: number;
  last: number;
}

/** Plans starts, has clients listen to all of them, and tells of each when they showed it. */
export async function runStarts({ starts, apartMs, processes, clientsOfEach, killBeforeMs }: StartsOptions): Promise<StartReport[]> {
  const cluster = await openCluster();
  const children: ChildProcess[] = [];
  try {
    const instances = await Promise.all([cluster.process(), cluster.process()]);
    const [doomed, living] = instances;
    const sessions = Array.from({ length: starts }, () => chess({ warning_thresholds_ms: [] }));
    for (const session of sessions) await ok(living, '', session);
    const shown: Shown[] = [];
    const ready = Array.from({ length: processes }, async (_, n) => {
      const child = fork(path.resolve(import.meta.dirname, 'starts-process.ts'), {
        execArgv: ['--import', 'tsx', '--conditions=development'],
        env: { PATH: process.env['PATH'] ?? '' },
      });
      children.push(child);
      const { url } = instances[n % 2] ?? living;
      const isReady = new Promise<void>((resolve) => {
        child.on('message', (message: Shown | 'ready') => (message === 'ready' ? resolve() : shown.push(message)));
      });
      child.send({ url, clients: clientsOfEach, sessions: sessions.map(({ session_id }) => session_id) } satisfies StartsOrder);
      await isReady;
    });
    await Promise.all(ready);
    const begin = Date.now() + 2 * apartMs;
    const instants = new Map<string, number>();
    for (const [n, { session_id }] of sessions.entries()) {
      instants.set(session_id, begin + n * apartMs);
      await ok(n % 2 === 0 ? doomed : living, `/${session_id}/schedule`, { starts_at: new Date(begin + n * apartMs).toISOString() });
    }
    const end = begin + (starts - 1) * apartMs;
    if (killBeforeMs !== undefined) {
      await wait(Math.max(0, end - killBeforeMs - Date.now()));
      await doomed.kill();
    }
    const everybody = processes * clientsOfEach * starts;
    await until('every screen shows every start', async () => shown.length >= everybody, starts * apartMs + 15_000);
    for (const { session_id } of sessions) {
      const { session_started_at, version } = await ok(living, `/${session_id}`);
      if (Date.parse(session_started_at ?? '') !== instants.get(session_id) || version !== 3)
        throw new Error(`${session_id} started at ${session_started_at}, version ${version}`);
    }
    return [...instants].map(([session, instant]) => {
      const after = shown.filter((one) => one.session === session).map(({ at }) => at - instant);
      const [first, last] = [Math.min(...after), Math.max(...after)];
      return { screens: after.length, spread: last - first, first, last };
    });
  } finally {
    for (const child of children) {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    }
    await cluster.close();
  }
}

/** A command over REST that must go through; without a body a read. */
async function ok(at: { url: string }, below: string, body?: object): Promise<SessionState> {
  const reply = (await rest(at, body === undefined ? 'GET' : 'POST', `/v1/sessions${below}`, body)).reply<SessionState>();
  if (!reply.ok) throw new Error(`${below}: ${JSON.stringify(reply.error)}`);
  return reply.data;
}
