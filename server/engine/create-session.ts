import type { SessionState } from '#contract';
import { created, type NewSession, refusalOfCreate } from '../domain/create.ts';
import { nextEpoch } from '../domain/recover.ts';
import { refuse } from '../domain/refusal.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type Archive, FINISHED } from './archive.ts';
import { clockUnusable, denied, lostEveryRace, noteOf, repeated } from './checks.ts';
import type { CommandContext, Outcome } from './command-context.ts';
import { CommandInstant } from './command-instant.ts';
import type { Clock } from './clock.ts';
import { type Committed, type Committer, isLive } from './committer.ts';
import type { IdempotencyRecord, StoredSession } from './ports.ts';

export interface CreatorOptions {
  committer: Committer;
  archive: Archive;
  clock: Clock;
  metrics: Metrics;
  logger: Logger;
}

/** Runs the commit of a new session; lets its creator enter its room first. */
export type Around = (state: SessionState, commit: () => Promise<Outcome>) => Promise<Outcome>;

/** How many races a create may lose to others that created and deleted the same id. */
const ATTEMPTS = 100;
/**
 * How far a creation is moved at most, so that it differs from that of the previous incarnation. An epoch further ahead
 * comes from a clock that was set back.
 */
const CREATION_APART_MAX_MS = 20;

/**
 * Creates a session; refuses an id that is in use with SESSION_EXISTS and never overwrites it. An id that the server
 * has just generated (`fresh`) is not in use.
 */
export async function createSession(
  options: CreatorOptions,
  payload: NewSession,
  context: CommandContext,
  fresh: boolean,
  around: Around,
): Promise<Outcome> {
  const { archive, committer } = options;
  const commandInstant = new CommandInstant(context.arrival, options);
  // A repeated create is answered with the session, which may be somebody else's by now.
  const again = async (record: IdempotencyRecord, session: StoredSession | null) =>
    (await denied(session, context, record)) ?? repeated(record, session, payload.session_id, context);
  const invalid = refusalOfCreate(payload, commandInstant.at);
  if (invalid !== null) {
    const dependsOnTime = payload.starts_at !== undefined || payload.concurrent === true;
    if (!dependsOnTime || context.command === undefined) return invalid;
    // Its start and its closings may have been in the future when the same create came first.
    const { session, command } = await archive.find(payload.session_id, context.command);
    return command === null ? invalid : again(command, session);
  }
  const exists = refuse('SESSION_EXISTS', `Session ${payload.session_id} exists already`);
  const known = fresh ? null : await archive.ask(payload.session_id);
  let spent = known?.state.epoch ?? 0;
  if (known !== null) {
    const isUnfinished = !known.deleted && !FINISHED.has(known.state.status);
    // An id stays with its former owner, since it leads to their history.
    const isForeign = (await context.authorize?.(known.state, false)) != null;
    if (isUnfinished || isForeign) {
      const { session, command } = await archive.find(payload.session_id, context.command);
      if (command !== null) return again(command, session);
      if (isLive(session) || isForeign) return exists;
      // It was deleted, but the trail does not have that yet.
      spent = Math.max(spent, session?.epoch ?? 0);
    }
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const instant = creationAfter(spent, commandInstant.at);
    const event = created(payload, instant, nextEpoch(spent, instant), noteOf(context));
    let result: Committed | undefined;
    const outcome = await around(event.state, async () => {
      result = await committer.commit({ base: null, events: [event], instant, command: context.command });
      return result.outcome === 'committed' ? { ok: true, state: event.state } : exists;
    });
    if (outcome.ok || result === undefined) return outcome;
    // A finished session may leave Redis before the idempotency record of its create.
    if (result.outcome === 'repeated') return again(result.command, result.session ?? (await archive.find(payload.session_id)).session);
    if (result.outcome === 'conflict') {
      if (isLive(result.session)) return exists;
      spent = Math.max(spent, result.session?.epoch ?? 0);
    } else if (!(await commandInstant.redo())) return clockUnusable();
  }
  return lostEveryRace();
}

/**
 * When a session is created whose id had an epoch before: `created_at` tells incarnations of an id apart, so no two are
 * created in the same millisecond.
 */
function creationAfter(spent: number, instant: number): number {
  return spent >= instant && spent - instant < CREATION_APART_MAX_MS ? spent + 1 : instant;
}
