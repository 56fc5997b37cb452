import { randomBytes } from 'node:crypto';
import type { ChainableCommander } from 'ioredis';
import type { SessionEvent } from '../domain/event.ts';
import { SCHEMA, type Schema } from '../domain/schema.ts';
import type { SessionPosition, SessionStore } from '../engine/ports.ts';
import { chainEvents, recordJson, splitStored, toCommitResult, toRecord, toPosition, toSession, TOKEN_LENGTH } from './codec.ts';
import type { RedisClient } from './connection.ts';
import { commitArguments } from './commit-arguments.ts';
import { PARTITIONS, partitionOf } from '../domain/partitions.ts';
import { createKeys } from './keys.ts';
import { isInPieces, joinState } from './layout.ts';
import { reachable, whatAnswers } from './reachable.ts';
import { loadScript, runScript } from './script.ts';
import { NO_SKEW } from './skew.ts';

const COMMIT = loadScript('commit');
const CLAIM_UNTIL = loadScript('claim-until');
const CLAIM_WARNINGS = loadScript('claim-warnings');
const FROM_OTHER_RUN = loadScript('from-other-run');
const RELAY = loadScript('relay');
const WHOLE = loadScript('whole');

/** How many characters at the beginning of a stored session contain its position. */
const POSITION_CHARACTERS = 100;

const NONE: string[] = [];

type Keys = ReturnType<ReturnType<typeof createKeys>['session']>;

