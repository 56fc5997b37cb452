import type { SessionState } from '#contract';
import { type EventRow, eventRows } from '../audit/event-rows.ts';
import { Prisma, type PrismaClient } from '../audit/generated/client.ts';
import { stateAt } from '../audit/state-at.ts';
import { NewerSchemaError, type Schema } from '../domain/schema.ts';
import { eventBody, messageBody } from './body.ts';
import type { DueDelivery } from './due.ts';

/** Rows before an event that are still on their way to the trail are waited for; after this time they are lost, ms. */
const PATIENCE_MS = 60_000;

/** Why there is no body: `later` where it may come yet, `gone` where the trail has lost the event. */
export type NoBody = 'later' | 'gone';

/**
 * Makes the bodies of deliveries from the trail. The body of an event is the same at every attempt, unless rows of the
 * trail were lost. Rejects with Prisma's error.
 */
export class Bodies {
  readonly #database: PrismaClient;
  readonly #schema: Schema;

  constructor(database: PrismaClient, schema: Schema) {
    this.#database = database;
    this.#schema = schema;
  }

  /** The body of a delivery. */
  async of(delivery: DueDelivery, includeState: boolean): Promise<{ text: string } | NoBody> {
    const { session_id, epoch, version, message } = delivery;
    if (message !== null) return { text: messageBody(delivery.event_type, delivery.event_at, message) };
    const at = Prisma.sql`epoch = ${epoch} AND version = ${version}`;
    const [row] = await eventRows(this.#database, session_id, at);
    if (row === undefined) return 'gone';
    const state = await this.#stateAfter(row, delivery.age_ms);
    return state === 'later' ? state : { text: eventBody(row, state, includeState) };
  }

  /** The state after an event; null if the trail can't tell it. */
  async #stateAfter(row: EventRow, ageMs: number): Promise<SessionState | null | 'later'> {
    try {
      const found = await stateAt(this.#database, row.session_id, row, this.#schema);
      if (found !== null && found.row.epoch === row.epoch && found.row.version === row.version) return found.state;
      return ageMs < PATIENCE_MS ? 'later' : null;
    } catch (error) {
      // A worker of a newer version can read it.
      if (error instanceof NewerSchemaError) return 'later';
      throw error;
    }
  }
}
