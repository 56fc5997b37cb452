import type { SessionState, Status } from '#contract';
import { nextEpoch, recover, resume, ROLLED_BACK } from '../domain/recover.ts';
import { NewerSchemaError } from '../domain/schema.ts';
import { isAfter, type Position } from '../domain/position.ts';
import type { SessionEvent } from '../domain/event.ts';
import type { Logger } from '../observability/logger.ts';
import { within } from '../util/within.ts';
import type { Clock } from './clock.ts';
import { type Committer, isLive } from './committer.ts';
import { incarnationOf } from './incarnation.ts';
import { shortestLifetime } from './lifetime.ts';
import {
  type CommandKey,
  type LiveSession,
  type SessionPosition,
  type SessionStore,
  type StoredSession,
  StoreUnavailableError,
} from './ports.ts';
import type { ArchivedSession, Departures, Trail } from './trail-ports.ts';

export const FINISHED: ReadonlySet<Status> = new Set(['expired', 'completed', 'cancelled']);
/** How long a create waits to hear from the trail whether its id is in use. */
const CREATE_PATIENCE_MS = 250;
/** How far clocks may be apart when it is judged whether a session has left Redis by age, ms. */
const CLOCK_SLACK_MS = 100;

export interface ArchiveOptions {
  store: SessionStore;
  /** Undefined where no trail can be read. */
  trail?: Trail | undefined;
  departures?: Departures | undefined;
  /** How long an idle session stays in Redis, ms. */
  idleMs: number;
  committer: Committer;
  clock: Clock;
  logger: Logger;
}

/** Finds sessions wherever they are: in Redis, or in the trail once Redis has lost or dropped them. */
export class Archive {
  readonly #options: ArchiveOptions;
  /** What was brought back, by what was found of it: many may have been given the same. */
  readonly #woken = new WeakMap<LiveSession, Promise<StoredSession | null>>();

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  /**
   * As `SessionStore.load`. What Redis lacks is shown as the trail has it; a session that is unfinished there is
   * brought back by `wake`.
   */
  async find(sessionId: string, command?: CommandKey): ReturnType<SessionStore['load']> {
    const { store, trail } = this.#options;
    const loaded = await store.load(sessionId, command);
    if (loaded.session !== null || trail === undefined) return loaded;
    const archived = await trail.newest(sessionId);
    return archived === 'unknown' || archived.deleted ? loaded : { ...loaded, session: sessionOf(archived) };
  }

  /** Where a session stands in Redis; null where it is not there. */
  async position(sessionId: string): Promise<SessionPosition | null> {
    const [position] = await this.#options.store.positions([sessionId]);
    if (position === undefined) throw new StoreUnavailableError('no answer where a session stands');
    return position;
  }

