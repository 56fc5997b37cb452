import type { JsonObject, SessionState } from '#contract';
import { afterChanges, readChanges } from '../domain/recorded-changes.ts';
import { stateAfter } from '../domain/replay.ts';
import { readSnapshot, type Schema, textAsRead } from '../domain/schema.ts';
import type { EventRow, RowPosition } from './event-rows.ts';
import { toRecordedEvent } from './history-event.ts';

/** A state in the form in which rows keep it, or as this version reads it. */
type Kept = { text: string } | { stored: JsonObject } | { read: SessionState };

/**
 * The state of a session after the last of the rows that were handed in: its snapshot, what its changes make of the
 * state before, or what the rules lead to. Parses nothing before somebody asks.
 */
export class Fold {
  readonly #schema: Schema;
  #at: RowPosition;
  #kept: Kept;

  private constructor(row: RowPosition, text: string, schema: Schema) {
    this.#at = row;
    this.#kept = { text };
    this.#schema = schema;
  }

  /** Begins with a row; null if it has no snapshot. */
  static from(row: EventRow, schema: Schema): Fold | null {
    return row.snapshot === null ? null : new Fold(row, row.snapshot, schema);
  }

  /** The row that was taken last. */
  get at(): RowPosition {
    return this.#at;
  }

  /** Whether the next row may be this one: the next version of the same epoch. */
  precedes({ epoch, version }: RowPosition): boolean {
    return this.#at.epoch === epoch && this.#at.version === version - 1;
  }

  /**
   * Takes the next row.
   * @throws Error where its changes or the rules lead nowhere, NewerSchemaError
   */
  take(row: EventRow): void {
    if (row.snapshot !== null) this.#kept = { text: row.snapshot };
    else if (!this.precedes(row)) throw new Error(`version ${row.version} does not follow version ${this.#at.version}`);
    else if (row.changes === null || 'read' in this.#kept)
      this.#kept = { read: stateAfter(this.state(), toRecordedEvent(row, this.#schema)) };
    // Changes are in the form of the snapshot that they follow.
    else this.#kept = { stored: afterChanges(this.#stored(this.#kept), readChanges(row.changes)) };
    this.#at = row;
  }

  /** Throws NewerSchemaError. */
  state(): SessionState {
    if ('read' in this.#kept) return this.#kept.read;
    const stored = this.#stored(this.#kept);
    this.#kept = { stored };
    return readSnapshot(stored, this.#schema) as SessionState;
  }

  /** JSON of the state; a snapshot as it is stored. Throws NewerSchemaError. */
  json(): string {
    return 'text' in this.#kept ? textAsRead(this.#kept.text, this.#schema) : JSON.stringify(this.state());
  }

  #stored(kept: Exclude<Kept, { read: SessionState }>): JsonObject {
    return 'text' in kept ? (JSON.parse(kept.text) as JsonObject) : kept.stored;
  }
}
