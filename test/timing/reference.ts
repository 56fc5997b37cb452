import type { Status } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { ReferenceBoard } from './reference-board.ts';
import { after, type Player } from './reference-seats.ts';

const DAY = 86_400_000;
const MAY: Record<string, Status[]> = {
  start: ['pending'],
  switch: ['running'],
  pause: ['running'],
  resume: ['paused'],
  adjust: ['pending', 'running', 'paused'],
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
    }
  }

  /** Lets time go by in which no instance serves anybody: an outage, as the game's policy has it. */
  standStill(ms: number): void {
    const policy = this.game.outage_policy ?? 'charge';
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
    if (command.type === 'start') return this.#start(command.active_participant_id);
    if (command.type === 'switch') return this.#switch(command.current_participant_id, command.next_participant_id);
    if (command.type === 'adjust') {
      const { type: _type, ...wish } = command;
      return this.#adjust(wish);
    }
    const receipt = this.receipt();
    if (command.type === 'resume') this.status = 'running';
    if (command.type === 'pause') this.status = 'paused';
    if (command.type === 'complete') this.#end('completed');
    if (command.type === 'cancel') this.#end('cancelled');
    const reason = command.type === 'cancel' && command.reason !== undefined ? { reason: command.reason } : {};
    const past = { resume: 'resumed', pause: 'paused', complete: 'completed', cancel: 'cancelled', delete: 'deleted' }[command.type];
    this.note(`session_${past}`, receipt, reason);
    return null;
  }

  #tick(): void {
    this.counted += 1;
    this.sinceLast += 1;
    if (this.active !== null) {
      this.active.used += 1;
      if (this.game.sync_mode === 'per_participant') this.active.bank = (this.active.bank ?? 0) - 1;
    }
    const team = this.team();
    if (team !== undefined) {
      team.bank -= 1;
      team.used += 1;
    }
    if (this.left() === 0) this.#flagFalls();
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
    const goesOn = type === 'skip_cycle' || (type !== 'end_session' && this.game.auto_advance === true);
    const next = this.#whoIsNext();
    const nobodyPlays = this.players.length === 0;
    if (goesOn && !forAll && (next !== null || nobodyPlays)) this.#cycleBegins(next);
    else this.#end('expired');
    this.note('participant_expired', { ...receipt, expired }, type === undefined ? {} : { action_applied: this.game.action_on_timeout });
  }

  #start(named: string | undefined): string | null {
    if (named !== undefined) {
      if (this.player(named) === null) return 'PARTICIPANT_NOT_FOUND';
      this.active = this.player(named);
    }
    const candidates = this.players.filter((player) => this.group === null || player.group === this.group);
    this.active ??= candidates.sort((a, b) => a.index - b.index)[0] ?? null;
    this.group = this.active?.group ?? null;
    this.status = 'running';
    this.startedAt = this.iso(this.now);
    this.note('session_started', this.receipt());
    return null;
  }

  #switch(guard: string | undefined, named: string | undefined): string | null {
    if (guard !== undefined && this.player(guard) === null) return 'PARTICIPANT_NOT_FOUND';
    if (guard !== undefined && guard !== this.active?.id) return 'NOT_ACTIVE_PARTICIPANT';
    const chosen = this.player(named);
    if (named !== undefined && chosen === null) return 'PARTICIPANT_NOT_FOUND';
    if (chosen !== null && !this.#hasTime(chosen)) return 'PARTICIPANT_EXPIRED';
    const receipt = this.receipt();
    this.#turnIsOver();
    const next = chosen ?? this.#whoIsNext();
    if (this.game.sync_mode === 'per_participant') this.#earn(this.active);
    else if (next?.group !== this.group) this.#earn(this.team());
    this.#cycleBegins(next);
    this.note('cycle_switched', receipt);
    return null;
  }

  /** A bank grows by the increment, one millisecond after the other, until it is full. */
  #earn(bankOf: { bank: number | null } | null | undefined): void {
    if (bankOf == null) return;
    for (let earned = 0; earned < (this.game.increment_ms ?? 0); earned++) {
      if (bankOf.bank !== this.ceiling) bankOf.bank = (bankOf.bank ?? 0) + 1;
    }
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
    if (has === null || has + delta < 1 || has + delta > (bankMode ? (this.ceiling ?? DAY) : DAY)) return 'VALIDATION_ERROR';
    const receipt = this.receipt();
    if (owner != null) owner.bank = has + delta;
    else if (mode === 'count_up') this.ceiling = (this.ceiling ?? 0) + delta;
    else this.extra += delta;
    this.note('session_adjusted', receipt, wish);
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
    const team = teams.find((candidate) => candidate.bank > 0);
    const [first] = ring.filter((player) => team !== undefined && player.group === team.id).sort((a, b) => a.turns - b.turns);
    return first ?? null;
  }

  #hasTime(player: Player): boolean {
    const mode = this.game.sync_mode;
    return (mode !== 'per_participant' && mode !== 'per_group') || (this.leftOf(player) ?? 0) > 0;
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
  }

  #end(status: Status): void {
    this.status = status;
    this.endedAt ??= this.iso(this.now);
  }
}
