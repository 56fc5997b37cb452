import type { ItemInput, Status } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { ReferenceBoard } from './reference-board.ts';
import { after, type Player, type Team } from './reference-seats.ts';
import { chargeAgain, ownerKey } from './reference-undo.ts';

const DAY = 86_400_000;
const MAY: Record<string, Status[]> = {
  start: ['pending'],
  switch: ['running'],
  pause: ['running'],
  resume: ['paused'],
  undo: ['running', 'paused'],
  adjust: ['pending', 'running', 'paused'],
  extend: ['running'],
  schedule: ['pending'],
  edit: ['pending', 'running', 'paused'],
  complete: ['pending', 'running', 'paused', 'expired'],
  cancel: ['pending', 'running', 'paused'],
  delete: ['pending', 'running', 'paused', 'expired', 'completed', 'cancelled'],
};

/**
 * The rules of the clocks told a second time, slowly: somebody sits at the table and moves every hand by one for every
 * millisecond that goes by. Nothing is calculated from instants, and nothing of the server is used. Instants are
 * milliseconds after `origin`.
 */
export class Reference extends ReferenceBoard {
  /** Lets time go by, one millisecond after the other. */
  tickTo(instant: number): void {
    while (this.now < instant) {
      this.now += 1;
      if (this.status === 'running') this.#tick();
      else if (this.status === 'pending' && this.startsAt === this.now) this.#start(undefined, { scheduled: true });
    }
  }

  /** Lets time go by in which no instance serves anybody: an outage, as the game's policy has it. */
  standStill(ms: number): void {
    const policy = this.game.outage_policy ?? 'charge';
    // Who waits for a start is held up by nothing before it, and by the rest of the outage after it.
    const start = this.status === 'pending' ? this.startsAt : null;
    if (start !== null && start > this.now && start < this.now + ms) {
      const end = this.now + ms;
      this.tickTo(start);
      return this.standStill(end - start);
    }
    if (policy === 'charge' || this.status !== 'running') return this.tickTo(this.now + ms);
    const outage = { from: this.iso(this.now), to: this.iso(this.now + ms) };
    if (policy === 'pause') {
      const receipt = this.receipt();
      this.status = 'paused';
      this.note('session_paused', receipt, { outage, reason: 'outage' });
    }
    this.now += ms;
    if (policy === 'credit') this.noteCredit({ outage, credited_ms: ms });
  }

  /** Does what a command asks for, or says by which code it is refused. */
  obey(command: TimerCommand): string | null {
    if (!MAY[command.type]?.includes(this.status)) return 'INVALID_STATE_TRANSITION';
    // It plays no concurrent sessions.
    if (command.type === 'finish') return 'VALIDATION_ERROR';
    if (command.type === 'start') return this.#start(command.active_participant_id);
    if (command.type === 'extend' && this.game.extension === undefined) return 'INVALID_STATE_TRANSITION';
    if ('cycle_count' in command && command.cycle_count !== undefined && command.cycle_count !== this.cycles) return 'CONFLICT';
    if (command.type === 'switch') return this.#switch(command.current_participant_id, command.next_participant_id, command.next_item_id);
    if (command.type === 'extend') return this.#extend(command.participant_id);
    if (command.type === 'edit') return this.#edit(command.items);
    if (command.type === 'adjust') {
      const { type: _type, ...wish } = command;
      return this.#adjust(wish);
    }
    if (command.type === 'schedule') return this.#schedule(command.starts_at);
    if (command.type === 'undo') return this.#undo(command.turns ?? 1, command.clock ?? 'restore');
    const receipt = this.receipt();
    if (command.type === 'resume') this.status = 'running';
    if (command.type === 'pause') this.status = 'paused';
    if (command.type === 'complete') {
      this.outcome = command.outcome ?? this.outcome;
      this.#end('completed');
    }
    if (command.type === 'cancel') this.#end('cancelled');
    const reason = command.type === 'cancel' && command.reason !== undefined ? { reason: command.reason } : {};
    const outcome = command.type === 'complete' && command.outcome !== undefined ? { outcome: command.outcome } : {};
    const past = { resume: 'resumed', pause: 'paused', complete: 'completed', cancel: 'cancelled', delete: 'deleted' }[command.type];
    this.note(`session_${past}`, receipt, { ...reason, ...outcome });
    return null;
  }

