import { randomBytes } from 'node:crypto';
import type { ChainableCommander } from 'ioredis';
import type { SessionEvent } from '../domain/draft.ts';
import { encodeState, SCHEMA, type Schema } from '../domain/schema.ts';
import type { Commit, Publication, SessionPosition, SessionStore } from '../engine/ports.ts';
import { asWritten, chainEvents, memoryJson, toCommitResult, toMemory, toOutage, toPosition, toSession, TOKEN_LENGTH } from './codec.ts';
import type { RedisClient } from './connection.ts';
import { PARTITIONS, partitionOf } from '../domain/partitions.ts';
import { createKeys } from './keys.ts';
import { joinPieces, layOut } from './layout.ts';
import { reachable, whatAnswers } from './reachable.ts';
import { loadScript, runScript } from './script.ts';
import { NO_SKEW } from './skew.ts';

const COMMIT = loadScript('commit');
const ATTEND = loadScript('attend');
const MARK = loadScript('mark');
const OUTLIVED = loadScript('outlived');

/** A gap between two marks of any instances that counts as an outage, and how many are remembered. */
const OUTAGE_MS = 3_000;
const OUTAGES_KEPT = 100;

/** How far a judged instant may be from the clock of Redis at the commit: ahead only by an error of our clock, behind by time spent waiting. */
const AHEAD_MAX_MS = 50;
const BEHIND_MAX_MS = 3_000;

/** Sessions in Redis, each a hash that only the commit script writes. */
export function createSessionStore(redis: RedisClient, keyPrefix: string, schema: Schema = SCHEMA, skew = NO_SKEW): SessionStore {
  const keys = createKeys(keyPrefix);
  // Tokens are unique for each commit of each process, all of one length, and shorter than UUIDs.
  const process = randomBytes(9).toString('base64url');
  let commits = 0;

  return {
    load: (sessionId, commandId) =>
      reachable(async () => {
        const key = keys.session(sessionId);
        const sessionOf = (fields: Record<string, string>) => toSession([fields['m'], joinPieces(fields)], schema);
        if (commandId === undefined) return { session: sessionOf(await redis.hgetall(key.session)), command: null };
        const replies = await redis.pipeline().hgetall(key.session).get(key.command(commandId)).exec();
        return {
          session: sessionOf(valueOf<Record<string, string>>(replies?.[0])),
          command: toMemory(valueOf<string | null>(replies?.[1])),
        };
      }),

    commit: (commit) =>
      reachable(async () => {
        const last = lastOf(commit.events);
        const key = keys.session(last.state.session_id);
        const memory = commit.command === undefined ? key.session : key.command(commit.command.id);
        const token = process + (commits++).toString(36).padStart(TOKEN_LENGTH - process.length, '0');
        const { texts, lastHash } = commit.audit ? chainEvents(commit.events, commit.previousHash) : { texts: [], lastHash: null };
        const partition = partitionOf(last.state.session_id);
        const publications = commit.publications?.({ lastHash, token }) ?? [];
        const args = commitArguments(commit, last, token, skew.of(partition), texts, lastHash, publications, schema);
        const reply = await runScript(redis, COMMIT, [key.session, key.agenda, key.outbox, memory], args);
        const result = toCommitResult(reply, lastHash, token, schema);
        if (result.outcome === 'clock') await skew.measure(partition);
        return result;
      }),

    remember: (sessionId, command, version) =>
      reachable(async () => {
        const key = keys.session(sessionId).command(command.id);
        return (await redis.set(key, memoryJson(command, version), 'PX', command.rememberMs, 'NX')) === 'OK';
      }),

    attend: ({ state, version, epoch }, thresholds, attention) =>
      reachable(async () => {
        const { session_id } = state;
        const key = keys.session(session_id);
        const claimed = await runScript(
          redis,
          ATTEND,
          [key.session, key.agenda],
          [version, epoch, session_id, attention ?? '', ...thresholds],
        );
        return (claimed as string[] | null)?.map(Number) ?? null;
      }),

    overdue: (before, limit) =>
      reachable(async () => {
        const partitions = Array.from({ length: PARTITIONS }, (_, index) => keys.partition(index).agenda);
        return (await whatAnswers(partitions.map((agenda) => redis.zrangebyscore(agenda, '-inf', before, 'LIMIT', 0, limit)))).flat();
      }),

    setAside: (sessionId) =>
      reachable(async () => {
        await redis.zrem(keys.session(sessionId).agenda, sessionId);
      }),

    forget: (sessionId) =>
      reachable(async () => {
        const key = keys.session(sessionId);
        await runScript(redis, ATTEND, [key.session, key.agenda], ['', '', sessionId, '']);
      }),

    mark: () =>
      reachable(async () => {
        const outages = await runScript(redis, MARK, [keys.mark, keys.outages], [OUTAGE_MS, OUTAGES_KEPT]);
        return (outages as string[]).map(toOutage);
      }),

    outlived: (sessionId) => reachable(async () => (await runScript(redis, OUTLIVED, [keys.session(sessionId).session], [])) === 1),

    positions: (sessionIds) =>
      reachable(async () => {
        // One pipeline a partition: a write a session would hold up everything else for long, and no pipeline may cross the nodes of a cluster.
        const pipelines = new Map<number, ChainableCommander>();
        const found: (SessionPosition | null | undefined)[] = sessionIds.map(() => undefined);
        for (const [index, id] of sessionIds.entries()) {
          const partition = partitionOf(id);
          const pipeline = pipelines.get(partition) ?? redis.pipeline();
          pipelines.set(partition, pipeline);
          void pipeline.hget(keys.session(id).session, 'm', (_error, facts) => {
            found[index] = facts === undefined ? undefined : toPosition(facts);
          });
        }
        await whatAnswers([...pipelines.values()].map(async (pipeline) => (await pipeline.exec())?.forEach(valueOf)));
        return found;
      }),
  };
}

/** ARGV of commit.lua, in its order. */
function commitArguments(
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
  // What an unknown commit left is not known piece by piece.
  const before = base?.token == null ? null : asWritten(base.state ?? null);
  const { text, pieces, replaces } = deleted
    ? { text: '', pieces: [], replaces: true }
    : layOut(last.state, before, () => snapshotAt(newest), schema);
  // The last snapshot is the stored state itself; it travels once.
  const snapshotOf = (index: number) => (index < newest || deleted ? encodeState(snapshotAt(index), schema) : '');
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
    commit.attention ?? '',
    (commit.sameClock === true ? '+' : '') + commit.warnings.join(','),
    command === undefined ? '' : memoryJson(command, version),
    command?.rememberMs ?? 0,
    commit.instant,
    AHEAD_MAX_MS,
    BEHIND_MAX_MS,
    commit.notBefore,
    skew,
    lastHash ?? '',
    base?.token ?? '',
    texts.length,
    // Where the state begins in what is stored, less its brace; Lua counts from 1.
    encodeState('{', schema).length + 1,
    replaces ? '1' : '0',
    pieces.length,
    ...pieces.flat(),
    ...texts.flatMap((event, index) => [event, snapshotOf(index)]),
    ...publications.flatMap(({ channel, head, tail }) => [channel, head, tail]),
  ];
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
