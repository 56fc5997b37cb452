import type { CreatePayload, JsonObject, SessionState } from '#contract';
import type { QueuedEvent } from '../../server/audit/rows.ts';
import { create } from '../../server/domain/create.ts';
import { decide, type TimerCommand } from '../../server/domain/decide.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import { expire } from '../../server/domain/expire.ts';
import { takeIntoAccount } from '../../server/domain/outage.ts';
import { recover } from '../../server/domain/recover.ts';
import { startScheduled } from '../../server/domain/scheduled-start.ts';
import { recordedChanges } from '../../server/domain/recorded-changes.ts';
import { encodeBrief, encodeChanges } from '../../server/domain/schema.ts';
import { mustCarrySnapshot } from '../../server/domain/snapshots.ts';
import { type UndoHistory, undoHistoryAfter } from '../../server/domain/undo.ts';
import { BRIEF_FIELDS } from '../../server/engine/trail-event.ts';
import { chainEvents } from '../../server/store/codec.ts';
import { BEGIN } from './kit.ts';

/** Writes down a session as instances do, event by event, at instants of its own. */
export class RecordedSession {
  readonly events: SessionEvent[] = [];
  /** As they would leave the outbox. */
  readonly queued: QueuedEvent[] = [];
  #history: UndoHistory | undefined;
  readonly #byChanges: boolean;
  #hash: string | null = null;
  #at: number;

  /** `byChanges`: events carry changes wherever those of a large session do, however small this one is. */
  constructor(payload: CreatePayload & { session_id: string }, epoch = BEGIN, { byChanges = false } = {}) {
    this.#at = epoch;
    this.#byChanges = byChanges;
    const decision = create(payload, this.#at);
    if (!decision.ok) throw new Error(decision.message);
    decision.event.state.epoch = epoch;
    this.#write(decision.event);
  }

  get state(): SessionState {
    const last = this.events.at(-1);
    if (last === undefined) throw new Error('nothing was written');
    return last.state;
  }

  /** A command, a second after the last event. */
  do(command: TimerCommand, metadata: JsonObject = {}): this {
    const decision = decide(this.state, command, (this.#at += 1000), { history: this.#history });
    if (!decision.ok) throw new Error(decision.message);
    Object.assign(decision.event.metadata, metadata);
    return this.#write(decision.event);
  }

  /** Lets time go by until the planned start. */
  startByItself(): this {
    this.#at = Math.max(this.#at, Date.parse(this.state.starts_at ?? ''));
    return this.#write(startScheduled(this.state));
  }

  /** Lets the running clock run out. */
  expire(): this {
    this.#at = Math.max(this.#at, Date.parse(this.state.deadline_at ?? ''));
    return this.#write(expire(this.state));
  }

  /** Leaves out what the last event tells of the state, as earlier releases did where the rules lead to it. */
  briefly(): this {
    const last = this.queued.at(-1);
    if (last !== undefined) last.state = encodeBrief(this.#brief());
    return this;
  }

  /** An outage of five seconds that began a second ago. */
  outage(): this {
    const from = this.#at + 1000;
    this.#at = from + 5000;
    return this.#write(takeIntoAccount(this.state, { from, to: this.#at }));
  }

  /** Redis was lost, and the trail had nothing newer than `version` at that moment. */
  recover(version = this.state.version, bringBack = recover): this {
    const index = this.events.findLastIndex(({ state }) => state.version === version);
    const snapshot = this.events[index];
    if (snapshot === undefined) throw new Error(`no version ${version}`);
    const lost = this.queued[index + 1];
    if (lost !== undefined) this.#hash = (JSON.parse(lost.event) as { previous_hash: string | null }).previous_hash;
    return this.#write(bringBack(snapshot.state, (this.#at += 1000)));
  }

  #brief(): object {
    return Object.fromEntries(BRIEF_FIELDS.map((name) => [name, this.state[name]]));
  }

  #write(event: SessionEvent): this {
    const { texts, lastHash } = chainEvents([event], this.#hash);
    this.#hash = lastHash;
    const before = this.events.at(-1)?.state ?? null;
    this.#history = undoHistoryAfter(this.#history, before, event);
    this.events.push(event);
    const whole = !this.#byChanges || before === null || mustCarrySnapshot(event, event.state, before);
    const state = whole ? JSON.stringify(event.state) : encodeChanges(JSON.stringify(recordedChanges(before, event.state)), this.#brief());
    this.queued.push({ event: texts[0] ?? '', state });
    return this;
  }
}
