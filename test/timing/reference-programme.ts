import type { ItemInput, ItemState, SessionState } from '#contract';
import type { Payload } from './reference-seats.ts';

/** What stands on one line of the run sheet. */
interface Line {
  given: ItemInput & { item_id: string; time_ms: number };
  mark: ItemState['status'];
  began: string | null;
  left: string | null;
  used: number;
}

/**
 * The run sheet of whoever leads through a programme: a list on paper, a finger on the line that is under way, and
 * marks beside the others.
 */
export class RunSheet {
  lines: Line[];
  finger: number | null = null;
  round = 1;
  readonly #rounds: number;
  readonly #cycle: number | undefined;

  constructor({ items = [], rounds = 1, time_per_cycle_ms }: Payload) {
    this.#rounds = rounds;
    this.#cycle = time_per_cycle_ms;
    this.lines = items.map((item, place) => this.#fresh(item, place));
  }

  #fresh(item: ItemInput, place: number): Line {
    const given = JSON.parse(JSON.stringify(item)) as ItemInput;
    const whole = { ...given, item_id: given.item_id ?? `item-${place + 1}`, time_ms: given.time_ms ?? this.#cycle ?? 0 };
    return { given: whole, mark: 'waiting', began: null, left: null, used: 0 };
  }

  copy(): RunSheet {
    const sheet = Object.assign(new RunSheet({ session_id: '', sync_mode: 'per_cycle', rounds: this.#rounds }), {
      finger: this.finger,
      round: this.round,
    });
    sheet.lines = this.lines.map((line) => ({ ...line }));
    return sheet;
  }

  /** The line under the finger; before the beginning the first one. */
  get present(): Line | undefined {
    return this.lines[this.finger ?? 0];
  }

  line(id: string | undefined): Line | undefined {
    return this.lines.find((line) => line.given.item_id === id);
  }

  /** How long the next line is that has somebody's name. */
  timeFor(id: string): number | null {
    const theirs = this.lines.filter((line) => line.given.participant_id === id);
    const next = theirs.find((line) => line.mark === 'waiting') ?? (this.round < this.#rounds ? theirs[0] : undefined);
    return next === undefined ? null : next.given.time_ms;
  }

  /** Whether a line waits below the finger, or another round follows. */
  get hasNext(): boolean {
    const below = this.lines.slice((this.finger ?? -1) + 1);
    return this.round < this.#rounds || below.some(({ mark }) => mark === 'waiting');
  }

  tick(): void {
    if (this.present !== undefined) this.present.used += 1;
  }

  /** Moves the finger to a line, or down to the next that waits, at an instant; false where the sheet is through. */
  go(at: string, id?: string): boolean {
    const under = this.finger;
    let target = under === null ? 0 : under + 1;
    if (id === undefined) while (target < this.lines.length && this.lines[target]?.mark !== 'waiting') target += 1;
    else target = this.lines.findIndex((line) => line.given.item_id === id);
    this.stop(at);
    if (target === this.lines.length) {
      if (this.round === this.#rounds) return false;
      this.round += 1;
      for (const line of this.lines) Object.assign(line, { mark: 'waiting', began: null, left: null });
      target = 0;
    } else if (under !== null && target < under) {
      const line = this.lines[under];
      if (line !== undefined) line.mark = 'waiting';
    } else {
      for (let over = (under ?? -1) + 1; over < target; over++) {
        const line = this.lines[over];
        if (line?.mark === 'waiting') line.mark = 'skipped';
      }
    }
    this.finger = target;
    if (this.present !== undefined) Object.assign(this.present, { mark: 'running', began: at, left: null });
    return true;
  }

  /** The line under the finger is over. */
  stop(at: string): void {
    if (this.finger !== null && this.present?.mark === 'running') Object.assign(this.present, { mark: 'done', left: at });
  }

  /** Writes the list anew; false, with nothing written, where that would change what has begun. */
  rewrite(items: readonly ItemInput[], mayBegin: (time_ms: number) => boolean): boolean {
    const ids = items.map((item, place) => item.item_id ?? `item-${place + 1}`);
    const begun = this.lines.filter(({ mark }) => mark === 'running' || mark === 'done').map((line) => line.given.item_id);
    const front = ids.slice(0, Math.max(-1, ...begun.map((id) => ids.lastIndexOf(id))) + 1);
    const places = front.map((id) => this.lines.findIndex((line) => line.given.item_id === id));
    const inOrder = places.every((place, index) => place >= 0 && (index === 0 || place > (places[index - 1] ?? 0)));
    if (new Set(ids).size < ids.length || !inOrder || !begun.every((id) => front.includes(id))) return false;
    for (const [place, item] of items.slice(0, front.length).entries()) {
      const line = this.line(ids[place]);
      if (item.time_ms !== undefined && item.time_ms !== line?.given.time_ms) return false;
    }
    if (this.finger === null && !mayBegin(items[0]?.time_ms ?? this.#cycle ?? 0)) return false;
    const under = this.finger === null ? undefined : this.present;
    this.lines = items.map((item, place) => {
      const kept = this.line(ids[place]);
      return kept !== undefined && place < front.length ? kept : { ...this.#fresh(item, place), used: kept?.used ?? 0 };
    });
    if (under !== undefined) this.finger = this.lines.indexOf(under);
    return true;
  }

  /** What a state tells of it. */
  get picture(): Pick<SessionState, 'items' | 'item_index' | 'round' | 'rounds'> {
    const items = this.lines.map(({ given, mark, began, left, used }) => ({
      ...given,
      status: mark,
      started_at: began,
      ended_at: left,
      used_ms: used,
    }));
    return { items: items as ItemState[], item_index: this.finger, round: this.round, rounds: this.#rounds };
  }
}
