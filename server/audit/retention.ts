import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../observability/logger.ts';
import { every } from '../util/every.ts';
import { within } from '../util/within.ts';
import type { PrismaClient } from './generated/client.ts';
import { causeOf } from './database-errors.ts';

const INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Sessions deleted by one statement: a few thousand events, so that no other statement waits long. */
const BATCH = 50;
/** Pause between batches, which leaves time for the statements that write. */
const PAUSE_MS = 50;
const CLOSE_DEADLINE_MS = 2_000;

export interface RetentionOptions {
  database: PrismaClient;
  /** How long a session is kept after its last event. */
  days: number;
  logger: Logger;
  /** Unix ms of the authoritative clock. */
  now: () => number;
}

/**
 * Deletes sessions from the trail that finished long ago, now and every hour. Several processes may do so at once: they
 * take different sessions.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #closing: Promise<void> | undefined;

  /** Begins at once. */
  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Ends after the present batch. Never rejects, and takes at most two seconds. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await within(CLOSE_DEADLINE_MS, this.#running, () => {});
  }

  async #run(): Promise<void> {
    const sweep = () => this.#sweep();
    await sweep();
    await every(INTERVAL_MS, this.#stop.signal, sweep, () => {});
  }

  async #sweep(): Promise<void> {
    const { database, days, logger, now } = this.#options;
    const before = new Date(now() - days * DAY_MS);
    let sessions = 0;
    try {
      for (let deleted = BATCH; deleted === BATCH && !this.#stop.signal.aborted;) {
        deleted = await deleteFinished(database, before, BATCH);
        sessions += deleted;
        if (deleted === BATCH) await wait(PAUSE_MS);
      }
    } catch (error) {
      logger.warn({ cause: causeOf(error) }, 'deleting old sessions from the trail failed; trying again in an hour');
    }
    if (sessions > 0) logger.info({ sessions, before: before.toISOString() }, 'old sessions deleted from the trail');
  }
}

/**
 * Deletes finished sessions, the oldest first, with all their events. Returns how many.
 *
 * The statement locks a session's row before it checks it again. If its id is used again at this moment, the row is
 * either seen as unfinished, or the new row is written after the old one is gone. Events newer than the row are never
 * touched, and sessions stay of which a webhook has something to deliver.
 * @param before only sessions whose last event is older
 */
export async function deleteFinished(database: PrismaClient, before: Date, limit: number): Promise<number> {
  return database.$executeRaw`
    WITH old AS MATERIALIZED (
      SELECT session_id, epoch, version FROM sync_sessions
      WHERE (deleted_at IS NOT NULL OR status IN ('expired', 'completed', 'cancelled')) AND updated_at < ${before.toISOString()}::timestamptz
        AND NOT EXISTS (SELECT FROM webhook_deliveries WHERE webhook_deliveries.session_id = sync_sessions.session_id AND webhook_deliveries.status = 'pending')
      ORDER BY updated_at LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ), events AS (
      DELETE FROM sync_events USING old
      WHERE sync_events.session_id = old.session_id AND (sync_events.epoch, sync_events.version) <= (old.epoch, old.version)
    )
    DELETE FROM sync_sessions USING old WHERE sync_sessions.session_id = old.session_id`;
}
