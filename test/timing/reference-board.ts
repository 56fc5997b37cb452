import type { JsonValue, SessionState, Status } from '#contract';
import {
  type Payload,
  pictureOfPlayer,
  pictureOfTeam,
  type Player,
  seatPlayers,
  seatTeams,
  settings,
  type Team,
} from './reference-seats.ts';
import { RunSheet } from './reference-programme.ts';
import { Beginnings } from './reference-undo.ts';

/** What the reference notes of each thing that happened; the same facts as a row of the trail. */
export type Note = Record<string, unknown> & { event_type: string; at: number; state: SessionState };

/** The table at which the reference counts: who sits there, every hand of every clock, and what was noted so far. */
export class ReferenceBoard {
  now = 0;
  status: Status = 'pending';
  readonly notes: Note[] = [];
  readonly players: Player[];
  readonly teams: Team[];
  /** Whose turn it is; before the start, who was named to begin. */
  active: Player | null;
  /** Milliseconds counted in this cycle, or in the session where one clock runs through it. */
  counted = 0;
  /** What adjustments gave to the current cycle or countdown. */
  extra = 0;
  /** What extensions gave to the current cycle or countdown, and how many of them did. */
  extended = 0;
  extensions = 0;
  /** What whoever completed the game said of how it came out. */
  outcome: JsonValue | undefined;
  ceiling: number | null;
  /** How far below zero the hands go before the flag falls. */
  readonly overrun: number;
  group: string | null;
  /** Of a programme. */
  sheet: RunSheet | undefined;
  protected sinceLast = 0;
  cycles = 0;
  /** When a session that waits starts by itself, null where it does not; kept, once it has started. */
  startsAt: number | null;
  /** Whether a start was ever planned. */
  protected planned: boolean;
  protected startedAt: string | null = null;
  protected endedAt: string | null = null;
  /** Where the last turns began. */
  protected readonly beginnings: Beginnings;
  protected readonly game: Payload;
  protected readonly origin: number;

  constructor(game: Payload, origin: number) {
    this.game = game;
    this.origin = origin;
    this.players = seatPlayers(game);
    this.teams = seatTeams(game, this.players);
    this.sheet = game.items === undefined ? undefined : new RunSheet(game);
    this.beginnings = new Beginnings(game.undo_depth ?? 0);
    this.ceiling = game.max_time_ms ?? null;
    this.overrun = game.overrun_ms ?? 0;
    this.planned = game.starts_at !== undefined;
    this.startsAt = game.starts_at === undefined ? null : Date.parse(game.starts_at) - origin;
    this.active = this.player(game.active_participant_id);
    this.group = this.active === null ? (game.active_group_id ?? null) : this.active.group;
    this.note('session_created', { participant_id: null, group_id: null, time_elapsed_ms: 0, time_remaining_ms: null });
  }

  /** What the running clock would show, negative below zero, null where it can't run out. */
  left(): number | null {
    switch (this.game.sync_mode) {
      case 'per_participant':
        return this.active === null ? null : this.bankOf(this.active);
      case 'per_group':
        return this.bankOf(this.team());
      case 'per_cycle':
        return this.cycle + this.extra - this.counted;
      case 'global':
        return (this.game.total_time_ms ?? this.game.time_per_cycle_ms ?? 0) + this.extra - this.counted;
      case 'count_up':
        return this.ceiling === null ? null : this.ceiling - this.counted;
    }
  }

  /** What the present cycle was given. */
  get cycle(): number {
    return (this.sheet === undefined ? this.game.time_per_cycle_ms : this.sheet.present?.given.time_ms) ?? 0;
  }

  /** What a player or team has left in all: the bank, or every bucket of a time control. */
  bankOf(owner: Player | Team | undefined): number | null {
    return owner === undefined ? null : (owner.clock?.left ?? owner.bank);
  }

  /** What a player's clock shows. */
  leftOf(player: Player): number | null {
    const mode = this.game.sync_mode;
    if (mode === 'per_participant') return this.bankOf(player);
    if (mode === 'per_group') return this.bankOf(this.teams.find((team) => team.id === player.group));
    if (mode === 'per_cycle' && player !== this.active) {
      return this.sheet === undefined ? (this.game.time_per_cycle_ms ?? null) : this.sheet.timeFor(player.id);
    }
    return this.left();
  }

  /** Whether this reference can tell what an undo of so many turns makes of the clocks. */
  tells(turns: number, charge: boolean): boolean {
    return this.beginnings.tell(turns, charge, this.game.sync_mode);
  }

  /** Who was charged since the last note, and what that clock has left. */
  protected receipt(): Record<string, unknown> {
    const time_elapsed_ms = this.sinceLast;
    this.sinceLast = 0;
    return { participant_id: this.active?.id ?? null, group_id: this.group, time_elapsed_ms, time_remaining_ms: this.left() };
  }

  protected note(event_type: string, receipt: Record<string, unknown>, metadata: object = {}): void {
    const version = this.notes.length + 1;
    this.notes.push({ event_type, at: this.origin + this.now, ...receipt, metadata: { ...metadata }, state: this.picture(version) });
  }

