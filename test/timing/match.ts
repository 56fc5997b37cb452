import { expect } from 'chai';
import { type ClockOwner, remaining } from '#clock';
import type { CreatePayload, GroupState, ParticipantState, SessionState } from '#contract';
import { create } from '../../server/domain/create.ts';
import { decide, type TimerCommand } from '../../server/domain/decide.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import { catchUp } from '../../server/domain/catch-up.ts';
import type { Outage } from '../../server/domain/outage.ts';
import type { Refusal } from '../../server/domain/refusal.ts';
import { type UndoHistory, undoHistoryAfter } from '../../server/domain/undo.ts';

/** Nine in the morning, when every session of these tests is created. Instants are told in milliseconds after it. */
const NINE = Date.parse('2026-06-01T09:00:00.000Z');
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const DAY = 86_400_000;

type Game = Partial<CreatePayload> & Pick<CreatePayload, 'sync_mode'>;

/** The ISO instant so many milliseconds after nine. */
export function at(ms: number): string {
  return new Date(NINE + ms).toISOString();
}

/** Unix milliseconds of so many milliseconds after nine. */
export function unix(ms: number): number {
  return NINE + ms;
}

/** A session as the server keeps it: what ran out by the instant of a command is applied before it. */
export class Match {
  state: SessionState;
  /** What is kept so that turns can be taken back. */
  history: UndoHistory | undefined;
  readonly events: SessionEvent[] = [];
  /** When no server was there, oldest first. */
  readonly outages: Outage[] = [];

  constructor(game: Game) {
    const created = create({ ...game, session_id: 'match' }, NINE);
    if (!created.ok) throw new Error(created.message);
    this.events.push(created.event);
    this.state = created.event.state;
    this.history = undoHistoryAfter(undefined, null, created.event);
  }

  /** A match that was started at nine. */
  static started(game: Game): Match {
    return new Match(game).play(0, { type: 'start' });
  }

  /** Lets time pass until so many milliseconds after nine. */
  pass(ms: number): this {
    for (const event of catchUp(this.state, NINE + ms, this.outages)) {
      if (event.state.updated_at <= this.state.updated_at) throw new Error('a clock runs out again and again without any time going by');
      this.#add(event);
    }
    return this;
  }

  /** A command that must go through. */
  play(ms: number, command: TimerCommand): this {
    const decision = decide(this.pass(ms).state, command, NINE + ms, { history: this.history });
    if (!decision.ok) throw new Error(`${command.type} was refused: ${decision.code} ${decision.message}`);
    this.#add(decision.event);
    return this;
  }

  /** A switch that must go through, without a guard. */
  switch(ms: number, next_participant_id?: string): this {
    return this.play(ms, { type: 'switch', next_participant_id });
  }

  /** Why a command is refused; it must be. */
  refusal(ms: number, command: TimerCommand): Refusal {
    const decision = decide(this.pass(ms).state, command, NINE + ms, { history: this.history });
    if (decision.ok) throw new Error(`${command.type} was not refused`);
    return decision;
  }

  /** What happened last. */
  get last(): SessionEvent {
    return must(this.events.at(-1), 'event');
  }

  /** The events that were expiries. */
  get expiries(): SessionEvent[] {
    return this.events.filter((event) => event.event_type === 'participant_expired');
  }

  who(id: string): ParticipantState {
    return must(
      this.state.participants.find((participant) => participant.participant_id === id),
      id,
    );
  }

  group(id: string): GroupState {
    return must(
      this.state.groups.find((group) => group.group_id === id),
      id,
    );
  }

  /** What everybody has left as of the state, by name. */
  get times(): Record<string, number | null> {
    return Object.fromEntries(this.state.participants.map((one) => [one.participant_id, one.time_remaining_ms]));
  }

  /** What every group has left as of the state, by name. */
  get banks(): Record<string, number> {
    return Object.fromEntries(this.state.groups.map((group) => [group.group_id, group.total_time_ms]));
  }

  /** What a clock shows at an instant. */
  left(ms: number, owner: ClockOwner = 'session'): number | null {
    return remaining(this.state, owner, NINE + ms);
  }

  /** Whose turn it is, after each of so many switches, 10 ms apart and beginning at an instant. */
  turns(ms: number, count: number): (string | null)[] {
    const names = [this.state.active_participant_id];
    for (let turn = 0; turn < count; turn++) names.push(this.switch(ms + turn * 10).state.active_participant_id);
    return names;
  }

  #add(event: SessionEvent): void {
    this.events.push(event);
    this.history = undoHistoryAfter(this.history, this.state, event);
    this.state = event.state;
  }
}

/** The field and the code of the first fault of a VALIDATION_ERROR. */
export function faultOf(refusal: Refusal): string {
  expect(refusal.code).to.equal('VALIDATION_ERROR');
  const [fault] = refusal.details as { field: string; code: string }[];
  return `${fault?.field}: ${fault?.code}`;
}

function must<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}
