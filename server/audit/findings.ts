import { isAfter } from '#clock';
import type { RowPosition } from './event-rows.ts';
import { keyOf } from './history.ts';

/** A row that differs from what was committed. `missing`: a row that should be there is not. */
export interface Finding {
  version: number;
  epoch: number;
  kind: 'altered' | 'missing' | 'inserted';
  /** What is wrong with it, in words. */
  what: string;
}

/** What verification knows of a row, before it is decided which row is to blame. */
export interface Judged extends RowPosition {
  /** The row that this one must follow; null if there is none. */
  before: Judged | null;
  /** Whether it has a snapshot. */
  isWhole: boolean;
  /** The last row before it that has one: the state before it follows from that. Null if there is none. */
  base: Judged | null;
  /** Whether it names the row before it by the right hash. A first row must name none. */
  linked: boolean;
  /** What is wrong with the row, apart from its neighbours. */
  ownProblem: string | null;
  /** Why the rules don't lead from the row before it to this one. */
  replayProblem: string | null;
  /**
   * If the rules do not lead from the previous row to this snapshot: true if the next rows follow from the snapshot,
   * false if they follow from what the rules make of the previous row. Null if unknown.
   */
  snapshotLeadsOn: boolean | null;
}

const NOT_KNOWN = "is newer than anything the session's row knows";
const NOTHING_FOLLOWS = 'no event follows it, though the session went on';
const FOLLOWER_DIFFERS = 'the event after it names it by another hash';
const LEADS_NOWHERE = 'has a snapshot from which the rules do not lead on';
const OR_BEFORE = ', or the event before it was altered';
const OR_BASE = ', or an event before it was altered';
const NAMES_ANOTHER = 'names another event before it';

/**
 * Decides which rows are to blame for what was found; by version. An altered row makes its neighbours look wrong too:
 * they are not blamed for that, and are judged again when the first one is repaired.
 * @param rows every row of the session's present incarnation, oldest versions first
 * @param newest the session's position by its row in `sync_sessions`
 */
export function blame(rows: readonly Judged[], newest: RowPosition): Finding[] {
  const blamed = new Map<string, Finding>();
  const accuse = (row: RowPosition, kind: Finding['kind'], what: string) => {
    if (!blamed.has(keyOf(row))) blamed.set(keyOf(row), findingOf(row, kind, what));
  };
  const isBlamed = (row: RowPosition) => blamed.has(keyOf(row));
  const followers = followersOf(rows);

  for (const row of rows) if (isAfter(row, newest)) accuse(row, 'inserted', NOT_KNOWN);
  for (const row of deadEnds(rows, followers, newest)) accuse(row, 'inserted', NOTHING_FOLLOWS);
  for (const row of rows) if (row.ownProblem !== null) accuse(row, 'altered', row.ownProblem);
  const bases = brokenBases(rows, followers);
  for (const base of bases) accuse(base, 'altered', LEADS_NOWHERE);
  // Rows whose state is in doubt, with all up to the next one from which the rules lead on.
  const doubtful = new Set<Judged>();
  for (const row of rows) {
    const { before, base } = row;
    if (row.replayProblem !== null && before !== null && (isBlamed(before) || doubtful.has(before))) doubtful.add(row);
    if (isBlamed(row) || doubtful.has(row) || (before !== null && isBlamed(before)) || (base !== null && bases.has(base))) continue;
    const after = followers.get(row) ?? [];
    if (row.replayProblem !== null) {
      const isUnsure = base?.before === null && row.linked && row.snapshotLeadsOn === null;
      accuse(row, 'altered', row.replayProblem + (isUnsure ? (base === before ? OR_BEFORE : OR_BASE) : ''));
      continue;
    }
    if (row.linked) continue;
    if (before === null || followers.get(before)?.some((other) => other.linked)) accuse(row, 'altered', NAMES_ANOTHER);
    // A row's hash covers the hash that it names; if that was altered, the next row does not fit either.
    else if (after.some((other) => other.linked)) accuse(before, 'altered', FOLLOWER_DIFFERS);
    else accuse(row, 'altered', after.length > 0 ? NAMES_ANOTHER : `${NAMES_ANOTHER}, or that one was altered`);
  }
  return [...blamed.values()];
}

/**
 * First rows whose snapshot is to blame for what does not follow from it. No row leads to a first snapshot; but if the
 * rules do not lead from it to the next snapshot, and that one agrees with what comes later, then the first is wrong.
 */
function brokenBases(rows: readonly Judged[], followers: Map<Judged, Judged[]>): Set<Judged> {
  const bases = rows.flatMap((row) => {
    const { base, isWhole, linked, replayProblem, snapshotLeadsOn } = row;
    if (base?.before !== null || !isWhole || !linked || replayProblem === null || snapshotLeadsOn !== true) return [];
    return followers.get(row)?.some((other) => other.linked) === true ? [base] : [];
  });
  return new Set(bases);
}

/** For each row, the rows that follow it. */
function followersOf(rows: readonly Judged[]): Map<Judged, Judged[]> {
  const followers = new Map<Judged, Judged[]>();
  for (const row of rows) {
    if (row.before === null) continue;
    const known = followers.get(row.before);
    if (known === undefined) followers.set(row.before, [row]);
    else known.push(row);
  }
  return followers;
}

/**
 * Rows of the newest epoch of their version which nothing follows, although there are later versions. History would end
 * there for users.
 */
function deadEnds(rows: readonly Judged[], followers: Map<Judged, Judged[]>, newest: RowPosition): Judged[] {
  const newestOfVersion = new Map<number, Judged>();
  const versions = new Map<number, number>();
  for (const row of rows) {
    const known = newestOfVersion.get(row.version);
    if (known === undefined || known.epoch < row.epoch) newestOfVersion.set(row.version, row);
    versions.set(row.version, (versions.get(row.version) ?? 0) + 1);
  }
  return [...newestOfVersion.values()].filter(
    (row) => row.version < newest.version && (versions.get(row.version) ?? 0) > 1 && versions.has(row.version + 1) && !followers.has(row),
  );
}

/** A finding about the row at this position. */
export function findingOf({ version, epoch }: RowPosition, kind: Finding['kind'], what: string): Finding {
  return { version, epoch: Number(epoch), kind, what };
}