  /** A session's state as Redis has it. */
  async peek(sessionId: string): Promise<SessionState | null> {
    return (await this.#options.store.load(sessionId)).session?.state ?? null;
  }

  /**
   * Brings back a session that only the trail has; any other is returned as it is. For those who may have to do with
   * it: it makes a version.
   */
  async wake(session: StoredSession | null): Promise<StoredSession | null> {
    if (!isDormant(session)) return session;
    const woken = this.#woken.get(session) ?? this.#wake(session);
    this.#woken.set(session, woken);
    return woken;
  }

  async #wake(session: LiveSession): Promise<StoredSession | null> {
    const { state } = session;
    return (await this.#leftByAge(session)) ? this.#recover(session, (now) => resume(state, now)) : this.#recover(session);
  }

  /**
   * The trail's word on an id that a create wants: the newest that it knows of it, null when that is nothing or takes
   * too long.
   */
  async ask(sessionId: string): Promise<ArchivedSession | null> {
    const { trail, logger } = this.#options;
    if (trail === undefined) return null;
    const newest = trail.newest(sessionId).catch((error: unknown) => {
      if (error instanceof NewerSchemaError) throw error;
      const level = error instanceof StoreUnavailableError ? 'debug' : 'error';
      logger[level]({ session: sessionId, err: error }, 'the trail does not say whether an id is in use; Redis decides');
      return null;
    });
    const answer = await within(CREATE_PATIENCE_MS, newest, () => null);
    return answer === 'unknown' ? null : answer;
  }

  /**
   * Goes on with an incarnation of an id of which somebody has seen a position that Redis lost: as the next version of
   * the newest state that Redis or the trail has of that incarnation, under an epoch after all that were seen. Does
   * nothing where Redis has that position, and where neither has that incarnation. A `claim` counts only if Redis has
   * begun another run since the session's last commit: who claims could make versions at will otherwise.
   * False where there was nothing to go on with.
   * @param incarnation as `incarnationOf` names it
   */
  async restore(sessionId: string, incarnation: string, seen: Position, { claim = false } = {}): Promise<boolean> {
    const { store, trail, logger } = this.#options;
    const isOfIncarnation = ({ state }: { state: SessionState }) => incarnationOf(state) === incarnation;
    const { session } = await store.load(sessionId);
    if (session === null) {
      const found = (await this.find(sessionId)).session;
      if (!isLive(found) || !isOfIncarnation(found)) return false;
      // What a room was told and the trail lacks is lost.
      await (!claim && isAfter(seen, found) && isDormant(found) ? this.#recover(found) : this.wake(found));
      return true;
    }
    if (!isLive(session) || !isAfter(seen, session) || (claim && !(await store.fromOtherRun(sessionId)))) return false;
    const archived = await trail?.newest(sessionId).catch((error: unknown) => {
      if (error instanceof NewerSchemaError) throw error;
      const level = error instanceof StoreUnavailableError ? 'debug' : 'error';
      logger[level]({ session: sessionId, err: error }, 'the trail does not say what Redis lost; going on with what Redis has');
    });
    // Without a token: what Redis has is not this state, so none of its pieces may stay.
    const newer = isArchived(archived) && isAfter(archived.state, session) && isOfIncarnation(archived) ? archived : null;
    const base: LiveSession = newer === null ? session : { ...session, state: newer.state, lastHash: newer.lastHash, token: null };
    if (!isOfIncarnation(base)) return false;
    await this.#recover(base, (now) => {
      const event = recover(base.state, now, ROLLED_BACK);
      event.state.epoch = nextEpoch(Math.max(seen.epoch, session.epoch), event.state.epoch);
      return event;
    });
    return true;
  }

  /**
   * Whether a session that only the trail has left Redis because it was idle for long, and the trail has all of it.
   * Where that can't be told, it was lost.
   */
  async #leftByAge({ state, ...position }: LiveSession): Promise<boolean> {
    const { departures, trail, clock, idleMs } = this.#options;
    if (departures === undefined || trail === undefined || state.status === 'running') return false;
    const { session_id } = state;
    const updatedAt = Date.parse(state.updated_at);
    const now = clock.now() + CLOCK_SLACK_MS;
    if (now < updatedAt + idleMs || (await departures.keptSince(session_id)) > updatedAt) return false;
    // Whatever was committed of it later has left Redis as well, so it is as old.
    if ((await departures.completeUntil(session_id)) <= now - shortestLifetime(idleMs)) return false;
    // It may have arrived since the trail was asked.
    const newest = await trail.newest(session_id);
    return isArchived(newest) && !isAfter(newest.state, position);
  }

  /** Exactly one of racing recoveries goes through; the others take what it brought back. */
  async #recover(base: LiveSession, eventAt = (now: number): SessionEvent => recover(base.state, now)): Promise<StoredSession | null> {
    const { committer, clock, logger } = this.#options;
    for (let redone = false; ; redone = true) {
      const now = Math.floor(clock.now());
      const event = eventAt(now);
      const result = await committer.commit({ base, events: [event], instant: now, command: undefined });
      if (result.outcome !== 'clock') {
        const { session_id, version } = base.state;
        const level = event.metadata['resumed'] === true ? 'info' : 'warn';
        if (result.outcome === 'committed') logger[level]({ session: session_id, version }, 'session brought back');
        return result.session;
      }
      if (redone) throw new StoreUnavailableError('the clock of this instance is not in step');
      await clock.sample();
    }
  }
}

/** Whether only the trail has a session that is not finished. */
export function isDormant(session: StoredSession | null): session is LiveSession {
  return isLive(session) && session.archived === true && !FINISHED.has(session.state.status);
}

function isArchived(newest: ArchivedSession | string | undefined | void): newest is ArchivedSession {
  return typeof newest === 'object' && !newest.deleted;
}

function sessionOf({ state, lastHash }: ArchivedSession): LiveSession {
  return { version: state.version, epoch: state.epoch, state, warnings: [], expiredSince: null, lastHash, token: null, archived: true };
}
