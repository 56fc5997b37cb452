import { iso } from '#arithmetic';
import type { EventType, SessionState, Status } from '#contract';
import { canonicalJson } from '../domain/canonical.ts';
import { hashOf, type TrailEvent } from '../engine/trail-event.ts';
import type { Outage } from '../domain/outage.ts';
import type { SessionEvent } from '../domain/draft.ts';
import { decodeState, NewerSchemaError, type Schema } from '../domain/schema.ts';
import {
  type CommandKey,
  type CommitResult,
  type RememberedCommand,
  type SessionPosition,
  type StoredSession,
  UnreadableStateError,
} from '../engine/ports.ts';

type Field = string | null | undefined;

/** All tokens of commits are this long. */
export const TOKEN_LENGTH = 20;

/** The hash fields `v`, `e`, `s`, `w`, `x`, `h` and `t` as a session; null where nothing is stored. Throws UnreadableStateError, NewerSchemaError. */
export function toSession([version, epoch, json, armed, expiredSince, lastHash, tokens]: Field[], schema: Schema): StoredSession | null {
  if (version == null || epoch == null) return null;
  return {
    version: Number(version),
    epoch: Number(epoch),
    state: json == null ? null : parseState(json, schema),
    warnings: armed ? armed.split(',').map(Number) : [],
    expiredSince: expiredSince == null ? null : Number(expiredSince),
    lastHash: lastHash || null,
    // The newest comes first.
    token: tokens?.slice(0, TOKEN_LENGTH) ?? null,
  };
}

/** The hash fields `v`, `e`, `st` and `k`. */
export function toPosition([version, epoch, status, eventType]: Field[]): SessionPosition | null {
  if (version == null || epoch == null) return null;
  return { version: Number(version), epoch: Number(epoch), status: status as Status, event_type: eventType as EventType };
}

/** What is stored under a command_id. */
export function toMemory(json: Field): RememberedCommand | null {
  return json == null ? null : (JSON.parse(json) as RememberedCommand);
}

/** What to store under a command_id. */
export function memoryJson(command: CommandKey, version: number): string {
  return JSON.stringify({ fingerprint: command.fingerprint, version } satisfies RememberedCommand);
}

/** The reply of commit.lua. */
export function toCommitResult(reply: unknown, lastHash: string | null, token: string, schema: Schema): CommitResult {
  const [outcome, ...fields] = reply as [string, ...Field[]];
  if (outcome === 'ok') return { outcome: 'committed', lastHash, token };
  if (outcome === 'clock' || outcome === 'life') return { outcome };
  const session = toSession(fields, schema);
  const command = toMemory(fields[7]);
  return command === null ? { outcome: 'conflict', session } : { outcome: 'repeated', session, command };
}

/**
 * Events as the outbox carries them, each with the hash of the one before it, and the hash of the last: SHA-256 over the event's canonical JSON.
 * Snapshots travel beside their events, since the last one is the very text that is stored as the state; they are covered by replaying.
 */
export function chainEvents(events: SessionEvent[], previousHash: string | null): { texts: string[]; lastHash: string | null } {
  let lastHash = previousHash;
  const texts = events.map((event) => {
    const text = eventText(event, lastHash);
    lastHash = hashOf(text);
    return text;
  });
  return { texts, lastHash };
}

function eventText(event: SessionEvent, previous_hash: string | null): string {
  const { session_id, epoch, version } = event.state;
  return canonicalJson({
    session_id,
    epoch,
    version,
    event_type: event.event_type,
    timestamp: iso(event.at),
    participant_id: event.participant_id,
    group_id: event.group_id,
    time_elapsed_ms: event.time_elapsed_ms,
    time_remaining_ms: event.time_remaining_ms,
    metadata: event.metadata,
    previous_hash,
  } satisfies TrailEvent);
}

/** `from-to` as mark.lua writes it. */
export function toOutage(text: string): Outage {
  const [from, to] = text.split('-').map(Number);
  return { from: from ?? 0, to: to ?? 0 };
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
  return state;
}
