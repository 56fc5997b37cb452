import { iso, PRESENT_RULES } from '#clock';
import type { EventType, SessionState, Status } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';
import { type Incarnation, incarnationOf } from '../engine/incarnation.ts';
import { hashOf, type TrailEvent } from '../engine/trail-event.ts';
import type { SessionEvent } from '../domain/event.ts';
import { NO_TURNS, type UndoHistory } from '../domain/undo.ts';
import { decodeState, NewerSchemaError, schemaOf, type Schema } from '../domain/schema.ts';
import {
  type CommandKey,
  type CommitResult,
  type IdempotencyRecord,
  type SessionPosition,
  type StoredSession,
  UnreadableStateError,
} from '../engine/ports.ts';

type Field = string | null | undefined;

/** All tokens of commits are this long. */
export const TOKEN_LENGTH = 20;

/** What is stored of a session besides its state, in the order in which commit.lua writes it. */
const FACTS = ['version', 'epoch', 'status', 'kind', 'redisRun', 'hash', 'expiredSince', 'warnings', 'tokens'] as const;
/** Stands for a missing value. */
const NONE = '-';

export type StoredFacts = Record<(typeof FACTS)[number], string | null>;

/** Reads the first line of a stored session. */
export function readFacts(text: string): StoredFacts {
  const values = text.split(' ');
  return Object.fromEntries(FACTS.map((name, index) => [name, values[index] === NONE ? null : (values[index] ?? null)])) as StoredFacts;
}

/** The first line of a stored session. */
export function writeFacts(facts: StoredFacts): string {
  return FACTS.map((name) => facts[name] ?? NONE).join(' ');
}

/** States that were stored in an older form, so that a commit must write all of their pieces. */
const upgraded = new WeakSet<SessionState>();

/** The state, if Redis has it in the present form; else null. */
export function asWritten(state: SessionState | null): SessionState | null {
  return state === null || upgraded.has(state) ? null : state;
}

/**
 * Reads a session from its facts, the text of its whole state, and what is kept to take turns back; null if nothing is
 * stored. Throws UnreadableStateError, NewerSchemaError.
 */
export function toSession([text, json, undo]: Field[], schema: Schema): StoredSession | null {
  if (text == null) return null;
  const { version, epoch, hash, expiredSince, warnings, tokens } = readFacts(text);
  const state = json == null ? null : parseState(json, schema);
  const session: StoredSession = {
    version: Number(version),
    epoch: Number(epoch),
    state,
    warnings: warnings === null ? [] : warnings.split(',').map(Number),
    expiredSince: toExpiredSince(expiredSince, state),
    lastHash: hash,
    // The newest comes first.
    token: tokens?.slice(0, TOKEN_LENGTH) ?? null,
  };
  if (state?.undo_depth !== undefined) session.undo = undo == null ? NO_TURNS : (JSON.parse(undo) as UndoHistory);
  return session;
}

/** What stands behind a stored state: on a line of its own, what is kept to take turns back, if anything is. */
export function undoText(undo: UndoHistory | undefined): string {
  return undo === undefined || undo === NO_TURNS ? '' : `\n${JSON.stringify(undo)}`;
}

/** `version@instant`. */
export function expiredSinceText(since: StoredSession['expiredSince']): string {
  return since === null ? NONE : `${since.version}@${since.at}`;
}

/** Earlier builds stored no instant. Then somebody may have played until the last event. */
function toExpiredSince(text: string | null, state: SessionState | null): StoredSession['expiredSince'] {
  if (text === null || state === null) return null;
  const [version, at] = text.split('@');
  return { version: Number(version), at: at === undefined ? Date.parse(state.updated_at) : Number(at) };
}

/** Splits a stored session into facts, state (null once deleted), and what is kept to take turns back. */
export function splitStored(text: string | null): [facts: string | null, state: string | null, undo: string | null] {
  if (text === null) return [null, null, null];
  const end = text.indexOf('\n');
  // A state ends with a brace, or opens its participants: only what stands behind it ends so.
  const behind = text.endsWith(']') ? text.lastIndexOf('\n') : end;
  if (behind === end) return [text.slice(0, end), text.slice(end + 1) || null, null];
  return [text.slice(0, end), text.slice(end + 1, behind), text.slice(behind + 1)];
}

