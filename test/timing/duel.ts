import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { cycleTimeUsed, predictStart, predictSwitch, remaining } from '#clock';
import type { ItemInput, SessionState } from '#contract';
import { create } from '../../server/domain/create.ts';
import { decide, type TimerCommand } from '../../server/domain/decide.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import { catchUp } from '../../server/domain/catch-up.ts';
import type { Outage } from '../../server/domain/outage.ts';
import { isScheduledStart } from '../../server/domain/scheduled-start.ts';
import { type UndoHistory, undoHistoryAfter } from '../../server/domain/undo.ts';
import { type Change, type CycleGuard, ORIGIN, SEATS, type Step, STRANGER, type Wish } from './random-games.ts';
import { Reference } from './reference.ts';
import type { Payload } from './reference-seats.ts';

/**
 * The server's rules as the engine uses them: what ran out before a command comes first, then the command. Nothing
 * handed in may be changed.
 */
export class Table {
  state: SessionState;
  /** What is kept so that turns can be taken back, as Redis has it. */
  history: UndoHistory | undefined;
  readonly events: SessionEvent[];
  /** When no instance served anybody, oldest first. */
  readonly outages: Outage[];

  constructor(game: Payload, outages: Outage[] = []) {
    this.outages = outages;
    const created = create(deepFreeze(game), ORIGIN);
    if (!created.ok) throw new Error(`the drawn game is not valid: ${JSON.stringify(created)}`);
    this.events = [created.event];
    this.state = deepFreeze(created.event.state);
    this.history = undoHistoryAfter(undefined, null, created.event);
  }

  /**
   * Applies what ran out and what outages changed up to an instant, at most `limit` at a time. In an outage nobody is
   * there to do it; how long it was is known when it is over.
   */
  pass(instant: number, limit = 1_000): void {
    const until = ORIGIN + instant;
    if (this.outages.some(({ from, to }) => from < until && until < to)) return;
    const over = this.outages.filter(({ to }) => to <= until);
    for (;;) {
      const before = this.state.updated_at;
      let taken = 0;
      for (const event of catchUp(this.state, until, over)) {
        this.#take(event);
        if (++taken === limit) break;
      }
      if (taken === 0) return;
      // An outage pauses a session as of its beginning, so the event before it can be of the same instant.
      if (this.state.updated_at <= before && this.state.status !== 'paused')
        throw new Error('a clock runs out again and again without any time going by');
    }
  }

  /** Sends a command; the code of its refusal, or null. */
  send(command: TimerCommand, instant: number): string | null {
    const before = this.state;
    const decision = decide(before, deepFreeze(command), ORIGIN + instant, { history: this.history });
    if (command.type === 'switch') comparePrediction(before, command, ORIGIN + instant, decision);
    if (!decision.ok) return decision.code;
    this.#take(decision.event);
    return null;
  }

  /** Goes on with the state as a client or Redis would read it. */
  reload(): void {
    const read = JSON.parse(JSON.stringify(this.state)) as SessionState;
    same(read, this.state, 'a state is plain JSON');
    this.state = deepFreeze(read);
    if (this.history !== undefined) this.history = deepFreeze(JSON.parse(JSON.stringify(this.history)) as UndoHistory);
  }

  #take(...events: SessionEvent[]): void {
    for (const event of events) {
      // A client shows a planned start at its instant, before the server has said so.
      if (isScheduledStart(event)) {
        same(predictStart(this.state, event.at - 1), null, 'nothing is shown before a planned start');
        same(predictStart(this.state, event.at + 1), { ...event.state, version: this.state.version }, 'the predicted start');
      }
      this.events.push(event);
      this.history = deepFreeze(undoHistoryAfter(this.history, this.state, event));
      expect((this.history?.length ?? 1) - 1, 'turns that can be taken back').to.equal(event.state.undo_available ?? 0);
      this.state = deepFreeze(event.state);
    }
  }
}

/** A command, the instant at which it came, and the same by a clock that never ran backwards. */
export interface Order {
  command: TimerCommand;
  instant: number;
  now: number;
}

/**
 * Plays a drawn sequence with the server's rules and with the reference side by side and compares everything after each
 * step.
 */
