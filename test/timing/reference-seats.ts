import type { CreatePayload, GroupState, ParticipantState, SessionState, TimeControl } from '#contract';
import { TickingClock } from './control-clock.ts';

export type Payload = CreatePayload & { session_id: string };

/** The clock of a player or team that has a time control. */
export interface Controlled {
  clock?: TickingClock;
  /** Whether the control is their own. */
  own?: TimeControl | undefined;
}

/** Somebody at the table, with the hands of their own clock. */
export interface Player extends Controlled {
  id: string;
  index: number;
  group: string | null;
  /** What was given; in `per_participant` what is left of it. */
  bank: number | null;
  used: number;
  turns: number;
  expired: boolean;
}

/** Several at the table with one clock between them. */
export interface Team extends Controlled {
  id: string;
  bank: number;
  used: number;
  expired: boolean;
  members: string[];
}

/** The places around a ring that come after one, ending with that one. */
export function after<Place>(ring: Place[], place: number): Place[] {
  return [...ring.slice(place + 1), ...ring.slice(0, place + 1)];
}

/** Seats everybody of a game. */
export function seatPlayers(game: Payload): Player[] {
  return (game.participants ?? []).map((one, place) => {
    const listed = game.sync_mode === 'per_group' ? game.groups?.find((group) => group.members?.includes(one.participant_id)) : undefined;
    const group = one.group_id ?? listed?.group_id ?? null;
    const index = one.participant_index ?? place;
    const player = { id: one.participant_id, index, group, bank: one.total_time_ms ?? null, used: 0, turns: 0, expired: false };
    return game.sync_mode === 'per_participant' ? withClock(player, game, one.time_control) : player;
  });
}

function withClock<Owner extends Player | Team>(owner: Owner, game: Payload, own: TimeControl | undefined): Owner {
  const control = own ?? game.time_control;
  if (control === undefined) return owner;
  const clock = new TickingClock(control, game.overrun_ms);
  return { ...owner, bank: clock.main, clock, own };
}

/** The teams of a game in the order in which they take turns. */
export function seatTeams(game: Payload, players: Player[]): Team[] {
  if (game.sync_mode !== 'per_group') return [];
  if (game.groups !== undefined && game.groups.length > 0) {
    return game.groups.map(({ group_id: id, total_time_ms: bank = 0, members = [], time_control }) => {
      const joined = players.filter((player) => player.group === id && !members.includes(player.id)).map((player) => player.id);
      return withClock({ id, bank, used: 0, expired: false, members: [...members, ...joined] }, game, time_control);
    });
  }
  const teams: Team[] = [];
  for (const player of [...players].sort((a, b) => a.index - b.index)) {
    const team = teams.find(({ id }) => id === player.group);
    if (team !== undefined) team.members.push(player.id);
    else teams.push({ id: player.group ?? '', bank: player.bank ?? 0, used: 0, expired: false, members: [player.id] });
  }
  return teams.map((team) => withClock(team, game, undefined));
}

/** The fields of a state that never change, with the contract's defaults. */
export function settings(game: Payload) {
  const stand = game.sync_mode === 'global' ? game.time_per_cycle_ms : undefined;
  return {
    session_id: game.session_id,
    sync_mode: game.sync_mode,
    total_time_ms: game.total_time_ms ?? stand ?? null,
    time_per_cycle_ms: game.time_per_cycle_ms ?? null,
    increment_ms: game.increment_ms ?? 0,
    action_on_timeout: game.action_on_timeout ?? null,
    auto_advance: game.auto_advance ?? false,
    outage_policy: game.outage_policy ?? 'charge',
    warning_thresholds_ms: game.warning_thresholds_ms ?? [10_000, 5_000, 1_000, ...(game.overrun_ms ? [0] : [])],
    metadata: game.metadata ?? {},
    ...(game.time_control === undefined ? {} : { time_control: game.time_control }),
    ...(game.max_cycles === undefined ? {} : { max_cycles: game.max_cycles }),
    ...(game.extension === undefined ? {} : { extension: game.extension }),
  } satisfies Partial<SessionState>;
}

/** What a state tells of a player. */
export function pictureOfPlayer(player: Player, left: number | null, is_active: boolean): ParticipantState {
  return {
    participant_id: player.id,
    participant_index: player.index,
    group_id: player.group,
    total_time_ms: player.bank,
    time_used_ms: player.used,
    time_remaining_ms: left,
    cycle_count: player.turns,
    is_active,
    has_expired: player.expired,
    has_gone: player.turns > 0,
    ...pictureOfClock(player),
  };
}

/** What a state tells of a team. */
export function pictureOfTeam(team: Team, is_active: boolean): GroupState {
  const { id: group_id, bank: total_time_ms, used: time_used_ms, expired: has_expired, members } = team;
  return { group_id, total_time_ms, time_used_ms, is_active, has_expired, members: [...members], ...pictureOfClock(team) };
}

function pictureOfClock({ clock, own }: Controlled): Pick<ParticipantState, 'clock' | 'time_control'> {
  if (clock === undefined) return {};
  return { ...(own === undefined ? {} : { time_control: own }), clock: clock.picture };
}
