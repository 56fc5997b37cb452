import type { ClockState, Stage, TimeControl } from '#contract';
import { Ledger } from './ledger.ts';

type Bucket = 'delay' | 'main' | 'reserve';

/**
 * The clock of one owner with a time control, told a second time, slowly: one millisecond after the other is taken from
 * whatever bucket has something, and how often is written down. Nothing of the server is used.
 */
export class TickingClock {
  readonly control: TimeControl;
  /** How far below zero main time goes, where there is nothing after it. */
  readonly overrun: number;
  main = 0;
  delay = 0;
  /** What is left of each period, the present one last. */
  periods: number[] = [];
  block = 0;
  blockTurns = 0;
  stage = 0;
  turns = 0;
  stageTurns = 0;
  fallen = false;
  /** From which bucket each millisecond of the present turn came. */
  taken: Bucket[] = [];
  /** The books of every bucket since the clock was set up; those of a copy begin anew. */
  readonly ledger = new Ledger();
  /** Main time as the present turn began, with what adjustments have added since. */
  #began = 0;

  constructor(control: TimeControl, overrun = 0) {
    this.control = control;
    this.overrun = overrun;
    this.#enter(0);
    this.#standReady();
  }

  /** Another one that shows the same. */
  copy(): TickingClock {
    const copy = new TickingClock(this.control, this.overrun);
    const { main, delay, block, blockTurns, stage, turns, stageTurns, fallen } = this;
    Object.assign(copy, { main, delay, block, blockTurns, stage, turns, stageTurns, fallen });
    copy.periods = [...this.periods];
    copy.taken = [...this.taken];
    copy.#began = this.#began;
    return copy;
  }

  get rules(): Stage {
    const stage = this.control.stages[this.stage];
    if (stage === undefined) throw new Error(`no stage ${this.stage}`);
    return stage;
  }

  get used(): number {
    return this.taken.length;
  }

  /** All that is left until zero, counted bucket by bucket, with the stages that follow at zero. */
  get left(): number {
    let all = this.delay + this.main + this.block;
    for (const period of this.periods) all += period;
    for (let at = this.stage; this.control.stages[at]?.at_zero === 'next'; at += 1) {
      const next = this.control.stages[at + 1];
      all += (next?.time_ms ?? 0) + (next?.canadian?.block_ms ?? 0);
      for (let n = 0; n < (next?.byoyomi?.periods ?? 0); n += 1) all += next?.byoyomi?.period_ms ?? 0;
    }
    return all;
  }

  /** What a state tells of it. */
  get picture(): ClockState {
    const { byoyomi, canadian } = this.rules;
    const state: ClockState = { turns: this.turns, stage: this.stage, stage_turns: this.stageTurns, turn_used_ms: this.used };
    if (byoyomi !== undefined) Object.assign(state, { periods_left: this.periods.length, period_left_ms: this.periods.at(-1) ?? 0 });
    if (canadian !== undefined) Object.assign(state, { block_turns_left: this.blockTurns, block_left_ms: this.block });
    const [main, reserve] = (['main', 'reserve'] as const).map((bucket) => this.taken.filter((one) => one === bucket).length);
    if (main !== undefined && main > 0) state.turn_main_ms = main;
    if (reserve !== undefined && reserve > 0) state.turn_reserve_ms = reserve;
    return state;
  }

  /** One millisecond of the owner's turn. */
  tick(): void {
    if (this.delay > 0) {
      this.delay -= 1;
      this.taken.push('delay');
      this.ledger.book('delay', 'charged', 1);
    } else if (this.main > 0 || this.overrun > 0) {
      this.main -= 1;
      this.taken.push('main');
      this.ledger.book('main', 'charged', 1);
      this.#leaveEmptyStages();
    } else {
      if (this.periods.length > 0) {
        this.ledger.book(periodName(this.periods.length), 'charged', 1);
        const present = this.periods.pop() ?? 0;
        if (present > 1) this.periods.push(present - 1);
      } else {
        this.block -= 1;
        this.ledger.book('block', 'charged', 1);
      }
      this.taken.push('reserve');
    }
    if (this.left === 0 - this.overrun) this.fallen = true;
  }

  /** What the turn is charged if it ends now: whole units that have gone by, never the last millisecond. */
  charge(): number {
    const { charge_unit_ms: unit = 1, least_charge_ms: least = 0 } = this.control;
    let charged = 0;
    while (charged + unit <= this.used) charged += unit;
    while (charged < least) charged += 1;
    while (charged > this.used + this.left + this.overrun - 1) charged -= 1;
    return charged;
  }

  /** The turn ends by a switch. */
  endTurn(): void {
    const charged = this.#pay();
    const stage = this.rules;
    const countsForBlock = this.#began === 0 || this.taken.includes('reserve');
    const turn = this.turns + 1;
    if (stage.delay_type === 'bronstein') this.#returnDelay(charged);
    else if (stage.increment_when !== 'before' && turn % (stage.increment_every ?? 1) === 0) this.#earn();
    this.#refillPresentPeriod();
    if (stage.canadian !== undefined && countsForBlock) {
      this.blockTurns -= 1;
      if (this.blockTurns === 0) this.#freshBlock('refilled');
    }
    this.turns = turn;
    this.stageTurns += 1;
    if (stage.turns === this.stageTurns) this.#enter(this.stage === this.control.stages.length - 1 ? this.stage : this.stage + 1);
    this.#standReady();
  }

