import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { newest } from '../../server/audit/newest.ts';
import { verify } from '../../server/audit/verify.ts';
import { canonicalJson } from '../../server/domain/canonical.ts';
import { createKeys } from '../../server/store/keys.ts';
import { createSessionStore } from '../../server/store/session-store.ts';
import { query, silent } from '../audit/kit.ts';
import type { Deployment } from './deployment.ts';
import { factsIn } from '../kit/stored.ts';
import type { Player } from './player.ts';
import type { StockWatcher, Watcher } from './watcher.ts';

interface Row {
  version: number;
  event_type: string;
  timestamp: Date;
  command_id: string | null;
  deadline_at: string | null;
}

const keys = createKeys('sk');

/** Where Redis has a session. */
export async function positionOf(deployment: Deployment, id: string): Promise<{ version: number; epoch: number }> {
  const { version, epoch } = await factsIn(deployment.store, keys.session(id).session);
  return { version: Number(version), epoch: Number(epoch) };
}

export interface Behind {
  id: string;
  what: string;
}

/** Whose newest state is not the one that Redis has. */
export async function behind(deployment: Deployment, ids: string[], watchers: Watcher[]): Promise<Behind[]> {
  const missing: Behind[] = [];
  for (const id of ids) {
    const { version, epoch } = await positionOf(deployment, id);
    for (const watcher of watchers) {
      const known = watcher.known(id);
      if (known?.version !== version || known.epoch !== epoch)
        missing.push({ id, what: `${watcher.name}: ${id} is at ${epoch}/${version}, not ${known?.epoch}/${known?.version}` });
    }
  }
  return missing;
}

/**
 * What is wrong with the trail of a game, with what its player was told, and with what Redis has; nothing where all is
 * as promised.
 */
async function findingsOf(deployment: Deployment, database: PrismaClient, { game, acknowledged, complaints }: Player): Promise<string[]> {
  const id = game.payload.session_id;
  const wrong = [...complaints];
  const rows = await query<Row>(
    deployment.databaseUrl,
    `SELECT version, event_type, "timestamp", metadata->>'command_id' AS command_id, state_snapshot->>'deadline_at' AS deadline_at
       FROM sync_events WHERE session_id = $1 ORDER BY version, epoch`,
    [id],
  );
  rows.forEach(({ version, event_type, timestamp }, index) => {
    if (version !== index + 1) wrong.push(`${id}: row ${index + 1} has version ${version}`);
    const due = rows[index - 1]?.deadline_at;
    // A row without a snapshot tells no deadline; verification checks it by the rules.
    if (event_type === 'participant_expired' && due !== null && due !== timestamp.toISOString())
      wrong.push(`${id}: version ${version} ran out at ${timestamp.toISOString()}, but was due at ${due}`);
  });
  const made = new Map<string, number[]>();
  for (const { command_id, version } of rows) if (command_id !== null) made.set(command_id, [...(made.get(command_id) ?? []), version]);
  for (const [command, versions] of made) if (versions.length > 1) wrong.push(`${id}: ${command} had its effect ${versions.length} times`);
  for (const { command_id, version } of acknowledged) {
    // A switch that ran into an expiry has no event of its own.
    if (command_id.startsWith('session:switch') && rows[version - 1]?.event_type === 'participant_expired') continue;
    if (made.get(command_id)?.[0] !== version)
      wrong.push(`${id}: ${command_id} was acknowledged as ${version}, the trail has ${made.get(command_id)?.join() ?? 'nothing'}`);
  }
  return [...wrong, ...(await replayed(deployment, database, id))];
}

/** Rows, hashes, replay, and the last state against Redis. */
async function replayed(deployment: Deployment, database: PrismaClient, id: string): Promise<string[]> {
  const verified = await verify(database, id);
  if (verified === 'unknown') return [`${id}: no trail`];
  const wrong = verified.findings.map((finding) => `${id}: ${JSON.stringify(finding)}`);
  const { version } = await positionOf(deployment, id);
  if (verified.rows !== version) wrong.push(`${id}: ${verified.rows} rows, ${version} versions`);
  const last = await newest(database, id);
  const { session } = await createSessionStore(deployment.store, 'sk').load(id);
  if (typeof last === 'string' || canonicalJson(last.state) !== canonicalJson(session?.state ?? {}))
    wrong.push(`${id}: the trail ends otherwise than Redis`);
  return wrong;
}

/** As `findingsOf`, for all games. */
export async function findings(deployment: Deployment, players: Player[]): Promise<string[]> {
  const database = openDatabase(deployment.databaseUrl, silent, { connections: 1, statementMs: 10_000 });
  try {
    const wrong: string[] = [];
    for (const player of players) wrong.push(...(await findingsOf(deployment, database, player)));
    return wrong;
  } finally {
    await closeDatabase(database, silent);
  }
}

/** What a stock client was told that it must not be told. */
export function mistold({ told, early, name }: StockWatcher, clockIsRight: boolean): string[] {
  const twice = [...told].filter(([, times]) => times > 1).map(([event, times]) => `${name} was told ${times} times: ${event}`);
  return [...twice, ...(clockIsRight ? early.map((event) => `${name} was told early: ${event}`) : [])];
}