/** Opens the sessions in Redis. Each is a text that only scripts write. */
export function createSessionStore(redis: RedisClient, keyPrefix: string, schema: Schema = SCHEMA, skew = NO_SKEW): SessionStore {
  const keys = createKeys(keyPrefix);
  // A token is unique for each commit of each process. All have one length, and they are shorter than UUIDs.
  const process = randomBytes(9).toString('base64url');
  let commits = 0;
  /** `record` is the idempotency record at `recordKey`, read together with the text. */
  const loaded = async (text: string | null, key: Keys, record: string | null = null, recordKey = key.session) => {
    const parts = splitStored(text);
    if (parts[1] === null || !isInPieces(parts[1])) return { session: toSession(parts, schema), command: toRecord(record) };
    const reply = await runScript(redis, WHOLE, [key.session, key.pieces, recordKey], []);
    const [whole, remembered, ...pieces] = reply as [string | null, string | null, ...string[]];
    const [facts, state, undo] = splitStored(whole);
    const joined = state !== null && isInPieces(state) && pieces.length > 0 ? joinState(state, pieces) : state;
    return { session: toSession([facts, joined, undo], schema), command: recordKey === key.session ? null : toRecord(remembered) };
  };

  return {
    load: (sessionId, command) =>
      reachable(async () => {
        const key = keys.session(sessionId);
        if (command === undefined) return loaded(await redis.get(key.session), key);
        const record = key.command(command);
        // Both are read at one instant, so that a command's effect is never seen without its record.
        const replies = await redis.multi().get(key.session).get(record).exec();
        return loaded(valueOf<string | null>(replies?.[0]), key, valueOf<string | null>(replies?.[1]), record);
      }),

    commit: (commit) =>
      reachable(async () => {
        const last = lastOf(commit.events);
        const key = keys.session(last.state.session_id);
        const record = commit.command === undefined ? key.session : key.command(commit.command);
        const records = commit.commands?.flatMap((command) => (command === undefined ? [] : [key.command(command)])) ?? NONE;
        const token = process + (commits++).toString(36).padStart(TOKEN_LENGTH - process.length, '0');
        const { texts, lastHash } = commit.audit ? chainEvents(commit.events, commit.previousHash) : { texts: [], lastHash: null };
        const partition = partitionOf(last.state.session_id);
        const publications = commit.publications?.({ lastHash, token }) ?? [];
        const args = commitArguments(commit, last, token, skew.of(partition), texts, lastHash, publications, schema);
        const reply = await runScript(redis, COMMIT, [key.session, key.dueSet, key.outbox, record, key.pieces, key.seen, ...records], args);
        const result = toCommitResult(reply, lastHash, token, schema);
        if (result.outcome === 'clock') await skew.measure(partition);
        return result;
      }),

    remember: (state, command) =>
      reachable(async () => {
        const key = keys.session(state.session_id).command(command);
        return (await redis.set(key, recordJson(command, state), 'PX', command.rememberMs, 'NX')) === 'OK';
      }),

    relay: (state, { channel, head, tail }, { expectedVersion = '', command }) =>
      reachable(async () => {
        const key = keys.session(state.session_id);
        const [record, text, lasts] =
          command === undefined ? [key.session, '', 0] : [key.command(command), recordJson(command, state), command.rememberMs];
        const args = [state.epoch, expectedVersion, text, lasts, channel, head + tail];
        return (await runScript(redis, RELAY, [key.session, record], args)) === 1;
      }),

    claimWarnings: ({ state, version, epoch }, thresholds, nextDue) =>
      reachable(async () => {
        const { session_id } = state;
        const key = keys.session(session_id);
        const claimed = await runScript(
          redis,
          CLAIM_WARNINGS,
          [key.session, key.dueSet],
          [version, epoch, session_id, nextDue ?? '', ...thresholds],
        );
        return (claimed as string[] | null)?.map(Number) ?? null;
      }),

    claimUntil: ({ state, version, epoch, warnings }, until, nextDue) =>
      reachable(async () => {
        const { session_id } = state;
        const key = keys.session(session_id);
        const known = warnings.length === 0 ? '' : Math.max(...warnings);
        return (
          (await runScript(redis, CLAIM_UNTIL, [key.session, key.dueSet], [version, epoch, session_id, nextDue ?? '', known, until])) === 1
        );
      }),

    overdue: (before, limit) =>
      reachable(async () => {
        const partitions = Array.from({ length: PARTITIONS }, (_, index) => keys.partition(index).dueSet);
        return (await whatAnswers(partitions.map((dueSet) => redis.zrangebyscore(dueSet, '-inf', before, 'LIMIT', 0, limit)))).flat();
      }),

    setAside: (sessionId) =>
      reachable(async () => {
        await redis.zrem(keys.session(sessionId).dueSet, sessionId);
      }),

    forget: (sessionId) =>
      reachable(async () => {
        const key = keys.session(sessionId);
        await runScript(redis, CLAIM_WARNINGS, [key.session, key.dueSet], ['', '', sessionId, '']);
      }),

    fromOtherRun: (sessionId) =>
      reachable(async () => (await runScript(redis, FROM_OTHER_RUN, [keys.session(sessionId).session], [])) === 1),

    positions: (sessionIds) =>
      reachable(async () => {
        // One pipeline for each partition: a write for each session would hold up everything else for long, and no
        // pipeline may cross the nodes of a cluster.
        const pipelines = new Map<number, ChainableCommander>();
        const found: (SessionPosition | null | undefined)[] = sessionIds.map(() => undefined);
        for (const [index, id] of sessionIds.entries()) {
          const partition = partitionOf(id);
          const pipeline = pipelines.get(partition) ?? redis.pipeline();
          pipelines.set(partition, pipeline);
          void pipeline.getrange(keys.session(id).session, 0, POSITION_CHARACTERS - 1, (_error, text) => {
            found[index] = text === undefined ? undefined : toPosition(text);
          });
        }
        await whatAnswers([...pipelines.values()].map(async (pipeline) => (await pipeline.exec())?.forEach(valueOf)));
        return found;
      }),
  };
}

/** The events of a commit are never empty; the type checker can't know. */
function lastOf(events: SessionEvent[]): SessionEvent {
  const last = events.at(-1);
  if (last === undefined) throw new Error('a commit without events');
  return last;
}

function valueOf<Value>(reply: [Error | null, unknown] | undefined): Value {
  if (reply === undefined) throw new Error('a pipeline without replies');
  if (reply[0] !== null) throw reply[0];
  return reply[1] as Value;
}