export function duel(game: Payload, steps: Step[]): { table: Table; orders: Order[] } {
  const reference = new Reference(game, ORIGIN);
  const table = new Table(game);
  const orders: Order[] = [];
  let over = 0;
  compare(table, reference);
  for (const { outages, wait, back, wish, limit, apt } of steps) {
    for (const gap of outages) {
      reference.tickTo(reference.now + gap.wait);
      const from = ORIGIN + reference.now;
      reference.standStill(gap.lasts);
      table.outages.push({ from, to: ORIGIN + reference.now });
    }
    reference.tickTo(reference.now + waitOf(wait, reference));
    table.pass(reference.now, limit);
    compare(table, reference);
    const command = commandOf(apt ? aptly(wish, reference) : wish, game, reference);
    const settled = reference.notes.at(-1)?.state.updated_at === iso(reference.now);
    const instant = settled ? reference.now - back : reference.now;
    orders.push({ command, instant, now: reference.now });
    const answer = table.send(command, instant);
    expect(answer, JSON.stringify(command)).to.equal(reference.obey(command));
    compare(table, reference);
    table.reload();
    // A few more commands find the session over; the rest would tell nothing new.
    if (['expired', 'completed', 'cancelled'].includes(reference.status)) over += 1;
    if (over === 5 || table.events.at(-1)?.event_type === 'session_deleted') break;
  }
  return { table, orders };
}

/** A wish that the status allows, where there is one. */
function aptly(wish: Wish, { status, startsAt }: Reference): Wish {
  // Where a start is planned, time will bring it.
  if (status === 'pending' && wish.type !== 'adjust' && wish.type !== 'schedule' && startsAt === null)
    return { type: 'start', who: undefined };
  if (status === 'paused' && ['start', 'switch', 'extend', 'pause'].includes(wish.type)) return { type: 'resume' };
  if (status === 'running' && ['start', 'resume'].includes(wish.type))
    return { type: 'switch', guard: 'active', next: undefined, cycle: undefined };
  return wish;
}

/** What a wish means at this moment. */
function commandOf(wish: Wish, game: Payload, reference: Reference): TimerCommand {
  const count = game.participants?.length ?? 0;
  const name = (number: number | undefined) =>
    number === undefined ? undefined : number < STRANGER && count > 0 ? SEATS[number % count] : 'stranger';
  switch (wish.type) {
    case 'start':
      return { type: 'start', active_participant_id: name(wish.who) };
    case 'switch': {
      const guard = wish.guard === 'active' ? (reference.active?.id ?? undefined) : name(wish.guard);
      const next_item_id = wish.item === undefined ? undefined : itemOf(wish.item, reference);
      const cycle_count = cycleOf(wish, reference);
      return { type: 'switch', current_participant_id: guard, next_participant_id: name(wish.next), next_item_id, cycle_count };
    }
    case 'extend':
      return { type: 'extend', participant_id: name(wish.who), cycle_count: cycleOf(wish, reference) };
    case 'schedule':
      return { type: 'schedule', starts_at: wish.ahead === undefined ? undefined : iso(reference.now + wish.ahead) };
    case 'adjust': {
      const player = wish.who < STRANGER ? reference.players[wish.who % count] : undefined;
      const byName = { participant_id: name(wish.who) ?? 'stranger' };
      const byGroup = { group_id: player?.group ?? 'strangers' };
      const right = game.sync_mode === 'per_participant' ? byName : game.sync_mode === 'per_group' ? byGroup : {};
      const owner = { right, none: {}, participant: byName, group: byGroup, both: { ...byName, ...byGroup } }[wish.owner];
      const has = player === undefined ? reference.left() : reference.leftOf(player);
      const running = game.sync_mode === 'per_participant' || game.sync_mode === 'per_group' ? has : reference.left();
      return { type: 'adjust', ...owner, delta_ms: deltaOf(wish.change, running ?? 0, reference.overrun) };
    }
    case 'edit':
      return { type: 'edit', items: editedItems(wish, reference) };
    case 'complete':
      return { type: 'complete', outcome: { after: reference.cycles } };
    case 'undo':
      // Where only the server's rules tell what becomes of the clocks, examples do (undo.test.ts).
      if (!reference.tells(wish.turns ?? 1, wish.clock === 'charge')) return { type: 'pause' };
      return { type: 'undo', turns: wish.turns, clock: wish.clock };
    default:
      return { type: wish.type };
  }
}

