import type { SessionState } from '#contract';
import type { SessionEvent } from '../domain/event.ts';
import { recordedChanges } from '../domain/recorded-changes.ts';
import { encodeChanges, encodeState, type Schema } from '../domain/schema.ts';
import { followsByItself, isTooLarge, mustCarrySnapshot, saveEnough } from '../domain/snapshots.ts';
import { BRIEF_FIELDS } from '../engine/trail-event.ts';
import type { Commit, Publication } from '../engine/ports.ts';
import { asWritten, expiredSinceText, recordJson, undoText } from './codec.ts';
import { isInPieces, layOut } from './layout.ts';

/**
 * How far a command's instant may be from the clock of Redis at the commit: ahead only by an error of this instance's
 * clock, behind by the time that the command has waited.
 */
const AHEAD_MAX_MS = 50;
const BEHIND_MAX_MS = 3_000;

/** The arguments (ARGV) of commit.lua, in the order in which the script names them. */
export function commitArguments(
  commit: Commit,
  last: SessionEvent,
  token: string,
  skew: number,
  texts: string[],
  lastHash: string | null,
  publications: Publication[],
  schema: Schema,
): (string | number)[] {
  const { base, command, snapshotAt } = commit;
  const { session_id, version, epoch, status } = last.state;
  const deleted = last.event_type === 'session_deleted';
  const newest = commit.events.length - 1;
  // If the base's commit is unknown, so are the pieces that it left in Redis.
  const before = base?.token == null ? null : asWritten(base.state ?? null);
  const { text, pieces, replaces } = deleted
    ? { text: '', pieces: [], replaces: true }
    : layOut(last.state, before, () => snapshotAt(newest), schema);
  const snapshotOf = (index: number) => {
    const { state } = commit.events[index] ?? last;
    const changes = changesAt(commit, index, text);
    if (changes !== null) return encodeChanges(changes, Object.fromEntries(BRIEF_FIELDS.map((name) => [name, state[name]])));
    // The last snapshot is the stored state itself, so it is sent once only.
    return index < newest || deleted ? encodeState(snapshotAt(index), schema) : '';
  };
  return [
    base?.version ?? 0,
    base?.epoch ?? 0,
    token,
    session_id,
    version,
    epoch,
    status,
    last.event_type,
    text,
    commit.lifetimeMs,
    commit.nextDue ?? '',
    (commit.sameClock === true ? '+' : '') + commit.warnings.join(','),
    command === undefined ? '' : recordJson(command, last.state),
    command?.rememberMs ?? 0,
    Math.max(commit.instant - AHEAD_MAX_MS, commit.notBefore) + skew,
    (commit.oldest ?? commit.instant) + BEHIND_MAX_MS + skew,
    lastHash ?? '',
    base?.token ?? '',
    texts.length,
    // Where the contract's part of the stored state begins, without its brace; Lua counts from 1.
    encodeState('{', schema).length + 1,
    replaces ? '1' : commit.commands !== undefined && isInPieces(text) ? '2' : '0',
    pieces.length,
    expiredSinceText(commit.expiredSince ?? null),
    deleted ? '' : undoText(commit.undo),
    ...(commit.commands?.flatMap((each, index) => {
      return each === undefined ? [] : [recordJson(each, commit.events[index]?.state ?? last.state), each.rememberMs];
    }) ?? []),
    ...pieces.flat(),
    ...texts.flatMap((event, index) => [event, snapshotOf(index)]),
    ...publications.flatMap(({ channel, head, tail }) => [channel, head, tail]),
  ];
}

/**
 * What an event tells the trail in place of the state after it; null where it goes with the state. `text` is the stored
 * state after the last event, without its pieces.
 */
function changesAt({ base, events, previousHash }: Commit, index: number, text: string): string | null {
  const event = events[index];
  const before = events[index - 1]?.state ?? base?.state;
  // Without an event before it in the trail, or with one in an older form, there is nothing that changes would lead on
  // from.
  if (event === undefined || before == null || previousHash === null || asWritten(before) === null) return null;
  if (mustCarrySnapshot(event, event.state, before)) return null;
  const bytes = text.length + piecesLength(event.state, text);
  if (!isTooLarge(bytes) && (index === events.length - 1 || !followsByItself(event))) return null;
  const changes = event.changes ?? JSON.stringify(recordedChanges(before, event.state));
  return saveEnough(changes.length, bytes) ? changes : null;
}

/**
 * About how many characters all pieces of a state have; participants are much alike, so the first one stands for all.
 */
function piecesLength({ participants }: SessionState, text: string): number {
  return isInPieces(text) ? participants.length * JSON.stringify(participants[0]).length : 0;
}