/** The position of a session, read from the beginning of its text; null if the text is empty. */
export function toPosition(text: string): SessionPosition | null {
  if (text === '') return null;
  const { version, epoch, status, kind } = readFacts(text);
  return { version: Number(version), epoch: Number(epoch), status: status as Status, event_type: kind as EventType };
}

/** What is stored under a `command_id`. The incarnation is called `life` there, and stays so: other builds read it. */
interface StoredRecord {
  fingerprint: string;
  version: number;
  life?: string;
}

/** Reads what is stored under a `command_id`; null where nothing is. */
export function toRecord(json: Field): IdempotencyRecord | null {
  if (json == null) return null;
  const { fingerprint, version, life } = JSON.parse(json) as StoredRecord;
  return { fingerprint, version, incarnation: life };
}

/** What to store under a `command_id`, given the state that the command led to. */
export function recordJson({ fingerprint }: CommandKey, state: Pick<SessionState, 'version'> & Incarnation): string {
  return JSON.stringify({ fingerprint, version: state.version, life: incarnationOf(state) } satisfies StoredRecord);
}

/** The reply of commit.lua. */
export function toCommitResult(reply: unknown, lastHash: string | null, token: string, schema: Schema): CommitResult {
  const [outcome, ...fields] = reply as [string, ...Field[]];
  if (outcome === 'ok') return { outcome: 'committed', lastHash, token };
  if (outcome === 'clock' || outcome === 'other_run' || outcome === 'behind') return { outcome };
  const [facts, state, record, undo] = fields;
  const session = toSession([facts, state, undo], schema);
  const command = toRecord(record);
  return command === null ? { outcome: 'conflict', session } : { outcome: 'repeated', session, command };
}

/**
 * The events as texts for the outbox, each with the hash of the event before it, and the hash of the last one: SHA-256
 * over the event's canonical JSON. Version of the rules and snapshot are not hashed, since replaying checks them. The
 * last snapshot is the text that is stored as the state.
 */
export function chainEvents(events: SessionEvent[], previousHash: string | null): { texts: string[]; lastHash: string | null } {
  let lastHash = previousHash;
  const texts = events.map((event) => {
    const text = eventText(event, lastHash);
    lastHash = hashOf(text);
    return text.slice(0, -1) + MADE_BY;
  });
  return { texts, lastHash };
}

/** The end of an event's JSON: the version of the rules that made it. */
const MADE_BY = `,"rules":${PRESENT_RULES.version}}`;

function eventText(event: SessionEvent, previous_hash: string | null): string {
  const { session_id, epoch, version } = event.state;
  const { event_type, group_id, metadata, participant_id, time_elapsed_ms, time_remaining_ms } = event;
  const timestamp = iso(event.at);
  // In alphabetical order, so that the JSON of most events is canonical already.
  const told = {
    epoch,
    event_type,
    group_id,
    metadata,
    participant_id,
    previous_hash,
    session_id,
    time_elapsed_ms,
    time_remaining_ms,
    timestamp,
    version,
  } satisfies TrailEvent;
  const free = Object.values(metadata);
  return free.length === 0 || (free.length === 1 && typeof free[0] === 'string') ? JSON.stringify(told) : canonicalJson(told);
}

function parseState(json: string, schema: Schema): SessionState {
  let state: SessionState | null;
  try {
    state = decodeState(json, schema) as SessionState | null;
  } catch (error) {
    if (error instanceof NewerSchemaError) throw error;
    throw new UnreadableStateError('a stored state is not JSON', { cause: error });
  }
  if (!Array.isArray(state?.participants)) throw new UnreadableStateError('a stored state is not a session');
  if (schemaOf(json) !== schema.writes) upgraded.add(state);
  return state;
}
