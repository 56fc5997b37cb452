import type { Status } from '#contract';
import { nextEpoch, recover, ROLLED_BACK } from '../domain/recover.ts';
import { NewerSchemaError } from '../domain/schema.ts';
import { isAfter, type Position } from '../domain/position.ts';
import type { SessionEvent } from '../domain/draft.ts';
import type { Logger } from '../observability/logger.ts';
import type { Clock } from './clock.ts';
import type { Committer } from './committer.ts';
import {
  type ArchivedSession,
  type LiveSession,
  type SessionStore,
  type StoredSession,
  StoreUnavailableError,
  type Trail,
} from './ports.ts';

const FINISHED: ReadonlySet<Status> = new Set(['expired', 'completed', 'cancelled']);
/** How long a create waits to hear from the trail whether its id is in use. */
const CREATE_PATIENCE_MS = 250;

export interface ArchiveOptions {
  store: SessionStore;
  /** Undefined where no trail can be read. */
  trail?: Trail | undefined;
  committer: Committer;
  clock: Clock;
  logger: Logger;
}

/** Finds sessions wherever they are: in Redis, or in the trail once Redis has lost or dropped them. */
export class Archive {
  readonly #options: ArchiveOptions;

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  /** As `SessionStore.load`. What Redis lacks is brought back from the trail when it is unfinished, and shown from there when it is finished. */
  async find(sessionId: string, commandId?: string): ReturnType<SessionStore['load']> {
    const { store, trail } = this.#options;
    const loaded = await store.load(sessionId, commandId);
    if (loaded.session !== null || trail === undefined) return loaded;
    const archived = await trail.newest(sessionId);
    if (archived === 'unknown' || archived === 'deleted') return loaded;
    const session = sessionOf(archived);
    return { ...loaded, session: FINISHED.has(archived.state.status) ? session : await this.#recover(session) };
  }

  /** The trail's word on an id that a create wants: what it knows of it, null when that is nothing or takes too long. */
  async ask(sessionId: string): Promise<{ epoch: number; unfinished: boolean } | null> {
    const { trail, logger } = this.#options;
    if (trail === undefined) return null;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, CREATE_PATIENCE_MS, null);
    });
    const newest = trail.newest(sessionId).catch((error: unknown) => {
      if (error instanceof NewerSchemaError) throw error;
      logger.debug({ session: sessionId, err: error }, 'the trail does not say whether an id is in use; Redis decides');
      return null;
    });
    const answer = await Promise.race([newest, patience]);
    clearTimeout(timer);
    if (answer === null || typeof answer === 'string') return null;
    return { epoch: answer.state.epoch, unfinished: !FINISHED.has(answer.state.status) };
  }

  /**
   * Goes on with a session of which somebody has seen a position that Redis lost: as the next version of the newest state that Redis or the trail has, under
   * an epoch after all that were seen. Does nothing where Redis has that position. A `claim` counts only if Redis has begun another life since the session's
   * last commit: who claims could make versions at will otherwise. Without the session in Redis it is as `find`.
   */
  async restore(sessionId: string, seen: Position, { claim = false } = {}): Promise<void> {
    const { store, trail, logger } = this.#options;
    const { session } = await store.load(sessionId);
    if (session === null) await this.find(sessionId);
    if (session?.state == null || !isAfter(seen, session) || (claim && !(await store.outlived(sessionId)))) return;
    const archived = await trail?.newest(sessionId).catch((error: unknown) => {
      if (error instanceof NewerSchemaError) throw error;
      logger.debug({ session: sessionId, err: error }, 'the trail does not say what Redis lost; going on with what Redis has');
    });
    // Without a token: what Redis has is not this state, so none of its pieces may stay.
    const newer = isArchived(archived) && isAfter(archived.state, session) ? { ...session, ...archived, token: null } : null;
    const base = newer ?? (session as LiveSession);
    await this.#recover(base, (now) => {
      const event = recover(base.state, now, ROLLED_BACK);
      event.state.epoch = nextEpoch(Math.max(seen.epoch, session.epoch), event.state.epoch);
      return event;
    });
  }

  /** Exactly one of racing recoveries goes through; the others take what it brought back. */
  async #recover(base: LiveSession, eventAt = (now: number): SessionEvent => recover(base.state, now)): Promise<StoredSession | null> {
    const { committer, clock, logger } = this.#options;
    for (let redone = false; ; redone = true) {
      const now = Math.floor(clock.now());
      const result = await committer.commit({ base, events: [eventAt(now)], instant: now, command: undefined });
      if (result.outcome !== 'clock') {
        const { session_id, version } = base.state;
        if (result.outcome === 'committed') logger.warn({ session: session_id, version }, 'session brought back');
        return result.session;
      }
      if (redone) throw new StoreUnavailableError('the clock of this instance is not in step');
      await clock.sample();
    }
  }
}

function isArchived(newest: ArchivedSession | string | undefined | void): newest is ArchivedSession {
  return typeof newest === 'object';
}

function sessionOf({ state, lastHash }: ArchivedSession): LiveSession {
  return { version: state.version, epoch: state.epoch, state, warnings: [], expiredSince: null, lastHash, token: null, archived: true };
}
