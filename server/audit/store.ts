import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../observability/logger.ts';
import { answers } from './database.ts';
import type { PrismaClient } from './generated/client.ts';
import { insertEvents } from './insert.ts';
import { causeOf, verdictOf } from './database-errors.ts';
import { type QueuedEvent, type ReadEvent, readEvent } from './rows.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** After so many unclear errors, while the database answers, the events are blamed. */
const UNCLEAR_ATTEMPTS = 3;

/** An event that the database refuses, and why. */
export interface RefusedEvent {
  queued: QueuedEvent;
  cause: string;
}

/** Writes events to PostgreSQL; waits while it is out of reach. */
export class EventStore {
  readonly #database: PrismaClient;
  readonly #logger: Logger;
  readonly #owed: (endpointIds: string[]) => void;
  #reachable = true;
  #comingBack: Promise<void> | undefined;

  /** @param owed called with the webhook endpoints that got deliveries */
  constructor(database: PrismaClient, logger: Logger, owed: (endpointIds: string[]) => void = () => {}) {
    this.#database = database;
    this.#logger = logger;
    this.#owed = owed;
  }

  /** False after a failure that was no refusal, until the next success. */
  get reachable(): boolean {
    return this.#reachable;
  }

  /**
   * Writes events; events that are stored already stay as they are. Resolves with the refused ones when each event is
   * stored or refused. Waits while the database is out of reach; aborting `signal` ends the wait with the signal's
   * reason. Writing again is harmless.
   */
  async write(events: QueuedEvent[], signal: AbortSignal): Promise<RefusedEvent[]> {
    const refused: RefusedEvent[] = [];
    const read: ReadEvent[] = [];
    for (const queued of events) {
      try {
        read.push(readEvent(queued));
      } catch (error) {
        refused.push({ queued, cause: causeOf(error) });
      }
    }
    if (read.length > 0) refused.push(...(await this.#halve(read, signal)));
    return refused;
  }

  /** One refused event makes the whole statement fail; halving finds it and stores all others. */
  async #halve(events: ReadEvent[], signal: AbortSignal): Promise<RefusedEvent[]> {
    const cause = await this.#insert(events, signal);
    if (cause === undefined) return [];
    if (events.length === 1) return events.map(({ queued }) => ({ queued, cause }));
    const middle = events.length >> 1;
    return [...(await this.#halve(events.slice(0, middle), signal)), ...(await this.#halve(events.slice(middle), signal))];
  }

  /** Undefined when they are stored; else why they were refused. */
  async #insert(events: ReadEvent[], signal: AbortSignal): Promise<string | undefined> {
    for (let unclear = 0; ;) {
      signal.throwIfAborted();
      try {
        const owed = await insertEvents(this.#database, events);
        this.#found();
        if (owed.length > 0) this.#owed(owed);
        return undefined;
      } catch (error) {
        const verdict = error instanceof SyntaxError ? 'refused' : verdictOf(error);
        if (verdict === 'unclear') unclear++;
        if (verdict === 'refused' || unclear >= UNCLEAR_ATTEMPTS) return causeOf(error);
        this.#lost(error);
        await this.#back(signal);
      }
    }
  }

  #lost(error: unknown): void {
    if (this.#reachable) this.#logger.warn({ cause: causeOf(error) }, 'the database takes no events; they wait in the queue');
    this.#reachable = false;
  }

  #found(): void {
    if (!this.#reachable) this.#logger.info('the database takes events again');
    this.#reachable = true;
  }

  /** Waits until the database answers. All waiting writes share one probe. */
  async #back(signal: AbortSignal): Promise<void> {
    this.#comingBack ??= this.#probe(signal).finally(() => {
      this.#comingBack = undefined;
    });
    await this.#comingBack;
  }

  async #probe(signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    do {
      await wait(pause, undefined, { signal });
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    } while (!(await answers(this.#database)));
  }
}
