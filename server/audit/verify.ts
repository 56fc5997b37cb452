import type { SessionState } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';
import { type RecordedEvent, replay, type Replayed } from '../domain/replay.ts';
import { NewerSchemaError } from '../domain/schema.ts';
import { followsByItself, mustCarrySnapshot } from '../domain/snapshots.ts';
import type { UndoHistory } from '../domain/undo.ts';
import { blame, type Finding, findingOf, type Judged } from './findings.ts';
import { type EventRow, eventRows, type RowPosition } from './event-rows.ts';
import { Prisma, type PrismaClient, type SyncSession } from './generated/client.ts';
import { type IncarnationRows, keyOf, presentIncarnation } from './history.ts';
import { hashOfRow, toRecordedEvent } from './history-event.ts';

/** How many versions have their rows in memory at a time. */
const PAGE = 100;

export interface Verification {
  /** How many rows the present incarnation has, superseded ones included. */
  rows: number;
  /** The session's position by its row in the trail. */
  newest: { version: number; epoch: number };
  /** By version; empty if the trail equals what was committed. */
  findings: Finding[];
}

/** A state that may be right. */
interface Candidate {
  state: SessionState;
  /** What was kept with it to take turns back, as far as the rows tell. */
  undo?: UndoHistory | undefined;
  /**
   * The row at which snapshot and rules differed, and whether this state comes from the snapshot; undefined if they
   * never differed.
   */
  since?: { row: Judged; isOfSnapshot: boolean } | undefined;
}

/** A row that was read, with all that is needed to judge the rows after it. */
interface Read {
  judged: Judged;
  event: RecordedEvent;
  /**
   * The possible states after it: its snapshot or, without one, what the rules give. Both if they differ, until a later
   * row shows which is right; none if it is unknown.
   */
  states: Candidate[];
  hash: string;
}

/**
 * Checks all rows of a session's present incarnation: none may be missing, each must name the previous row by its hash,
 * and the rules must lead from each snapshot to the next. It cannot notice rows that the trail never received, nor an
 * altered last event if only the hash in the next one would show it.
 * @returns `unknown` if the trail does not know the session
 * @throws NewerSchemaError if only a newer version of the server can judge the rows
 */
export async function verify(database: PrismaClient, sessionId: string): Promise<Verification | 'unknown'> {
  const incarnation = await presentIncarnation(database, sessionId);
  if (incarnation === null) return 'unknown';
  const { session, keys } = incarnation;
  const last = keys.at(-1) ?? { version: 0, epoch: 0n };
  const newest: RowPosition = session ?? last;
  const missing = gapsOf(keys);
  const rows: Judged[] = [];
  let newestRow: Read | undefined;
  for await (const row of read(database, sessionId, incarnation)) {
    rows.push(row.judged);
    if (keyOf(row.judged) === keyOf(newest)) newestRow = row;
  }
  const findings = [...missing, ...blame(rows, newest)];
  if (session === null) findings.push(findingOf(newest, 'missing', 'sync_sessions has no row of the session'));
  else if (newestRow === undefined) findings.push(findingOf(newest, 'missing', "is gone, though the session's row knows it"));
  else if (!findings.some(({ version, epoch }) => version === newest.version && epoch === Number(newest.epoch))) {
    const what = sessionProblem(session, newestRow);
    if (what !== null) findings.push(findingOf(newest, 'altered', what));
  }
  findings.sort((a, b) => a.version - b.version || a.epoch - b.epoch);
  return { rows: rows.length, newest: { version: newest.version, epoch: Number(newest.epoch) }, findings };
}

/**
 * Findings for missing versions. Within an epoch no version is left out; the first row of an epoch follows some row of
 * the previous version.
 */
