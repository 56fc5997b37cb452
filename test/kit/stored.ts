import type { HistoryEvent, SessionState } from '#contract';
import { stateAfter } from '../../server/domain/replay.ts';
import { decodeState, isBrief, isChanges, SCHEMA } from '../../server/domain/schema.ts';
import type { OutboxEntry } from '../../server/audit/outbox-port.ts';
import { createKeys } from '../../server/store/keys.ts';
import { toEntry } from '../../server/store/outbox.ts';
import { readFacts, splitStored, type StoredFacts, writeFacts } from '../../server/store/codec.ts';
import type { RedisClient } from '../../server/store/connection.ts';

/** The facts that Redis holds of a session beside its state, read from Redis itself. */
export async function factsIn(redis: RedisClient, key: string): Promise<StoredFacts> {
  return readFacts(splitStored(await redis.get(key))[0] ?? '');
}

/** The text of the state that Redis holds of a session; '' where it holds none. */
export async function stateIn(redis: RedisClient, key: string): Promise<string> {
  return splitStored(await redis.get(key))[1] ?? '';
}

/**
 * Changes a stored session without the server. It gets another token, unless one is given, so that no instance goes on
 * with the state in its cache.
 */
export async function tamper(redis: RedisClient, key: string, changes: Partial<StoredFacts>, state?: string): Promise<void> {
  const facts = writeFacts({ ...(await factsIn(redis, key)), tokens: 'another-commit', ...changes });
  const [, stored, undo] = splitStored(await redis.get(key));
  await redis.set(key, `${facts}\n${state ?? stored ?? ''}${undo === null ? '' : `\n${undo}`}`, 'KEEPTTL');
}

/** The entries of a session in the outbox, oldest first, read from Redis itself. */
export async function entriesOf(redis: RedisClient, prefix: string, session: string): Promise<OutboxEntry[]> {
  const entries = await redis.xrange(createKeys(prefix).session(session).outbox, '-', '+');
  return entries.map(toEntry).filter(({ event }) => (JSON.parse(event) as HistoryEvent).session_id === session);
}

/**
 * The history that entries of the outbox hold, with the snapshots that they leave out. `changed` is a state that was
 * put into Redis without an event.
 */
export function historyIn(entries: OutboxEntry[], changed?: SessionState): HistoryEvent[] {
  let state: SessionState | undefined;
  return entries.map((entry) => {
    const { rules, ...event } = JSON.parse(entry.event) as Omit<HistoryEvent, 'state_snapshot'> & { rules?: number };
    if (changed !== undefined && state?.version === changed.version) state = changed;
    const isTold = !isBrief(entry.state) && !isChanges(entry.state);
    const changes = isChanges(entry.state) ? JSON.stringify((JSON.parse(entry.state) as { changes: object }).changes) : null;
    if (isTold) state = decodeState(entry.state, SCHEMA) as SessionState;
    else if (state !== undefined) state = stateAfter(state, { ...event, state_snapshot: null, changes, rules });
    return { ...event, state_snapshot: state as SessionState };
  });
}
