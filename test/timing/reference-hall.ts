import type { CreatePayload, SessionState, Status } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';

/** A participant of the reference: what is left is taken away millisecond by millisecond. */
export interface Seat {
  id: string;
  status: 'waiting' | 'running' | 'paused' | 'finished' | 'expired';
  /** Null for a stopwatch without end. */
  given: number | null;
  left: number | null;
  used: number;
  /** Since when it runs as it does, for a finish that reached the server before the last event. */
  since: number;
  ended: number;
  finishedAt: number | null;
  expiredAt: number | null;
  late: number | null;
  hasExpired: boolean;
  closes: number | null;
}

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
  readonly notes: Note[] = [];
  readonly #game: CreatePayload;

  constructor(game: CreatePayload, now: number) {
    this.#game = game;
    this.now = this.last = now;
    this.seats = (game.participants ?? []).map((one) => ({
      id: one.participant_id,
      status: 'waiting',
      given: null,
      left: null,
      used: 0,
      since: 0,
      ended: 0,
      finishedAt: null,
      expiredAt: null,
      late: null,
      hasExpired: false,
      closes: ((at) => (at === undefined ? null : Date.parse(at)))(one.closes_at ?? game.closes_at),
    }));
    for (const seat of this.seats) this.#fresh(seat);
    this.note('session_created');
  }

  /** Lets time pass to an instant. */
  pass(until: number): void {
    while (this.now < until && this.status !== 'expired' && this.status !== 'completed' && this.status !== 'cancelled') {
      this.now += 1;
      if (this.status === 'running') {
        for (const seat of this.seats) {
          if (seat.status !== 'running') continue;
          seat.used += 1;
          if (seat.left !== null) seat.left -= 1;
        }
      }
      this.#fall();
    }
    this.now = Math.max(this.now, until);
  }

  /** Nobody is there for so long. */
  outage(ms: number): void {
    const to = this.now + ms;
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
        return this.status === 'running' && this.#switch(command.current_participant_id, command.cycle_count);
      case 'complete':
      case 'cancel':
        if (!isOn && this.status !== 'pending' && !(command.type === 'complete' && this.status === 'expired')) return false;
        this.status = command.type === 'complete' ? 'completed' : 'cancelled';
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
    const { sync_mode, time_per_cycle_ms, max_time_ms, participants = [] } = this.#game;
    const input = participants.find(({ participant_id }) => participant_id === seat.id);
    const base = sync_mode === 'per_participant' ? input?.total_time_ms : sync_mode === 'per_cycle' ? time_per_cycle_ms : max_time_ms;
    // In hundredths, as somebody with pencil and paper would.
    const hundredths = base === undefined ? 0 : base * Math.round((input?.time_factor ?? 1) * 100);
    const whole = (hundredths - (hundredths % 100)) / 100 + (hundredths % 100 > 0 ? 1 : 0);
    seat.given = seat.left = base === undefined ? null : whole + (input?.extra_time_ms ?? 0);
  }

  #fall(): void {
    const closed = (seat: Seat) => seat.closes !== null && seat.closes <= this.now;
    const runsOut = (seat: Seat) => seat.status === 'running' && this.status === 'running' && seat.left === 0;
    const fallen = this.seats.filter((seat) => goesOn(seat) && (closed(seat) || runsOut(seat)));
    if (fallen.length === 0) return;
    const closes = this.#game.closes_at;
    if (this.status === 'pending' && closes !== undefined && fallen.some((seat) => closed(seat)) && Date.parse(closes) === this.now) {
      this.status = 'cancelled';
      this.note('session_cancelled');
      return;
    }
    for (const seat of fallen) Object.assign(seat, { status: 'expired', hasExpired: true, expiredAt: this.now, ended: seat.ended + 1 });
    if (this.#game.action_on_timeout?.type === 'end_session' && this.status !== 'pending') this.status = 'expired';
    else this.#follow();
    this.note(
      'participant_expired',
      fallen.map(({ id }) => id),
    );
  }

  #follow(): void {
    if (this.seats.some(goesOn)) return;
    const mayRun = this.seats.filter((seat) => seat.closes === null || seat.closes > this.now);
    if (this.status === 'pending') this.status = 'cancelled';
    else if (this.#game.sync_mode === 'per_cycle' && mayRun.length > 0) {
      if (this.#game.auto_advance === true) this.#begin();
    } else this.status = this.seats.some(({ status }) => status === 'finished') ? 'completed' : 'expired';
  }

  #begin(): void {
    this.cycle += 1;
    for (const seat of this.seats) {
      if (seat.closes !== null && seat.closes <= this.now) continue;
      this.#fresh(seat);
      Object.assign(seat, { status: 'running', since: this.now, hasExpired: false, finishedAt: null, expiredAt: null, late: null });
    }
  }

  #started(): void {
    if (this.status === 'pending') this.status = 'running';
  }

  #start(seat: Seat | undefined): boolean {
    if (this.status !== 'pending' && this.status !== 'running' && this.status !== 'paused') return false;
    if (seat?.status !== 'waiting') return false;
    this.#started();
    return this.#move(seat, 'waiting', 'running', 'participant_started');
  }

  #startAll(): boolean {
    const waiting = this.seats.filter(({ status }) => status === 'waiting');
    if (this.status !== 'pending' && !(this.status === 'running' && waiting.length > 0)) return false;
    this.#started();
    for (const seat of waiting) Object.assign(seat, { status: 'running', since: this.now });
    return this.note('session_started');
  }

  #move(seat: Seat | undefined, from: Seat['status'], to: Seat['status'], type: string): boolean {
    if (seat?.status !== from) return false;
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
      if (seat.left !== null) seat.left += 1;
    }
    Object.assign(seat, { status: 'finished', finishedAt: at, ended: seat.ended + 1 });
    this.#follow();
    return this.note('participant_finished', [seat.id]);
  }

  #finishLate(seat: Seat, arrival: number): boolean {
    const { late_finish_ms: most } = this.#game;
    if (most === undefined || seat.expiredAt === null || this.status === 'cancelled' || this.status === 'pending') return false;
    const byCommand = this.status === 'completed' && (this.seats.some(goesOn) || !this.seats.some(({ status }) => status === 'finished'));
    const late = Math.max(0, arrival - seat.expiredAt);
    if (byCommand || late > most) return false;
    Object.assign(seat, { status: 'finished', finishedAt: Math.max(arrival, seat.expiredAt), late });
    if (this.status === 'expired') this.status = 'completed';
    return this.note('participant_finished', [seat.id]);
  }

  #adjust(seats: Seat[] | undefined, delta: number): boolean {
    const wrong = (seat: Seat) => seat.left === null || seat.left + delta < 1 || seat.left + delta > 86_400_000;
    if (seats === undefined || !seats.every(goesOn) || seats.some(wrong)) return false;
    for (const seat of seats) {
      seat.given = (seat.given ?? 0) + delta;
      seat.left = (seat.left ?? 0) + delta;
      seat.since = this.now;
    }
    return this.note('session_adjusted');
  }

  #switch(id: string | undefined, cycle: number | undefined): boolean {
    const { sync_mode } = this.#game;
    if (sync_mode === 'per_participant' || (cycle !== undefined && cycle !== this.cycle)) return false;
    if (sync_mode === 'count_up') {
      const seat = this.seats.find((one) => one.id === id);
      if (seat?.status !== 'running') return false;
      seat.ended += 1;
      seat.since = this.now;
      return this.note('cycle_switched', [seat.id]);
    }
    if (id !== undefined || this.seats.every((seat) => seat.closes !== null && seat.closes <= this.now)) return false;
    for (const seat of this.seats) if (seat.status === 'running' || seat.status === 'paused') seat.ended += 1;
    this.#begin();
    return this.note('cycle_switched');
  }
}