function gapsOf(keys: readonly RowPosition[]): Finding[] {
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

/**
 * Reads the rows in order of `incarnation` and judges each by the previous one. Keeps two versions in memory, however
 * long the session is.
 */
async function* read(database: PrismaClient, sessionId: string, { keys, begin }: IncarnationRows): AsyncGenerator<Read> {
  const begun = new Set<bigint>();
  let before = new Map<bigint, Read>();
  let present = new Map<bigint, Read>();
  let version = 0;
  const versions = [...new Set(keys.map((key) => key.version))];
  for (let page = 0; page < versions.length; page += PAGE) {
    const range = versions.slice(page, page + PAGE);
    const rows = await eventRows(
      database,
      sessionId,
      Prisma.sql`epoch >= ${begin} AND version BETWEEN ${range[0] ?? 0} AND ${range.at(-1) ?? 0} ORDER BY version, epoch`,
    );
    for (const row of rows) {
      if (row.version !== version) {
        before = row.version === version + 1 ? present : new Map<bigint, Read>();
        present = new Map();
        version = row.version;
      }
      const begins = !begun.has(row.epoch);
      // Missing rows are found by their keys (gapsOf).
      const gap = begins ? before.size === 0 : !before.has(row.epoch);
      const found = judge(row, begins ? newestBefore(before, row.epoch) : before.get(row.epoch), gap);
      begun.add(row.epoch);
      present.set(row.epoch, found);
      yield found;
    }
  }
}

/** The row that the first row of an epoch follows: of the previous version the one of the newest earlier epoch. */
function newestBefore(rows: ReadonlyMap<bigint, Read>, epoch: bigint): Read | undefined {
  return [...rows.values()].findLast(({ judged }) => judged.epoch < epoch);
}

function judge(row: EventRow, before: Read | undefined, gap: boolean): Read {
  const event = toRecordedEvent(row);
  const { version, epoch } = row;
  const isFirst = version === 1;
  // If both rows have snapshots, each is judged by itself.
  const bothTold = before?.event.state_snapshot !== null && event.state_snapshot !== null;
  const statesBefore = bothTold ? before?.states.slice(0, 1) : before?.states;
  const replays = isFirst ? [replayed(null, event)] : (statesBefore ?? []).map((candidate) => replayed(candidate.state, event, candidate));
  const right = replays.filter(({ problem }) => problem === null);
  tellWhichWasRight(replays, right);
  const judged: Judged = {
    version,
    epoch,
    before: before?.judged ?? null,
    isWhole: event.state_snapshot !== null,
    base: before === undefined ? null : before.judged.isWhole ? before.judged : before.judged.base,
    linked: isFirst ? row.previous_hash === null : gap || row.previous_hash === before?.hash,
    ownProblem: null,
    replayProblem: right.length === 0 ? (replays[0]?.problem ?? null) : null,
    snapshotLeadsOn: null,
  };
  const agreed = right.length === 0 ? replays.find(({ state, told }) => isSame(state, told)) : undefined;
  // What is wrong with it is none of the states.
  if (agreed !== undefined) judged.snapshotLeadsOn = false;
  const states = agreed === undefined ? statesAfter(event, judged, right, replays) : asCandidate(agreed.state, agreed.since, agreed.undo);
  judged.ownProblem = ownProblem(event, states[0]?.state, before);
  return { judged, event, states, hash: hashOfRow(row) };
}

function statesAfter({ state_snapshot: snapshot }: RecordedEvent, row: Judged, right: Led[], replays: Led[]): Candidate[] {
  const [first] = right;
  if (snapshot !== null && first !== undefined) return [{ state: snapshot, undo: first.undo }];
  if (first !== undefined) return right.flatMap(({ told, state, since, undo }) => asCandidate(told ?? state, since, undo));
  const [wrong] = replays;
  const told = snapshot ?? wrong?.told ?? null;
  if (told === null) return replays.flatMap(({ state, since, undo }) => asCandidate(state, since, undo));
  return [
    ...asCandidate(told, { row, isOfSnapshot: true }),
    ...asCandidate(wrong?.state ?? null, { row, isOfSnapshot: false }, wrong?.undo),
  ];
}

function isSame(a: SessionState | null, b: SessionState | null): boolean {
  return a !== null && b !== null && canonicalJson(a) === canonicalJson(b);
}

function asCandidate(state: SessionState | null, since?: Candidate['since'], undo?: UndoHistory): Candidate[] {
  return state === null ? [] : [{ state, since, undo }];
}

/** Notes, for a row at which snapshot and rules differed, what a later row shows about it. */
function tellWhichWasRight(replays: readonly Led[], right: readonly Led[]): void {
  const row = replays[0]?.since?.row;
  if (row === undefined) return;
  const isSnapshotRight = right.some(({ since }) => since?.isOfSnapshot === true);
  const areRulesRight = right.some(({ since }) => since?.isOfSnapshot === false);
  // If both or none lead on, nothing is known yet; of several rows that follow, one is enough.
  if (isSnapshotRight === areRulesRight) return;
  row.snapshotLeadsOn = row.snapshotLeadsOn === true || isSnapshotRight;
}

function ownProblem(event: RecordedEvent, state: SessionState | undefined, before: Read | undefined): string | null {
  const { session_id, version, epoch, event_type, state_snapshot: snapshot, changes } = event;
  if (snapshot === null) {
    if (changes == null && !followsByItself(event)) return 'has neither a snapshot nor changes';
    if (state !== undefined && mustCarrySnapshot(event, state, before?.states[0]?.state)) return 'has no snapshot';
  } else if (changes != null) {
    return 'has changes beside its snapshot';
  } else if (snapshot.session_id !== session_id || snapshot.version !== version || snapshot.epoch !== epoch) {
    return 'has the snapshot of another event';
  }
  if ((version === 1) !== (event_type === 'session_created')) return `is a ${event_type} at version ${version}`;
  return null;
}

/** The state that the rules give for an event after a state that may be right. */
type Led = Replayed & Pick<Candidate, 'since'>;

function replayed(before: SessionState | null, event: RecordedEvent, { since, undo }: Partial<Candidate> = {}): Led {
  try {
    return { ...replay(before, event, undo), since };
  } catch (error) {
    if (error instanceof NewerSchemaError) throw error;
    const problem = event.state_snapshot === null ? 'has changes that lead to no state' : "has a snapshot that is no session's state";
    return { state: null, told: event.state_snapshot, problem, since };
  }
}

/** How the session's row differs from its newest event; null if it agrees with one of the possible states. */
function sessionProblem(row: SyncSession, { event, states }: Read): string | null {
  const problems = states.map(({ state }) => differenceOf(row, state, event));
  return problems.includes(null) ? null : (problems[0] ?? null);
}

function differenceOf(row: SyncSession, state: SessionState, { event_type, timestamp }: RecordedEvent): string | null {
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
