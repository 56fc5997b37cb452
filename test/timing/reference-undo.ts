import type { RunSheet } from './reference-programme.ts';
import type { Player, Team } from './reference-seats.ts';

/** What can be put back of a table. */
export interface Table {
  active: Player | null;
  group: string | null;
  cycles: number;
  counted: number;
  extra: number;
  extended: number;
  extensions: number;
  sheet: RunSheet | undefined;
}

/** Where a turn began: a picture of the whole table, and what has happened since that no undo takes back. */
export interface Beginning extends Table {
  players: Player[];
  teams: Team[];
  /** What this turn has used. */
  used: number;
  /** What each bank, by its owner, or the one clock, got or was charged for good since. */
  kept: Map<string, number>;
  /** What each player's and team's used time keeps of turns that were taken back. */
  keptUsed: Map<string, number>;
  /** Whether clocks have paid since for turns that are no longer in it, so that only the server's rules tell it. */
  isVague: boolean;
}

/** A table as it was, with what stays, and the turns that are taken back, the oldest first. */
interface PutBack {
  table: Table;
  players: Player[];
  teams: Team[];
  undone: Beginning[];
}

/**
 * Pictures of the table at the beginning of the last turns, as a careful arbiter draws them. The last one is of the
 * present turn.
 */
export class Beginnings {
  #drawn: Beginning[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** How many turns can be taken back. */
  get count(): number {
    return Math.max(0, this.#drawn.length - 1);
  }

  forget(): void {
    this.#drawn = [];
  }

  /** Draws the table as a turn begins. */
  draw(table: Table, players: Player[], teams: Team[]): void {
    const { active, group, cycles, counted, extra, extended, extensions, sheet } = table;
    const picture = {
      active,
      group,
      cycles,
      counted,
      extra,
      extended,
      extensions,
      sheet: sheet?.copy(),
      used: 0,
      kept: new Map<string, number>(),
      keptUsed: new Map<string, number>(),
      isVague: false,
    };
    this.#drawn.push({ ...picture, players: players.map(copied), teams: teams.map(copied) });
    this.#drawn = this.#drawn.slice(-1 - this.#most);
  }

  tick(): void {
    const present = this.#drawn.at(-1);
    if (present !== undefined) present.used += 1;
  }

  /** Somebody's clock was adjusted, or a count that stays went on. */
  adjusted(owner: string, delta: number): void {
    for (const beginning of this.#drawn) add(beginning.kept, owner, delta);
  }

  /**
   * The table as it was when the turn began that is `turns` turns ago, with what stays, and the turns that are taken
   * back, that one first.
   */
  at(turns: number): PutBack | null {
    const beginning = this.#drawn.at(-1 - turns);
    if (beginning === undefined) return null;
    const { kept, keptUsed, active, group, cycles, counted, sheet } = beginning;
    const putBack = <Owner extends Player | Team>(one: Owner, key: string): Owner => {
      const more = kept.get(key) ?? 0;
      const clock = one.clock?.copy();
      clock?.adjust(more);
      const bank = clock?.main ?? (one.bank === null ? null : one.bank + more);
      return Object.assign({}, one, { bank, used: one.used + (keptUsed.get(key) ?? 0) }, clock === undefined ? {} : { clock });
    };
    const players = beginning.players.map((one) => putBack(one, one.id));
    const teams = beginning.teams.map((one) => putBack(one, teamKey(one.id)));
    const more = (what: 'extra' | 'extended' | 'extensions', key: string): number => beginning[what] + (kept.get(key) ?? 0);
    const stays = {
      extra: more('extra', 'session'),
      extended: more('extended', 'extended'),
      extensions: more('extensions', 'extensions'),
    };
    const table = { active, group, cycles, counted, ...stays, sheet: sheet?.copy() };
    return { table, players, teams, undone: this.#drawn.slice(-1 - turns) };
  }

  /**
   * Whether the pictures tell what becomes of clocks with a time control. Of one that pays for two turns, or hands time
   * on, they do not.
   */
  tell(turns: number, charge: boolean, mode: string): boolean {
    const undone = this.#drawn.slice(-1 - turns);
    if (turns > this.count) return true;
    const payers = undone.map((beginning) => payerOf(beginning, mode)).filter((payer) => payer?.clock !== undefined);
    const payOnce = new Set(payers.map((payer) => payer?.id)).size === payers.length;
    const isSimple = payOnce && !payers.some((payer) => payer?.clock?.control.hourglass === true);
    return undone[0]?.isVague === false && (isSimple || !charge);
  }

  /** Goes on with the turn that is `turns` turns ago. What later ones are charged with stays for good. */
  goBack(turns: number, charge: boolean, mode: string): void {
    const gone = this.#drawn.splice(this.#drawn.length - turns, turns);
    const goesOn = this.#drawn.at(-1);
    if (goesOn !== undefined && !charge) goesOn.used = 0;
    if (!charge) return;
    for (const beginning of this.#drawn) {
      for (const { active, used, sheet } of gone) {
        const line = beginning.sheet?.line(sheet?.present?.given.item_id);
        if (line !== undefined) line.used += used;
        if (active === null) continue;
        const team = teamKey(active.group);
        const payer = payerOf({ ...beginning, active, group: active.group }, mode);
        const key = mode === 'per_participant' ? active.id : team;
        if (payer?.clock === undefined) add(beginning.kept, key, -used);
        else if (beginning !== goesOn || beginning.kept.has(key)) beginning.isVague = true;
        else pay(payer, used, true);
        add(beginning.keptUsed, active.id, used);
        add(beginning.keptUsed, team, used);
      }
    }
  }
}

/** Charges turns that are taken back once more: the oldest goes on with what it has used, the others are over. */
export function chargeAgain({ table, players, teams, undone }: PutBack, mode: string): void {
  for (const [place, { active, used, sheet }] of undone.entries()) {
    const line = table.sheet?.line(sheet?.present?.given.item_id);
    if (line !== undefined) line.used += used;
    if (place === 0) table.counted += used;
    const player = players.find(({ id }) => id === active?.id);
    const team = teams.find(({ id }) => id === active?.group);
    for (const one of [player, team]) if (one !== undefined) one.used += used;
    const payer = mode === 'per_participant' ? player : team;
    if (payer !== undefined) pay(payer, used, place > 0);
  }
}

function pay(owner: Player | Team, used: number, isOver: boolean): void {
  const { clock } = owner;
  if (clock === undefined) {
    owner.bank = (owner.bank ?? 0) - used;
    return;
  }
  for (let n = 0; n < used; n += 1) clock.tick();
  if (isOver) clock.forfeit();
  owner.bank = clock.main;
}

/** Whose clock ran in a turn; undefined where that is the session's. */
function payerOf({ active, group, players, teams }: Beginning, mode: string): Player | Team | undefined {
  return mode === 'per_participant' ? players.find(({ id }) => id === active?.id) : teams.find(({ id }) => id === group);
}

function copied<Owner extends Player | Team>(one: Owner): Owner {
  return Object.assign({}, one, one.clock === undefined ? {} : { clock: one.clock.copy() });
}

/** How whoever an adjustment names is called among the owners of clocks. */
export function ownerKey(participant: string | undefined, group: string | undefined): string {
  return participant ?? (group === undefined ? 'session' : teamKey(group));
}

/** How a team is named among the owners of clocks. */
function teamKey(id: string | null): string {
  return `team ${id ?? ''}`;
}

function add(sums: Map<string, number>, owner: string, amount: number): void {
  sums.set(owner, (sums.get(owner) ?? 0) + amount);
}