function goesOn({ status }: Seat): boolean {
  return status === 'waiting' || status === 'running' || status === 'paused';
}

/** When a clock of the reference falls by the present state: null where it does not. */
export function deadlineOf({ status, now }: Hall, seat: Seat): string | null {
  if (status !== 'running' || seat.status !== 'running') return null;
  const fall = seat.left === null ? null : now + seat.left;
  const first = [fall, seat.closes].filter((at) => at !== null).toSorted((a, b) => a - b)[0];
  return first === undefined ? null : new Date(first).toISOString();
}

/** What the reference says of every participant, in the words of a state. */
export function told(hall: Hall): object[] {
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return hall.seats.map((seat) => ({
    id: seat.id,
    clock_status: seat.status,
    given_ms: seat.given,
    used: seat.used,
    left: goesOn(seat) && seat.closes !== null ? Math.min(seat.left ?? Infinity, Math.max(0, seat.closes - hall.now)) : seat.left,
    deadline_at: deadlineOf(hall, seat),
    finished_at: iso(seat.finishedAt),
    expired_at: iso(seat.expiredAt),
    late_by_ms: seat.late ?? undefined,
    cycle_count: seat.ended,
    has_expired: seat.hasExpired,
  }));
}

/** The same of a state of the server. */
export function shown(state: SessionState): object[] {
  const at = Date.parse(state.updated_at);
  return state.participants.map((one) => ({
    id: one.participant_id,
    clock_status: one.clock_status,
    given_ms: one.given_ms,
    used: one.time_used_ms + (one.cycle_started_at == null ? 0 : at - Date.parse(one.cycle_started_at)),
    left: one.time_remaining_ms,
    deadline_at: one.deadline_at,
    finished_at: one.finished_at,
    expired_at: one.expired_at,
    late_by_ms: one.late_by_ms,
    cycle_count: one.cycle_count,
    has_expired: one.has_expired,
  }));
}
