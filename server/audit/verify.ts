import type { HistoryEvent } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';
import { replay } from '../domain/replay.ts';
import { blame, type Finding, findingOf, type Judged } from './findings.ts';
import type { PrismaClient, SyncEvent, SyncSession } from './generated/client.ts';
import { keyOf, type Position } from './history.ts';
import { hashOfRow, toHistoryEvent } from './history-event.ts';
import { type Life, presentLife } from './life.ts';

/** Versions whose rows are in memory at a time. */
const PAGE = 100;

export interface Verification {
  /** Rows of the session's present life, superseded ones too. */
  rows: number;
  /** The version and epoch at which the trail says that the session stands. */
  newest: { version: number; epoch: number };
  /** By version; empty when the trail is what was committed. */
  findings: Finding[];
}

/** A row with what the rows after it are judged by. */
interface Read {
  judged: Judged;
  event: HistoryEvent;
  hash: string;
}

/**
 * Walks over all rows of a session's present life: none may be missing, each must name the row before it by its hash, and the rules must lead from each snapshot
 * to the next. What the trail never received can't be missed, nor a last event that is altered where nothing checks it but the next one's hash.
 * @returns `unknown` when the trail knows nothing of the session
 */
export async function verify(database: PrismaClient, sessionId: string): Promise<Verification | 'unknown'> {
  const life = await presentLife(database, sessionId);
  if (life === null) return 'unknown';
  const { session, keys } = life;
  const last = keys.at(-1) ?? { version: 0, epoch: 0n };
  const newest: Position = session ?? last;
  const missing = gapsOf(keys);
  const rows: Judged[] = [];
  let newestEvent: HistoryEvent | undefined;
  for await (const { judged, event } of read(database, sessionId, life)) {
    rows.push(judged);
    if (keyOf(judged) === keyOf(newest)) newestEvent = event;
  }
  const findings = [...missing, ...blame(rows, newest)];
  if (session === null) findings.push(findingOf(newest, 'missing', 'sync_sessions has no row of the session'));
  else if (newestEvent === undefined) findings.push(findingOf(newest, 'missing', "is gone, though the session's row knows it"));
  else if (!findings.some(({ version, epoch }) => version === newest.version && epoch === Number(newest.epoch))) {
    const what = sessionProblem(session, newestEvent);
    if (what !== null) findings.push(findingOf(newest, 'altered', what));
  }
  findings.sort((a, b) => a.version - b.version || a.epoch - b.epoch);
  return { rows: rows.length, newest: { version: newest.version, epoch: Number(newest.epoch) }, findings };
}

/** Versions without a row. Within an epoch there is none left out; the first row of an epoch follows some row of the version before. */
function gapsOf(keys: readonly Position[]): Finding[] {
  const gaps: Finding[] = [];
  const lastOfEpoch = new Map<bigint, number>();
  let highest = 0;
  for (const { version, epoch } of keys) {
    const before = lastOfEpoch.get(epoch) ?? Math.min(highest, version - 1);
    lastOfEpoch.set(epoch, version);
    highest = version;
    if (version === before + 1) continue;
    const more = version - before > 2 ? `, nor up to version ${version - 1}` : '';
    gaps.push(findingOf({ version: before + 1, epoch }, 'missing', `there is no row${more}`));
  }
  return gaps;
}

/** The rows in order of `life`, each judged by the one before it. Two versions are remembered at a time, however long the session is. */
async function* read(database: PrismaClient, sessionId: string, { keys, begin }: Life): AsyncGenerator<Read> {
  const begun = new Set<bigint>();
  let before = new Map<bigint, Read>();
  let present = new Map<bigint, Read>();
  let version = 0;
  const versions = [...new Set(keys.map((key) => key.version))];
  for (let page = 0; page < versions.length; page += PAGE) {
    const range = versions.slice(page, page + PAGE);
    const rows = await database.syncEvent.findMany({
      where: { session_id: sessionId, epoch: { gte: begin }, version: { gte: range[0] ?? 0, lte: range.at(-1) ?? 0 } },
      orderBy: [{ version: 'asc' }, { epoch: 'asc' }],
    });
    for (const row of rows) {
      if (row.version !== version) {
        before = row.version === version + 1 ? present : new Map<bigint, Read>();
        present = new Map();
        version = row.version;
      }
      const begins = !begun.has(row.epoch);
      // Whatever should be there in the version before, and is not, is found by the keys.
      const gap = begins ? before.size === 0 : !before.has(row.epoch);
      const found = judge(row, begins ? newestBefore(before, row.epoch) : before.get(row.epoch), gap);
      begun.add(row.epoch);
      present.set(row.epoch, found);
      yield found;
    }
  }
}

/** What the first row of an epoch follows: of the version before, the row of the newest epoch before its own. */
function newestBefore(rows: ReadonlyMap<bigint, Read>, epoch: bigint): Read | undefined {
  return [...rows.values()].findLast(({ judged }) => judged.epoch < epoch);
}

function judge(row: SyncEvent, before: Read | undefined, gap: boolean): Read {
  const event = toHistoryEvent(row);
  const { version, epoch } = row;
  const isFirst = version === 1;
  const judged: Judged = {
    version,
    epoch,
    before: before?.judged ?? null,
    linked: isFirst ? row.previous_hash === null : gap || row.previous_hash === before?.hash,
    ownProblem: ownProblem(event),
    replayProblem: before === undefined && !isFirst ? null : replayProblem(before?.event ?? null, event),
  };
  return { judged, event, hash: hashOfRow(row) };
}

function ownProblem({ session_id, version, epoch, event_type, state_snapshot: state }: HistoryEvent): string | null {
  if (state?.session_id !== session_id || state.version !== version || state.epoch !== epoch) return 'has the snapshot of another event';
  if ((version === 1) !== (event_type === 'session_created')) return `is a ${event_type} at version ${version}`;
  return null;
}

function replayProblem(before: HistoryEvent | null, event: HistoryEvent): string | null {
  try {
    return replay(before?.state_snapshot ?? null, event);
  } catch {
    return "has a snapshot that is no session's state";
  }
}

/** What the session's row says otherwise than its newest event. */
function sessionProblem(row: SyncSession, { event_type, timestamp, state_snapshot: state }: HistoryEvent): string | null {
  const instant = (at: Date | null) => at?.toISOString() ?? null;
  const said = {
    sync_mode: row.sync_mode,
    status: row.status,
    cycle_count: row.cycle_count,
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
    session_started_at: instant(row.session_started_at),
    session_completed_at: instant(row.session_completed_at),
    deleted_at: instant(row.deleted_at),
  };
  const right: Record<string, unknown> = { ...state, deleted_at: event_type === 'session_deleted' ? timestamp : null };
  const wrong = Object.entries(said).find(([column, value]) => canonicalJson(right[column] ?? null) !== canonicalJson(value));
  if (wrong === undefined) return null;
  return `sync_sessions.${wrong[0]} is ${JSON.stringify(wrong[1])}, by the newest event ${JSON.stringify(right[wrong[0]] ?? null)}`;
}