  /**
   * Notes that an outage was charged to nobody. The running turn is not charged either: banks stay as they were noted
   * last, and the turn looks as if it had begun later.
   */
  protected noteCredit(metadata: object): void {
    const last = this.notes.at(-1)?.state ?? this.picture(0);
    const left = this.left();
    const state: SessionState = {
      ...last,
      version: last.version + 1,
      cycle_started_at: this.iso(this.now - this.sinceLast),
      ...this.ends(left),
      updated_at: this.iso(this.now),
      participants: structuredClone(last.participants),
    };
    for (const one of state.participants) {
      const player = this.player(one.participant_id);
      if (player !== null) one.time_remaining_ms = this.leftOf(player);
    }
    const charge = { participant_id: this.active?.id ?? null, group_id: this.group, time_elapsed_ms: 0, time_remaining_ms: left };
    this.notes.push({ event_type: 'session_credited', at: this.origin + this.now, ...charge, metadata, state });
  }

  /** What one uses of an hourglass goes to the others in equal parts, and to the first what can't be divided. */
  protected handOn(owner: Player | Team, used: number): void {
    const others = this.#others(owner);
    const partOf = (place: number, of: number): number => (place === 0 ? of - (others.length - 1) * part(of) : part(of));
    const part = (of: number): number => Math.floor(of / others.length);
    for (const [place, other] of others.entries()) {
      if (other.clock === undefined) continue;
      other.clock.main += partOf(place, used) - partOf(place, used - 1);
      other.bank = other.clock.main;
    }
  }

  /** By how much a hand of an hourglass that rises may go back soon: what can be divided goes to the others. */
  protected heldBy(owner: Player | Team | null | undefined): number {
    const running = this.game.sync_mode === 'per_group' ? this.team() : this.active;
    const used = running?.clock?.used;
    if (this.game.time_control?.hourglass !== true || owner == null || owner === running || used === undefined) return 0;
    const others = this.#others(running);
    if (owner !== others[0]) return 0;
    const has = (of: number): number => of - (others.length - 1) * Math.floor(of / others.length);
    let most = 0;
    for (let ahead = 1; ahead <= others.length; ahead += 1) most = Math.max(most, has(used) - has(used + ahead));
    return most;
  }

  /** Everybody but one whose clocks have not fallen, in their order. */
  #others(one: Player | Team | null | undefined): (Player | Team)[] {
    const all = this.game.sync_mode === 'per_group' ? this.teams : [...this.players].sort((a, b) => a.index - b.index);
    return all.filter((other) => other !== one && !other.expired);
  }

  protected drawBeginning(): void {
    this.beginnings.draw(this, this.players, this.teams);
  }

  /** When a running clock that shows `left` is at zero and when its flag falls; null where it stands or never falls. */
  private ends(left: number | null): Pick<SessionState, 'deadline_at' | 'zero_at'> {
    const deadline_at = left === null ? null : this.iso(this.now + left + this.overrun);
    return this.overrun === 0 ? { deadline_at } : { deadline_at, zero_at: left === null ? null : this.iso(this.now + left) };
  }

  protected player(id: string | undefined): Player | null {
    return this.players.find((player) => player.id === id) ?? null;
  }
  protected team(): Team | undefined {
    return this.teams.find((team) => team.id === this.group);
  }
  protected iso(instant: number): string {
    return new Date(this.origin + instant).toISOString();
  }

  /** Everything that a state shows, as of this very millisecond. */
  private picture(version: number): SessionState {
    const game = this.game;
    const runs = this.status === 'running';
    const turnIsOn = runs || this.status === 'paused';
    const left = this.left();
    const adjustsCycle = game.sync_mode === 'per_cycle' || game.sync_mode === 'global';
    return {
      ...settings(game),
      status: this.status,
      version,
      epoch: this.origin,
      max_time_ms: this.ceiling,
      active_participant_id: this.active?.id ?? null,
      active_group_id: this.group,
      cycle_started_at: runs ? this.iso(this.now) : null,
      cycle_time_used_ms: adjustsCycle ? this.counted - this.extra : this.counted,
      cycle_count: this.cycles,
      ...this.ends(runs ? left : null),
      ...(this.overrun === 0 ? {} : { overrun_ms: this.overrun }),
      ...(game.extension === undefined ? {} : { extended_ms: this.extended, extension_count: this.extensions }),
      ...this.sheet?.picture,
      ...(this.outcome === undefined ? {} : { outcome: this.outcome }),
      session_started_at: this.startedAt,
      session_completed_at: this.endedAt,
      created_at: this.iso(0),
      updated_at: this.iso(this.now),
      participants: this.players.map((player) => pictureOfPlayer(player, this.leftOf(player), turnIsOn && player === this.active)),
      groups: this.teams.map((team) => pictureOfTeam(team, turnIsOn && team.id === this.group)),
      ...(game.undo_depth === undefined || game.undo_depth === 0
        ? {}
        : { undo_depth: game.undo_depth, undo_available: this.beginnings.count }),
      ...(this.planned ? { starts_at: this.startsAt === null ? null : this.iso(this.startsAt) } : {}),
    };
  }
}
