import type { CreatePayload, ItemInput, ParticipantEdit, ParticipantInput, Status } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { goesOn, instantOf, type Seat, seatOf } from './hall-seat.ts';
import { RunSheet } from './reference-programme.ts';

const DAY = 86_400_000;

/** What the reference notes of an event. */
export interface Note {
  type: string;
  at: number;
  ids: string[];
}

/** The rules of concurrent sessions told a second time: every clock is counted down by itself. Instants are Unix ms. */
export class Hall {
  status: Status = 'pending';
  cycle = 0;
  now: number;
  last: number;
  seats: Seat[];
  /** When the session starts by itself; undefined where that was never planned. */
  starts: number | null | undefined;
  closes: number | null;
  readonly sheet: RunSheet | undefined;
  readonly notes: Note[] = [];
  readonly #game: CreatePayload;

  constructor(game: CreatePayload, now: number) {
    this.#game = game;
    this.now = this.last = now;
    this.starts = instantOf(game.starts_at) ?? undefined;
    this.closes = instantOf(game.closes_at);
    if (game.items !== undefined) this.sheet = new RunSheet({ ...game, session_id: '' });
    this.seats = (game.participants ?? []).map((one) => this.#seatOf(one));
    this.note('session_created');
  }

  /** How far a clock goes on below zero. */
  get overrun(): number {
    return this.#game.overrun_ms ?? 0;
  }

  /** Whether whoever joins brings their own time. */
  get banks(): boolean {
    return this.#game.sync_mode === 'per_participant';
  }

  #seatOf(input: ParticipantInput): Seat {
    const seat = seatOf(input);
    this.#fresh(seat);
    return seat;
  }

  /** Lets time pass to an instant. */
  pass(until: number): void {
    while (this.now < until && this.status !== 'expired' && this.status !== 'completed' && this.status !== 'cancelled') {
      this.now += 1;
      if (this.status === 'running') {
        for (const seat of this.seats) {
          if (seat.status !== 'running') continue;
          seat.used += 1;
          seat.usedNow += 1;
          if (seat.left !== null) seat.left -= 1;
        }
      }
      if (this.status === 'pending' && this.starts === this.now) this.#startAll();
      this.#fall();
    }
    this.now = Math.max(this.now, until);
  }

  /** Nobody is there for so long. */
  outage(ms: number): void {
    const to = this.now + ms;
    // Nothing holds up a planned start; the rest of the outage is one of a session that runs.
    if (this.status === 'pending' && this.starts != null && this.starts > this.now && this.starts < to) {
      this.pass(this.starts);
      return this.outage(to - this.now);
    }
    const policy = this.#game.outage_policy ?? 'charge';
    if (policy === 'charge' || this.status !== 'running') return this.pass(to);
    if (policy === 'pause') {
      this.status = 'paused';
      this.note('session_paused');
      return this.pass(to);
    }
    for (const seat of this.seats) if (seat.status === 'running') seat.since += ms;
    this.now = to;
    this.note('session_credited');
    this.#fall();
  }

  /** Whether a command has an effect, and what. `arrival` may lie before the present. */
  play(command: TimerCommand, arrival: number): boolean {
    const named = 'participant_id' in command && command.participant_id !== undefined ? command.participant_id : undefined;
    const seat = this.seats.find(({ id }) => id === named);
    const isOn = this.status === 'running' || this.status === 'paused';
    switch (command.type) {
      case 'start':
        if (named !== undefined) return this.#start(seat);
        return this.#startAll();
      case 'pause':
        if (this.status !== 'running') return false;
        if (named !== undefined) return this.#move(seat, 'running', 'paused', 'participant_paused');
        this.status = 'paused';
        return this.note('session_paused');
      case 'resume':
        if (named !== undefined) return this.status === 'running' && this.#move(seat, 'paused', 'running', 'participant_resumed');
        if (this.status !== 'paused') return false;
        this.status = 'running';
        for (const one of this.seats) one.since = this.now;
        return this.note('session_resumed');
      case 'finish':
        return this.#finish(seat, arrival);
      case 'adjust':
        return (
          (isOn || this.status === 'pending') &&
          this.#adjust(named === undefined ? this.seats.filter(goesOn) : seat && [seat], command.delta_ms)
        );
      case 'switch':
        return this.status === 'running' && this.#switch(command);
      case 'schedule':
        return (isOn || this.status === 'pending') && this.#schedule(command, seat);
      case 'edit':
        if (!isOn && this.status !== 'pending') return false;
        return command.participants === undefined ? this.#edit(command.items ?? []) : this.#people(command.participants);
      case 'complete':
      case 'cancel':
        if (!isOn && this.status !== 'pending' && !(command.type === 'complete' && this.status === 'expired')) return false;
        this.#end(command.type === 'complete' ? 'completed' : 'cancelled');
        return this.note(`session_${this.status}`);
      default:
        return false;
    }
  }