  /** The turn is taken back, and has to be paid for: it earns nothing and does not count. */
  forfeit(): void {
    if (this.left + this.overrun <= 0) return;
    const charged = this.#pay();
    const { delay_ms = 0, delay_type } = this.rules;
    if (delay_type === 'bronstein') this.#returnDelay(charged);
    this.#refillPresentPeriod();
    this.#setDelay(delay_type === 'bronstein' ? 0 : delay_ms);
    this.taken = [];
    this.#began = this.main;
  }

  /** An adjustment of main time. */
  adjust(delta: number): void {
    this.main += delta;
    this.ledger.book('main', 'adjusted', delta);
    this.#began += delta;
    this.#leaveEmptyStages();
  }

  /** Takes what the turn is charged beyond what it has used, or gives back the rest; answers the charge. */
  #pay(): number {
    const charged = this.charge();
    while (this.used < charged) this.tick();
    while (this.used > charged) this.#giveBack();
    return charged;
  }

  #returnDelay(charged: number): void {
    this.#fillMain(this.main < 0 ? 0 : Math.min(charged, this.rules.delay_ms ?? 0));
  }

  #refillPresentPeriod(): void {
    const { byoyomi } = this.rules;
    if (this.periods.length === 0 || byoyomi === undefined) return;
    this.ledger.book(periodName(this.periods.length), 'refilled', byoyomi.period_ms - (this.periods.at(-1) ?? 0));
    this.periods[this.periods.length - 1] = byoyomi.period_ms;
  }

  #fillMain(ms: number): void {
    this.main += ms;
    this.ledger.book('main', 'refilled', ms);
  }

  #setDelay(ms: number): void {
    this.ledger.renew('delay', 'refilled', this.delay, ms);
    this.delay = ms;
  }

  #standReady(): void {
    this.#leaveEmptyStages();
    const { delay_ms = 0, delay_type, increment_when, increment_every = 1 } = this.rules;
    if (increment_when === 'before' && this.turns % increment_every === 0) this.#earn();
    this.#setDelay(delay_type === 'bronstein' ? 0 : delay_ms);
    this.taken = [];
    this.#began = this.main;
  }

  #earn(): void {
    const { increment_ms = 0, max_time_ms, byoyomi, canadian } = this.rules;
    if (this.main < 0 || (this.main === 0 && (byoyomi ?? canadian) !== undefined)) return;
    for (let n = 0; n < increment_ms; n += 1) if (max_time_ms === undefined || this.main < max_time_ms) this.#fillMain(1);
  }

  #enter(index: number): void {
    this.stage = index;
    this.stageTurns = 0;
    const { time_ms, byoyomi } = this.rules;
    this.main += time_ms;
    this.ledger.book('main', 'given', time_ms);
    this.#began += time_ms;
    for (const [place, left] of this.periods.entries()) this.ledger.book(periodName(place + 1), 'lost', left);
    this.periods = Array.from({ length: byoyomi?.periods ?? 0 }, () => byoyomi?.period_ms ?? 0);
    for (const [place, whole] of this.periods.entries()) this.ledger.book(periodName(place + 1), 'given', whole);
    this.#freshBlock('given');
  }

  #freshBlock(entry: 'given' | 'refilled'): void {
    this.ledger.renew('block', entry, this.block, this.rules.canadian?.block_ms ?? 0);
    this.block = this.rules.canadian?.block_ms ?? 0;
    this.blockTurns = this.rules.canadian?.turns ?? 0;
  }

  #leaveEmptyStages(): void {
    while (this.main <= 0 && this.rules.at_zero === 'next') {
      this.#enter(this.stage + 1);
      // A turn that used its main time up goes on without a delay; one whose main time was taken away keeps its rest.
      const { delay_ms = 0, delay_type } = this.rules;
      const isOver = delay_type === 'bronstein' || this.taken.some((bucket) => bucket !== 'delay');
      this.#setDelay(isOver ? 0 : Math.max(0, delay_ms - this.used));
    }
  }

  /** Takes back one millisecond, of the last bucket that the turn has taken from. */
  #giveBack(): void {
    for (const bucket of ['reserve', 'main', 'delay'] as const) {
      const at = this.taken.lastIndexOf(bucket);
      if (at === -1) continue;
      this.taken.splice(at, 1);
      if (bucket === 'delay') this.delay += 1;
      else if (bucket === 'main') this.main += 1;
      else if (this.rules.byoyomi === undefined) this.block += 1;
      else this.#refillPeriod(this.rules.byoyomi.period_ms);
      const name = bucket !== 'reserve' ? bucket : this.rules.byoyomi === undefined ? 'block' : periodName(this.periods.length);
      this.ledger.book(name, 'charged', -1);
      return;
    }
  }

  #refillPeriod(whole: number): void {
    const present = this.periods.at(-1);
    if (present === undefined || present === whole) this.periods.push(1);
    else this.periods[this.periods.length - 1] = present + 1;
  }
}

/** How the books call a period, counted from the one that is used last. */
export function periodName(number: number): string {
  return `period ${number}`;
}
