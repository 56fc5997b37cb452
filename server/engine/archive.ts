import { isAfter, type Position } from '#clock';
import type { SessionState, Status } from '#contract';
import { nextEpoch, recover, resume, ROLLED_BACK } from '../domain/recover.ts';
import { NewerSchemaError } from '../domain/schema.ts';
import type { SessionEvent } from '../domain/event.ts';
import type { Logger } from '../observability/logger.ts';
import { within } from '../util/within.ts';
import type { Clock } from './clock.ts';
import { type Committer, isLive } from './committer.ts';
import { incarnationOf } from './incarnation.ts';
import { lifetimeOf, shortestLifetime } from './lifetime.ts';
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
/** How long a create waits for the trail to tell whether its id is in use, ms. */
const CREATE_PATIENCE_MS = 250;
/** How far clocks may be apart when deciding whether a session has left Redis by age, ms. */
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

/** Finds sessions in Redis, or in the trail if Redis has lost or dropped them. */
export class Archive {
  readonly #options: ArchiveOptions;
  /** Sessions that were brought back, by the object that was found: several callers may have the same one. */
  readonly #woken = new WeakMap<LiveSession, Promise<StoredSession | null>>();

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  /** As `SessionStore.load`. Shows what Redis lacks as the trail has it; `wake` brings an unfinished session back. */
  async find(sessionId: string, command?: CommandKey): ReturnType<SessionStore['load']> {
    const { store, trail } = this.#options;
    const loaded = await store.load(sessionId, command);
    if (loaded.session !== null || trail === undefined) return loaded;
    const archived = await trail.newest(sessionId);
    return archived === 'unknown' || archived.deleted ? loaded : { ...loaded, session: sessionOf(archived) };
  }

  /** The position of a session in Redis; null if it is not there. */
  async position(sessionId: string): Promise<SessionPosition | null> {
    const [position] = await this.#options.store.positions([sessionId]);
    if (position === undefined) throw new StoreUnavailableError('no answer where a session stands');
    return position;
  }

  /** The state of a session in Redis. */
  async peek(sessionId: string): Promise<SessionState | null> {
    return (await this.#options.store.load(sessionId)).session?.state ?? null;
  }

  /**
   * Brings back a session that only the trail has; returns any other one as it is. Call this only for senders who may
   * use the session, since it makes a version.
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

  /** The newest state that the trail has of an id that a create wants; null if it has none or takes too long. */
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
   * Continues an incarnation of an id after a client saw a position of it that Redis lost: as the next version of the
   * newest state that Redis or the trail has of the incarnation, under an epoch after all that were seen. Does nothing
   * if Redis has that position, or if neither has the incarnation. A `claim` of a client counts only if another run of
   * Redis took the session's last commit, since otherwise clients could make versions at will. False if there was
   * nothing to continue.
   * @param incarnation as `incarnationOf` names it
   */
  async restore(sessionId: string, incarnation: string, seen: Position, { claim = false } = {}): Promise<boolean> {
    const { store, trail, logger } = this.#options;
    const isOfIncarnation = ({ state }: { state: SessionState }) => incarnationOf(state) === incarnation;
    const { session } = await store.load(sessionId);
    if (session === null) {
      const found = (await this.find(sessionId)).session;
      if (!isLive(found) || !isOfIncarnation(found)) return false;
      // If the room was told more than the trail has, that is lost.
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
   * Whether a session that only the trail has left Redis by age, with nothing lost. If that is unknown, it counts as
   * lost.
   */
  async #leftByAge({ state, ...position }: LiveSession): Promise<boolean> {
    const { departures, trail, clock, idleMs } = this.#options;
    if (departures === undefined || trail === undefined || state.status === 'running') return false;
    const { session_id } = state;
    const updatedAt = Date.parse(state.updated_at);
    const now = clock.now() + CLOCK_SLACK_MS;
    if (now < updatedAt + lifetimeOf(state, updatedAt, idleMs) || (await departures.keptSince(session_id)) > updatedAt) return false;
    // Anything committed later would have left Redis too, so it would be as old.
    if ((await departures.completeUntil(session_id)) <= now - shortestLifetime(idleMs)) return false;
    // It may have arrived since the trail was first asked.
    const newest = await trail.newest(session_id);
    return isArchived(newest) && !isAfter(newest.state, position);
  }

  /** Commits the recovery. Of several at once exactly one succeeds; the others get the session that it brought back. */
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

/** Whether only the trail has the session and it is unfinished. */
export function isDormant(session: StoredSession | null): session is LiveSession {
  return isLive(session) && session.archived === true && !FINISHED.has(session.state.status);
}

function isArchived(newest: ArchivedSession | string | undefined | void): newest is ArchivedSession {
  return typeof newest === 'object' && !newest.deleted;
}

function sessionOf({ state, lastHash }: ArchivedSession): LiveSession {
  return { version: state.version, epoch: state.epoch, state, warnings: [], expiredSince: null, lastHash, token: null, archived: true };
}