  #tick(): void {
    this.counted += 1;
    this.sinceLast += 1;
    this.beginnings.tick();
    this.sheet?.tick();
    if (this.active !== null) {
      this.active.used += 1;
      if (this.game.sync_mode === 'per_participant') this.#drain(this.active);
    }
    const team = this.team();
    if (team !== undefined) {
      this.#drain(team);
      team.used += 1;
    }
    if (this.left() === 0 - this.overrun) this.#flagFalls();
  }

  #drain(owner: Player | Team): void {
    if (owner.clock === undefined) owner.bank = (owner.bank ?? 0) - 1;
    else {
      owner.clock.tick();
      owner.bank = owner.clock.main;
      if (this.game.time_control?.hourglass === true) this.handOn(owner, owner.clock.used);
    }
  }

  #flagFalls(): void {
    const mode = this.game.sync_mode;
    const { type } = this.game.action_on_timeout ?? {};
    const forAll = mode === 'global' || mode === 'count_up';
    const expired = { participant_id: forAll ? null : (this.active?.id ?? null), group_id: mode === 'per_group' ? this.group : null };
    const receipt = this.receipt();
    if (!forAll && this.active !== null) this.active.expired = true;
    if (mode === 'per_group') {
      for (const player of this.players) if (player.group === this.group) player.expired = true;
      for (const team of this.teams) if (team.id === this.group) team.expired = true;
    }
    this.#turnIsOver();
    this.beginnings.forget();
    const own = this.sheet?.present?.given.auto_advance;
    const goesOn = type !== 'end_session' && (own ?? (type === 'skip_cycle' || this.game.auto_advance === true));
    if (this.sheet !== undefined) {
      if (goesOn && this.sheet.go(this.iso(this.now))) this.#itemBegins();
      else this.#end('expired');
      this.drawBeginning();
      this.note('participant_expired', { ...receipt, expired }, type === undefined ? {} : { action_applied: this.game.action_on_timeout });
      return;
    }
    const next = this.#whoIsNext();
    const nobodyPlays = this.players.length === 0;
    if (goesOn && !forAll && !this.#allPlayed && (next !== null || nobodyPlays)) this.#cycleBegins(next);
    else this.#end('expired');
    this.drawBeginning();
    this.note('participant_expired', { ...receipt, expired }, type === undefined ? {} : { action_applied: this.game.action_on_timeout });
  }

  #schedule(starts_at: string | undefined): string | null {
    const instant = starts_at === undefined ? null : Date.parse(starts_at) - this.origin;
    if (instant !== null && (instant <= this.now || instant > this.now + 400 * DAY)) return 'VALIDATION_ERROR';
    this.startsAt = instant;
    this.planned = true;
    this.note('session_scheduled', this.receipt(), { starts_at: starts_at ?? null });
    return null;
  }

  #start(named: string | undefined, metadata: object = {}): string | null {
    if (this.sheet !== undefined) {
      if (named !== undefined) return 'VALIDATION_ERROR';
      this.sheet.go(this.iso(this.now));
      this.active = this.player(this.sheet.present?.given.participant_id);
    }
    if (named !== undefined) {
      if (this.player(named) === null) return 'PARTICIPANT_NOT_FOUND';
      this.active = this.player(named);
    }
    const candidates = this.players.filter((player) => this.group === null || player.group === this.group);
    if (this.sheet === undefined) this.active ??= candidates.sort((a, b) => a.index - b.index)[0] ?? null;
    this.group = this.active?.group ?? null;
    this.status = 'running';
    this.startedAt = this.iso(this.now);
    this.drawBeginning();
    this.note('session_started', this.receipt(), metadata);
    return null;
  }

  #itemBegins(): void {
    this.#cycleBegins(this.player(this.sheet?.present?.given.participant_id));
  }

  #edit(items: readonly ItemInput[] | undefined): string | null {
    const mayBegin = (time: number): boolean => time + this.extra + this.overrun >= 1 && time + this.extra <= DAY;
    const left = this.left();
    if (items === undefined || this.sheet?.rewrite(items, mayBegin) !== true) return 'VALIDATION_ERROR';
    this.note(
      'session_edited',
      { ...this.receipt(), time_remaining_ms: left },
      { items: JSON.parse(JSON.stringify(items)) as ItemInput[] },
    );
    return null;
  }

  #switch(guard: string | undefined, named: string | undefined, item: string | undefined): string | null {
    if (guard !== undefined && this.player(guard) === null) return 'PARTICIPANT_NOT_FOUND';
    if (guard !== undefined && guard !== this.active?.id) return 'NOT_ACTIVE_PARTICIPANT';
    if (this.sheet !== undefined) return this.#nextItem(named, item);
    const chosen = this.player(named);
    if (named !== undefined && chosen === null) return 'PARTICIPANT_NOT_FOUND';
    if (chosen !== null && !this.#hasTime(chosen)) return 'PARTICIPANT_EXPIRED';
    const receipt = this.receipt();
    this.#turnIsOver();
    const next = chosen ?? this.#whoIsNext();
    const stays = next?.group === this.group && !this.#allPlayed;
    const owner = this.game.sync_mode === 'per_participant' ? this.active : stays ? null : this.team();
    const charged = this.#earn(owner);
    if (this.#allPlayed) this.#end('completed');
    else {
      this.#cycleBegins(next);
      this.drawBeginning();
    }
    this.note('cycle_switched', receipt, charged === null ? {} : { charged_ms: charged });
    return null;
  }

  #nextItem(named: string | undefined, item: string | undefined): string | null {
    if (named !== undefined || (item !== undefined && this.sheet?.line(item) === undefined)) return 'VALIDATION_ERROR';
    const receipt = this.receipt();
    this.#turnIsOver();
    if (this.sheet?.go(this.iso(this.now), item) === true) this.#itemBegins();
    else this.#end('completed');
    this.drawBeginning();
    this.note('cycle_switched', receipt, item === undefined ? {} : { next_item_id: item });
    return null;
  }

  /**
   * A bank that is not below zero grows by the increment, one millisecond after the other, until it is full; a clock
   * with a time control ends its turn. Answers what that was charged, where it is not what it took.
   */
  #earn(owner: Player | Team | null | undefined): number | null {
    if (owner == null) return null;
    const { clock } = owner;
    if (clock !== undefined) {
      const [charged, used] = [clock.charge(), clock.used];
      clock.endTurn();
      owner.bank = clock.main;
      return charged === used ? null : charged;
    }
    if ((owner.bank ?? 0) < 0) return null;
    for (let earned = 0; earned < (this.game.increment_ms ?? 0); earned++) {
      if (owner.bank !== this.ceiling) owner.bank = (owner.bank ?? 0) + 1;
    }
    return null;
  }

  #adjust(wish: Omit<Extract<TimerCommand, { type: 'adjust' }>, 'type'>): string | null {
    const { sync_mode: mode } = this.game;
    const { participant_id: id, group_id: group, delta_ms: delta } = wish;
    if ((id !== undefined) !== (mode === 'per_participant') || (group !== undefined) !== (mode === 'per_group')) return 'VALIDATION_ERROR';
    const owner = mode === 'per_participant' ? this.player(id) : this.teams.find((team) => team.id === group);
    const bankMode = mode === 'per_participant' || mode === 'per_group';
    if (bankMode && owner == null) return 'PARTICIPANT_NOT_FOUND';
    if (owner?.expired === true) return 'VALIDATION_ERROR';
    const has = owner == null ? this.left() : owner.bank;
    const clock = owner?.clock;
    if (clock !== undefined) {
      const isWhole = delta % (clock.control.charge_unit_ms ?? 1) === 0;
      // The stage after one that is ended by this may begin with a delay.
      const adjusted = clock.copy();
      adjusted.adjust(delta);
      const left = adjusted.left + this.overrun - this.heldBy(owner);
      if (!isWhole || clock.main + delta < -this.overrun || left < 1 || left > 400 * DAY) return 'VALIDATION_ERROR';
      const receipt = this.receipt();
      clock.adjust(delta);
      if (owner != null) owner.bank = clock.main;
      this.beginnings.adjusted(ownerKey(id, group), delta);
      this.note('session_adjusted', receipt, wish);
      return null;
    }
    if (has === null || has + delta + this.overrun < 1 || has + delta > (bankMode ? (this.ceiling ?? DAY) : DAY)) return 'VALIDATION_ERROR';
    const receipt = this.receipt();
    this.beginnings.adjusted(ownerKey(id, group), delta);
    if (owner != null) owner.bank = has + delta;
    else if (mode === 'count_up') this.ceiling = (this.ceiling ?? 0) + delta;
    else this.extra += delta;
    this.note('session_adjusted', receipt, wish);
    return null;
  }

  /** In the window the hands go back one millisecond after the other, until that is enough. */
  #extend(named: string | undefined): string | null {
    if (named !== undefined && this.player(named) === null) return 'PARTICIPANT_NOT_FOUND';
    const { window_ms = 0, by_ms = 0, mode, max_total_ms = Infinity, max_count = Infinity } = this.game.extension ?? {};
    const receipt = this.receipt();
    const left_ms = this.left() ?? 0;
    let extended_ms = 0;
    const isEnough = () => (mode === 'add' ? extended_ms : (this.left() ?? 0)) >= by_ms || this.extended >= max_total_ms;
    const most = left_ms > window_ms || this.extensions >= max_count ? 0 : by_ms;
    for (let ms = 0; ms < most && !isEnough(); ms++) {
      this.extra += 1;
      this.extended += 1;
      extended_ms += 1;
    }
    if (extended_ms > 0) {
      this.extensions += 1;
      this.beginnings.adjusted('session', extended_ms);
      this.beginnings.adjusted('extended', extended_ms);
      this.beginnings.adjusted('extensions', 1);
    }
    this.note('session_extended', receipt, { extended_ms, left_ms, ...(named === undefined ? {} : { participant_id: named }) });
    return null;
  }

  #whoIsNext(): Player | null {
    const ring = [...this.players].sort((a, b) => a.index - b.index);
    if (this.game.sync_mode !== 'per_group') {
      return (
        after(
          ring,
          ring.findIndex((player) => player === this.active),
        ).find((player) => this.#hasTime(player)) ?? null
      );
    }
    const teams = after(
      this.teams,
      this.teams.findIndex((team) => team.id === this.group),
    );
    const team = teams.find((candidate) => (this.bankOf(candidate) ?? 0) > -this.overrun);
    const [first] = ring.filter((player) => team !== undefined && player.group === team.id).sort((a, b) => a.turns - b.turns);
    return first ?? null;
  }

  #hasTime(player: Player): boolean {
    const mode = this.game.sync_mode;
    return (mode !== 'per_participant' && mode !== 'per_group') || (this.leftOf(player) ?? 0) > -this.overrun;
  }

  /** Whether the game has had as many cycles as it was to have. */
  get #allPlayed(): boolean {
    return this.cycles >= (this.game.max_cycles ?? Infinity);
  }

  #turnIsOver(): void {
    this.cycles += 1;
    if (this.active !== null) this.active.turns += 1;
  }

  #cycleBegins(player: Player | null): void {
    this.active = player;
    this.group = player === null ? null : player.group;
    if (player !== null) player.expired = false;
    if (this.game.sync_mode === 'global' || this.game.sync_mode === 'count_up') return;
    this.counted = 0;
    this.extra = 0;
    this.extended = 0;
    this.extensions = 0;
  }

  /** The table is put back as it was drawn when the oldest of those turns began. */
  #undo(turns: number, clock: 'restore' | 'charge'): string | null {
    const drawn = turns > this.beginnings.count ? null : this.beginnings.at(turns);
    if (drawn === null) return 'INVALID_STATE_TRANSITION';
    const { sync_mode: mode } = this.game;
    const { table, players, teams } = drawn;
    const forAll = mode === 'global' || mode === 'count_up';
    const charge = clock === 'charge' && !forAll;
    if (charge) chargeAgain(drawn, mode);
    const [banks, present] = mode === 'per_participant' ? [players, this.players] : [teams, this.teams];
    const most = this.ceiling ?? DAY;
    const given = table.sheet === undefined ? this.game.time_per_cycle_ms : table.sheet.present?.given.time_ms;
    const cycle = (given ?? 0) + table.extra - table.counted;
    for (const [place, { bank, clock: own, expired }] of banks.entries()) {
      // An increment may have brought it above what an adjustment may leave; then it stays there.
      if (own === undefined && bank === present[place]?.bank) continue;
      const [left, limit] = own === undefined ? [bank ?? 0, most] : [this.overrun === 0 && own.main < 0 ? 0 : own.left, 400 * DAY];
      if (!expired && (left + this.overrun < 1 || left > limit)) return 'VALIDATION_ERROR';
    }
    if (mode === 'per_cycle' && (cycle + this.overrun < 1 || cycle > DAY)) return 'VALIDATION_ERROR';
    const receipt = this.receipt();
    for (const [place, player] of this.players.entries()) {
      const then = players[place];
      if (then !== undefined) Object.assign(player, forAll ? { turns: then.turns } : then);
    }
    for (const [place, team] of this.teams.entries()) Object.assign(team, teams[place]);
    const { active, group, cycles, sheet, ...cycleTime } = table;
    Object.assign(this, { active, group, cycles, sheet }, forAll ? {} : cycleTime);
    this.beginnings.goBack(turns, charge, mode);
    this.note('session_undone', receipt, { turns, clock });
    return null;
  }

  #end(status: Status): void {
    this.sheet?.stop(this.iso(this.now));
    this.status = status;
    this.endedAt ??= this.iso(this.now);
    this.beginnings.forget();
  }
}
