import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { query } from '../audit/kit.ts';
import { until } from '../kit/until.ts';
import { type Behind, behind, findings, mistold, positionOf } from './check.ts';
import { type Fault, inflict } from './faults.ts';
import { gamesOf } from './games.ts';
import type { Deployment, Target } from './deployment.ts';
import { Player } from './player.ts';
import type { Chance } from './random.ts';
import { SdkWatcher, StockWatcher } from './watcher.ts';

const CONVERGE_MS = 5_000;
const COMPLETE_MS = 15_000;
const STOCK = 3;
const SDK = 2;

export interface CellReport {
  acknowledged: number;
  expiries: number;
  /** How long until every client was where the server is, after the trouble was over, ms. */
  convergedMs: number;
}

/** A crowd plays and watches while `trouble` goes on, and everything that is promised is checked afterwards. */
export async function underLoad(
  deployment: Deployment,
  chance: Chance,
  trouble: () => Promise<unknown>,
  { clockIsRight = true } = {},
): Promise<CellReport> {
  const { url } = deployment.balancer;
  await until('an instance is ready', async () => deployment.balancer.ready === 2, 60_000);
  const players = gamesOf(chance).map((game) => new Player(url, game));
  const stock = Array.from({ length: STOCK }, () => new StockWatcher(url));
  const watchers = [...stock, ...Array.from({ length: SDK }, () => new SdkWatcher(url))];
  const ids = players.map(({ game }) => game.payload.session_id);
  try {
    await Promise.all(players.map((player) => player.begin()));
    for (const watcher of watchers) ids.forEach((id) => watcher.watch(id));
    await wait(chance.integer(500, 1_500));
    await trouble();
    const over = performance.now();
    await converge(deployment, ids, watchers);
    const convergedMs = Math.round(performance.now() - over);
    await Promise.all(players.map((player) => player.stop()));
    await Promise.all(players.map((player) => player.complete()));
    await converge(deployment, ids, watchers);

    const versions = (await Promise.all(ids.map((id) => positionOf(deployment, id)))).reduce((sum, { version }) => sum + version, 0);
    await until('the trail is complete', async () => (await count(deployment, ids, '')) >= versions, COMPLETE_MS).catch(() => {});
    const wrong = await findings(deployment, players);
    expect([...wrong, ...stock.flatMap((watcher) => mistold(watcher, clockIsRight))]).to.deep.equal([]);
    return {
      acknowledged: players.reduce((sum, player) => sum + player.acknowledged.length, 0),
      expiries: await count(deployment, ids, 'participant_expired'),
      convergedMs,
    };
  } finally {
    for (const one of [...players, ...watchers]) one.close();
  }
}

/** One cell of the matrix. */
export async function cell(deployment: Deployment, fault: Fault, target: Target, chance: Chance): Promise<CellReport> {
  // Where the clock of Redis is set wrong, the test's own clock can't judge instants.
  return underLoad(deployment, chance, () => inflict(deployment, fault, target, chance), {
    clockIsRight: fault !== 'clock' || target !== 'redis',
  });
}

async function converge(deployment: Deployment, ids: string[], watchers: (StockWatcher | SdkWatcher)[]): Promise<void> {
  let missing: Behind[] = [];
  let pending = ids;
  // Games go on meanwhile, so each has to be found once at a moment at which every client knows its last version.
  const all = async () => {
    missing = await behind(deployment, pending, watchers);
    pending = [...new Set(missing.map(({ id }) => id))];
    return pending.length === 0;
  };
  await until('every client is where the server is', all, CONVERGE_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${missing.map(({ what }) => what).join('\n')}`);
  });
}

async function count(deployment: Deployment, ids: string[], type: string): Promise<number> {
  const [row] = await query<{ rows: number }>(
    deployment.databaseUrl,
    `SELECT count(*)::int AS rows FROM sync_events WHERE session_id = ANY($1) AND ($2 = '' OR event_type = $2)`,
    [ids, type],
  ).catch(() => []);
  return row?.rows ?? 0;
}