function cycleOf({ cycle }: { cycle: CycleGuard }, { cycles }: Reference): number | undefined {
  return cycle === undefined ? undefined : cycles - (cycle === 'former' ? 1 : 0);
}

function itemOf(number: number, { sheet }: Reference): string {
  const { lines = [] } = sheet ?? {};
  return (number < STRANGER ? lines[number % Math.max(1, lines.length)]?.given.item_id : undefined) ?? 'stranger';
}

/** The list as it stands, without some of its lines, with new ones at its end, and perhaps in disorder. */
function editedItems({ without, more, swap, rename }: Extract<Wish, { type: 'edit' }>, { sheet }: Reference): ItemInput[] {
  const kept = (sheet?.lines ?? []).filter((_, place) => !without.includes(place));
  const items: ItemInput[] = structuredClone(kept.map(({ given }) => given));
  if (swap && items.length > 1) items.push(...items.splice(-2, 1));
  if (rename) for (const item of items) delete item.time_ms;
  items.push(...more.map((time_ms, place) => ({ item_id: `more-${place}`, time_ms })));
  return items.length === 0 ? [{ time_ms: 1_000 }] : items;
}

function deltaOf(change: Change, has: number, overrun: number): number {
  if ('delta' in change) return change.delta;
  return ('leave' in change ? change.leave : change.leaveUntilFall - overrun) - has;
}

/** How long a wait is; a clock that can't run out, or one that an adjustment made a day long, is not waited for. */
function waitOf(wait: Step['wait'], reference: Reference): number {
  if ('ms' in wait) return wait.ms;
  const left = reference.left() ?? 0;
  if (left > 5_000) return 5;
  return Math.max(0, 'pastZero' in wait ? left + wait.pastZero : left + reference.overrun + wait.pastDeadline);
}

function compare(table: Table, reference: Reference): void {
  const { events } = table;
  expect(events.length, 'as many events').to.equal(reference.notes.length);
  for (let place = events.length - 1; place >= 0 && place > events.length - 200; place--) {
    if (seen.has(events[place] as object)) break;
    same(events[place], reference.notes[place], `event ${place + 1}`);
    seen.add(events[place] as object);
  }
  const now = ORIGIN + reference.now;
  for (const player of reference.players) {
    same(remaining(table.state, { participant_id: player.id }, now), reference.leftOf(player), `what ${player.id} has left`);
  }
  for (const team of reference.teams)
    same(remaining(table.state, { group_id: team.id }, now), reference.bankOf(team), `what ${team.id} has left`);
  same(remaining(table.state, 'session', now), reference.left(), 'what the running clock has left');
  const { cycle_time_used_ms = 0 } = reference.notes.at(-1)?.state ?? {};
  if (reference.status !== 'running') same(cycleTimeUsed(table.state, now), cycle_time_used_ms, 'what a clock at rest has used');
}

/** What a client shows of a switch before it is answered is what the server makes of it, but for the version. */
function comparePrediction(
  before: SessionState,
  {
    current_participant_id: guard,
    next_participant_id: next,
    next_item_id: item,
    cycle_count: cycle,
  }: Extract<TimerCommand, { type: 'switch' }>,
  instant: number,
  decision: ReturnType<typeof decide>,
): void {
  const predicted = predictSwitch(before, instant, next, item);
  if (decision.ok) same(predicted, { ...decision.event.state, version: before.version }, 'the predicted switch');
  else if (guard === undefined && cycle === undefined) same(predicted, null, 'the prediction of a switch that is refused');
}

const seen = new WeakSet();

/** Deep equality that tells −0 from 0, and only where it fails takes the time to tell how. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  expect(actual, what).to.deep.equal(expected);
  throw new Error(`${what}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
}

/** Freezes a value through and through: whoever writes to it throws. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

function iso(instant: number): string {
  return new Date(ORIGIN + instant).toISOString();
}