  note(type: string, ids: string[] = []): true {
    this.last = this.now;
    this.notes.push({ type, at: this.now, ids });
    return true;
  }

  #fresh(seat: Seat): void {
    const { sync_mode, time_per_cycle_ms, max_time_ms } = this.#game;
    const ofCycle = this.sheet?.present?.given.time_ms ?? time_per_cycle_ms;
    const base = sync_mode === 'per_participant' ? seat.input.total_time_ms : sync_mode === 'per_cycle' ? ofCycle : max_time_ms;
    seat.given = seat.left = base === undefined ? null : this.#shareOf(seat, base);
  }

  #shareOf(seat: Seat, time: number): number {
    const { time_factor = 1, extra_time_ms = 0 } = seat.input;
    // In hundredths, as somebody with pencil and paper would.
    const hundredths = time * Math.round(time_factor * 100);
    return (hundredths - (hundredths % 100)) / 100 + (hundredths % 100 > 0 ? 1 : 0) + extra_time_ms;
  }

  /** When a seat's clock is closed. */
  closingOf(seat: Seat): number | null {
    return seat.closes ?? this.closes;
  }

  #isClosed(seat: Seat): boolean {
    const closing = this.closingOf(seat);
    return seat.out || (closing !== null && closing <= this.now);
  }

  #fall(): void {
    const runsOut = (seat: Seat) => seat.status === 'running' && this.status === 'running' && seat.left === -this.overrun;
    const fallen = this.seats.filter((seat) => goesOn(seat) && (this.#isClosed(seat) || runsOut(seat)));
    if (this.status === 'pending' && this.closes !== null && this.closes <= this.now && !this.seats.some(goesOn)) {
      this.status = 'cancelled';
      this.note('session_cancelled');
      return;
    }
    if (fallen.length === 0) return;
    // Whoever returns after the closing of a session that has not begun finds it closed.
    const first = Math.min(...fallen.map((seat) => this.closingOf(seat) ?? Infinity));
    if (this.status === 'pending' && first === this.closes) {
      this.status = 'cancelled';
      this.note('session_cancelled');
      return;
    }
    for (const seat of fallen) Object.assign(seat, { status: 'expired', hasExpired: true, expiredAt: this.now, ended: seat.ended + 1 });
    if (this.#game.action_on_timeout?.type === 'end_session' && this.status !== 'pending') this.#end('expired');
    else this.#follow();
    this.note(
      'participant_expired',
      fallen.map(({ id }) => id),
    );
  }

  #follow(): void {
    if (this.seats.some(goesOn)) return;
    if (this.status === 'pending') this.#end('cancelled');
    else if (this.#game.sync_mode === 'per_cycle' && this.seats.some((seat) => !this.#isClosed(seat))) {
      const goesOnByItself = this.sheet?.present?.given.auto_advance ?? this.#game.auto_advance === true;
      if (this.#isLast() || goesOnByItself) this.#nextCycle();
    } else if (this.seats.some(({ status }) => status === 'finished')) this.#end('completed');
    else this.#end(this.seats.some(({ status }) => status === 'expired') ? 'expired' : 'cancelled');
  }

  #isLast(): boolean {
    if (this.sheet !== undefined) return !this.sheet.hasNext;
    return this.#game.max_cycles !== undefined && this.cycle + 1 >= this.#game.max_cycles;
  }

  /** The cycle is over, and the next one begins, or that of an item; after the last one the session ends. */
  #nextCycle(item?: string): void {
    const isLast = this.#isLast() && item === undefined;
    this.cycle += 1;
    this.#itemStops();
    if (isLast) return this.#end('completed');
    this.sheet?.go(this.iso(this.now), item);
    for (const seat of this.seats) {
      seat.usedNow = 0;
      if (this.#isClosed(seat) && !seat.out) continue;
      this.#fresh(seat);
      seat.sitsOut = false;
      Object.assign(seat, { since: this.now, hasExpired: false, finishedAt: null, expiredAt: null, late: null });
      seat.status = seat.out ? 'waiting' : 'running';
    }
  }

  #end(status: Status): void {
    this.status = status;
    this.#itemStops();
  }

  /** An item has run as long as the clock that ran longest in it. */
  #itemStops(): void {
    const line = this.sheet?.present;
    if (line?.mark !== 'running') return;
    line.used += Math.max(...this.seats.map(({ usedNow }) => usedNow));
    this.sheet?.stop(this.iso(this.now));
  }

  #started(): void {
    if (this.status !== 'pending') return;
    this.status = 'running';
    this.sheet?.go(this.iso(this.now));
  }

  #start(seat: Seat | undefined): boolean {
    if (this.status !== 'pending' && this.status !== 'running' && this.status !== 'paused') return false;
    if (seat?.status !== 'waiting' || !goesOn(seat)) return false;
    this.#started();
    return this.#move(seat, 'waiting', 'running', 'participant_started');
  }

  #startAll(): boolean {
    const waiting = this.seats.filter((seat) => seat.status === 'waiting' && goesOn(seat));
    if (this.status !== 'pending' && !(this.status === 'running' && waiting.length > 0)) return false;
    this.#started();
    for (const seat of waiting) Object.assign(seat, { status: 'running', since: this.now });
    return this.note('session_started');
  }

  #move(seat: Seat | undefined, from: Seat['status'], to: Seat['status'], type: string): boolean {
    if (seat?.status !== from || !goesOn(seat)) return false;
    seat.status = to;
    seat.since = this.now;
    return this.note(type, [seat.id]);
  }

  #finish(seat: Seat | undefined, arrival: number): boolean {
    if (seat === undefined || this.status === 'pending') return false;
    if (seat.status === 'expired') return this.#finishLate(seat, arrival);
    if ((this.status !== 'running' && this.status !== 'paused') || !goesOn(seat)) return false;
    const runs = seat.status === 'running' && this.status === 'running';
    const at = runs ? Math.max(arrival, seat.since) : arrival;
    // What it ran after its arrival is not charged.
    for (let extra = runs ? this.now - at : 0; extra > 0; extra--) {
      seat.used -= 1;
      seat.usedNow -= 1;
      if (seat.left !== null) seat.left += 1;
    }
    Object.assign(seat, { status: 'finished', finishedAt: at, ended: seat.ended + 1 });
    this.#follow();
    return this.note('participant_finished', [seat.id]);
  }

  #finishLate(seat: Seat, arrival: number): boolean {
    const { late_finish_ms: most } = this.#game;
    if (most === undefined || seat.out || seat.expiredAt === null || this.status === 'cancelled' || this.status === 'pending') return false;
    const byCommand = this.status === 'completed' && (this.seats.some(goesOn) || !this.seats.some(({ status }) => status === 'finished'));
    const late = Math.max(0, arrival - seat.expiredAt);
    if (byCommand || late > most) return false;
    Object.assign(seat, { status: 'finished', finishedAt: Math.max(arrival, seat.expiredAt), late });
    if (this.status === 'expired') this.status = 'completed';
    return this.note('participant_finished', [seat.id]);
  }

  #adjust(seats: Seat[] | undefined, delta: number): boolean {
    const wrong = (seat: Seat) => seat.left === null || seat.left + delta < 1 - this.overrun || seat.left + delta > 86_400_000;
    if (seats === undefined || !seats.every(goesOn) || seats.some(wrong)) return false;
    for (const seat of seats) {
      seat.given = (seat.given ?? 0) + delta;
      seat.left = (seat.left ?? 0) + delta;
      seat.since = this.now;
    }
    return this.note('session_adjusted');
  }

  #switch({ current_participant_id: id, cycle_count: cycle, next_item_id: item }: Extract<TimerCommand, { type: 'switch' }>): boolean {
    const { sync_mode } = this.#game;
    if (sync_mode === 'per_participant' || (cycle !== undefined && cycle !== this.cycle)) return false;
    if (item !== undefined && this.sheet?.line(item) === undefined) return false;
    if (sync_mode === 'count_up') {
      const seat = this.seats.find((one) => one.id === id);
      if (seat?.status !== 'running') return false;
      seat.ended += 1;
      seat.since = this.now;
      return this.note('cycle_switched', [seat.id]);
    }
    if (id !== undefined || this.seats.every((seat) => this.#isClosed(seat))) return false;
    for (const seat of this.seats) if (goesOn(seat) && seat.status !== 'waiting') seat.ended += 1;
    this.#nextCycle(item);
    return this.note('cycle_switched');
  }

  /** Plans the start, takes it away, or moves closings. A start lies before every closing. */
  #schedule({ starts_at, closes_at, participant_id: id }: Extract<TimerCommand, { type: 'schedule' }>, seat: Seat | undefined): boolean {
    const [starts, closes] = [instantOf(starts_at), instantOf(closes_at)];
    const plansStart = closes === null || starts !== null;
    if (plansStart && this.status !== 'pending') return false;
    if (id !== undefined && (closes === null || seat === undefined || seat.out)) return false;
    for (const at of [starts, closes]) if (at !== null && (at <= this.now || at > this.now + 400 * DAY)) return false;
    const former = [this.closes, seat?.closes ?? null] as const;
    if (closes !== null && seat === undefined) this.closes = closes;
    if (closes !== null && seat !== undefined) seat.closes = closes;
    const start = plansStart ? starts : (this.starts ?? null);
    const isAhead = (at: number | null): at is number => at !== null && at > this.now;
    const closings = [this.closes, ...this.seats.map((one) => one.closes)].filter(isAhead);
    if (this.status === 'pending' && start !== null && closings.some((at) => at <= start)) {
      this.closes = former[0];
      if (seat !== undefined) seat.closes = former[1];
      return false;
    }
    if (plansStart) this.starts = starts;
    return this.note('session_scheduled');
  }

  /** Before the start the clocks that wait get the time of the first item; later only the list changes. */
  #edit(items: readonly ItemInput[]): boolean {
    const { sheet } = this;
    if (sheet === undefined) return false;
    const was = sheet.present?.given.time_ms ?? 0;
    const waiting = this.seats.filter(goesOn);
    const changeOf = (seat: Seat, is: number): number => this.#shareOf(seat, is) - this.#shareOf(seat, was);
    const mayBegin = (is: number): boolean =>
      waiting.every(
        (seat) => (seat.given ?? 0) + changeOf(seat, is) >= 1 - this.overrun && (seat.given ?? 0) + changeOf(seat, is) <= 400 * DAY,
      );
    if (!sheet.rewrite(items, mayBegin)) return false;
    if (this.status !== 'pending') return this.note('session_edited');
    for (const seat of waiting) {
      const change = changeOf(seat, sheet.present?.given.time_ms ?? 0);
      seat.given = (seat.given ?? 0) + change;
      seat.left = (seat.left ?? 0) + change;
    }
    return this.note('session_edited');
  }

  /** Who joins, withdraws and returns. */
  #people(edits: readonly ParticipantEdit[]): boolean {
    const isNew = (id: string) => this.seats.every((seat) => seat.id !== id);
    if (new Set(edits.map((one) => one.participant_id)).size < edits.length) return false;
    const joins = ({ total_time_ms, time_factor, closes_at }: ParticipantEdit) => (total_time_ms ?? time_factor ?? closes_at) !== undefined;
    if (edits.some((one) => (isNew(one.participant_id) ? one.withdrawn !== undefined : joins(one)))) return false;
    // Whoever comes when everybody is closed has no time, unless by a closing of their own.
    const isOver = this.closes !== null && this.closes <= this.now;
    if (isOver && edits.some((one) => isNew(one.participant_id) && one.closes_at === undefined)) return false;
    const outAfter = (seat: Seat) => edits.find((one) => one.participant_id === seat.id)?.withdrawn ?? seat.out;
    const someJoin = edits.some((one) => isNew(one.participant_id));
    if (this.status === 'pending' && !someJoin && this.seats.every(outAfter)) return false;
    const isUnderWay = this.#game.sync_mode === 'per_cycle' && this.status !== 'pending';
    for (const edit of edits) {
      const seat = this.seats.find(({ id }) => id === edit.participant_id);
      if (seat === undefined) this.seats.push(Object.assign(this.#seatOf(edit), { sitsOut: isUnderWay }));
      else if (edit.withdrawn === true && !seat.out) {
        if (seat.status === 'running') seat.status = 'paused';
        seat.out = true;
      } else if (edit.withdrawn === false && seat.out) {
        seat.out = false;
        if (seat.status === 'waiting' && isUnderWay) seat.sitsOut = true;
      }
    }
    if (edits.some((one) => one.withdrawn === true) && this.status !== 'pending') this.#follow();
    this.note('session_edited');
    // Whoever returns after their closing falls at once.
    this.#fall();
    return true;
  }

  iso(at: number): string {
    return new Date(at).toISOString();
  }
}
