/** Sessions to create: valid ones in all modes, and what the server has to refuse. */
import type { Dice } from './dice.ts';
import type { CreatePayload, GroupInput, JsonObject, ParticipantInput, SyncMode } from './house.ts';

const DAY = 86_400_000;
const NAMES = ['ann', 'bob', 'auth0|cem', 'd.u~a', '__proto__', 'constructor', 'eli', 'fay', 'gus', 'hal'];
const TEAMS = ['red', 'blue', 'gold', 'toString'];
export const MODES: readonly SyncMode[] = ['per_participant', 'per_cycle', 'per_group', 'global', 'count_up'];

/** A create whose session has a name. */
export type Create = CreatePayload & { session_id: string };

/** Free JSON as somebody might send it, with all that JSON can hold. */
const METADATA: readonly string[] = [
  '{}',
  '{"title":"Blitz ♞ 5+3","round":3}',
  '{"b":1,"a":{"z":[1,2.5,-0,1e21,null,true],"y":"\\u0000\\ud800\\" \\\\ </script>"}}',
  '{"__proto__":{"polluted":true},"constructor":1,"10":"ten","9":"nine"}',
  '{"recovered":false,"deep":{"deep":{"deep":{"deep":[[[[]]]]}}}}',
];

const ACTIONS: readonly string[] = [
  '{"type":"end_session"}',
  '{"type":"skip_cycle"}',
  '{"type":"skip_cycle","penalty":{"b":2,"a":1}}',
  '{"type":"auto_action","play":["pass"],"outcome":"draw"}',
  '{"type":"anything","ü":null}',
];

/** The game of a sequence: its mode follows from its number, everything else is drawn. */
export function drawGame(dice: Dice, number: number, id: string): Create {
  const sync_mode = MODES[number % MODES.length] ?? 'global';
  const count = countOf(dice, sync_mode);
  const scale = dice.weighted<number>([
    [5, 1_000],
    [3, 5_000],
    [4, 60_000],
    [2, 1_800_000],
    [1, DAY],
  ]);
  const time = () => Math.min(DAY, scale + (scale < DAY && dice.chance(0.7) ? dice.integer(0, scale === 1_000 ? 60 : 3_000) : 0));
  const teams = dice.integer(1, TEAMS.length);
  const grouping = dice.pick(['derived', 'listed', 'joined', 'both'] as const);
  const participants = participantsOf(dice, count, sync_mode, time, teams, grouping);
  const payload: Create = { session_id: id, sync_mode, participants };
  if (sync_mode === 'per_group' && grouping !== 'derived') payload.groups = groupsOf(dice, participants, grouping, time);
  if (sync_mode === 'per_cycle' || (sync_mode === 'global' && dice.chance(0.3))) payload.time_per_cycle_ms = time();
  if (sync_mode === 'global' && (payload.time_per_cycle_ms === undefined || dice.chance(0.5))) payload.total_time_ms = time();
  if (sync_mode === 'count_up' && dice.chance(0.7)) payload.max_time_ms = time();
  if ((sync_mode === 'per_participant' || sync_mode === 'per_group') && dice.chance(0.4)) {
    payload.max_time_ms = Math.min(DAY, highestOf(payload) + dice.pick([0, 0, 1, 50, 1_000, 60_000]));
  }
  if (count === 0 && dice.chance(0.5)) delete payload.participants;
  settings(dice, payload, participants);
  return payload;
}

function settings(dice: Dice, payload: Create, participants: readonly ParticipantInput[]): void {
  if (dice.chance(0.6)) payload.increment_ms = dice.pick([0, 1, 30, 250, 2_000, 60_000]);
  if (dice.chance(0.55)) payload.action_on_timeout = JSON.parse(dice.pick(ACTIONS)) as NonNullable<Create['action_on_timeout']>;
  if (dice.chance(0.6)) payload.auto_advance = dice.chance(0.7);
  if (dice.chance(0.6)) payload.outage_policy = dice.pick(['charge', 'credit', 'credit', 'pause', 'pause']);
  if (dice.chance(0.6)) {
    payload.warning_thresholds_ms = dice.pick([
      [],
      [1],
      [999, 500, 10],
      [1_000, 2_000, 3_000],
      [30, 60_000],
      [DAY, 5, 700, 6],
      [2_000_000_000],
    ]);
  }
  if (dice.chance(0.3)) payload.metadata = JSON.parse(dice.pick(METADATA)) as JsonObject;
  if (dice.chance(0.2)) payload.participants_may_pause = dice.chance(0.7);
  if (participants.length === 0 || dice.chance(0.6)) return;
  const first = dice.pick(participants);
  const by = dice.pick(['participant', 'group', 'both'] as const);
  if (by !== 'group') payload.active_participant_id = first.participant_id;
  const group = first.group_id ?? payload.groups?.find(({ members }) => members?.includes(first.participant_id))?.group_id;
  if (by !== 'participant' && group !== undefined) payload.active_group_id = group;
}

/**
 * From ten participants on updates tell changes, from 64 on states are stored in pieces, and from 16 KiB on snapshots
 * are left out.
 */
function countOf(dice: Dice, mode: SyncMode): number {
  const least = mode === 'per_participant' || mode === 'per_group' ? 1 : 0;
  return Math.max(
    least,
    dice.weighted<number>([
      [12, 2],
      [10, dice.integer(0, 4)],
      [3, dice.integer(5, 9)],
      [2.5, dice.integer(10, 13)],
      [0.12, dice.integer(64, 90)],
    ]),
  );
}

function participantsOf(
  dice: Dice,
  count: number,
  mode: SyncMode,
  time: () => number,
  teams: number,
  grouping: string,
): ParticipantInput[] {
  const isNumbered = dice.chance(0.4);
  const stride = dice.integer(1, 7);
  const isShuffled = dice.chance(0.5);
  const bankOfTeam = TEAMS.map(time);
  const isSeated = mode === 'per_group' ? grouping !== 'listed' : dice.chance(0.3);
  return Array.from({ length: count }, (_, place) => {
    const participant: ParticipantInput = { participant_id: NAMES[place] ?? `p${place}` };
    const team = count < teams ? 0 : place < teams ? place : dice.integer(0, teams - 1);
    if (isNumbered) participant.participant_index = (isShuffled ? (place * 3 + 1) % (count % 3 === 0 ? count + 1 : count) : place) * stride;
    if (mode === 'per_participant') participant.total_time_ms = time();
    else if (mode === 'per_group' && grouping === 'derived') participant.total_time_ms = bankOfTeam[team] ?? 1_000;
    else if (dice.chance(0.1)) participant.total_time_ms = dice.pick([0, 1, 5_000]);
    if (isSeated) participant.group_id = TEAMS[team] ?? 'red';
    else if (mode === 'per_group') seats.set(participant, TEAMS[team] ?? 'red');
    return participant;
  });
}

/** Whose team it is that only the groups name. */
const seats = new WeakMap<ParticipantInput, string>();

function groupsOf(dice: Dice, participants: readonly ParticipantInput[], grouping: string, time: () => number): GroupInput[] {
  const teamOf = (one: ParticipantInput) => one.group_id ?? seats.get(one);
  const used = TEAMS.filter((id) => participants.some((one) => teamOf(one) === id));
  if (dice.chance(0.3)) used.reverse();
  const isTurned = dice.chance(0.3);
  return used.map((group_id) => {
    const group: GroupInput = { group_id, total_time_ms: time() };
    const members = participants.filter((one) => teamOf(one) === group_id).map(({ participant_id }) => participant_id);
    if (grouping !== 'joined') group.members = isTurned ? members.toReversed() : members;
    return group;
  });
}

function highestOf({ participants = [], groups = [] }: Create): number {
  return Math.max(1_000, ...[...participants, ...groups].map(({ total_time_ms = 0 }) => total_time_ms));
}

/** A game in which some things are wrong. Whether the server then refuses it is the server's business. */
export function spoil(dice: Dice, game: Create): unknown {
  const spoiled = structuredClone(game);
  dice.pick(FAULTS)(spoiled, dice);
  if (dice.chance(0.5)) dice.pick(FAULTS)(spoiled, dice);
  if (dice.chance(0.3)) dice.pick(MISTYPED)(spoiled, dice);
  return spoiled;
}

/** Puts what no type allows. */
function put(target: object, field: string, value: unknown): void {
  Object.assign(target, { [field]: value });
}

function someone(payload: Create, dice: Dice): ParticipantInput {
  payload.participants ??= [];
  if (payload.participants.length === 0) payload.participants.push({ participant_id: 'late' });
  return dice.pick(payload.participants);
}

function someGroup(payload: Create, dice: Dice): GroupInput {
  payload.groups ??= [];
  if (payload.groups.length === 0) payload.groups.push({ group_id: 'red', total_time_ms: 5_000 });
  return dice.pick(payload.groups);
}

const FAULTS: readonly ((payload: Create, dice: Dice) => void)[] = [
  (payload, dice) => delete someone(payload, dice).total_time_ms,
  (payload, dice) => (someone(payload, dice).total_time_ms = dice.pick([0, 1, 999, DAY, DAY + 1, -1, 1.5])),
  (payload) => (payload.participants = []),
  (payload) => delete payload.participants,
  (payload) => payload.participants?.push({ ...payload.participants[0], participant_id: 'ann' }),
  (payload, dice) => (someone(payload, dice).participant_index = dice.pick([0, 1, 7, -1, 2 ** 31])),
  (payload) => payload.participants?.push({ participant_id: 'stranger', participant_index: 0, total_time_ms: 1_000 }),
  (payload) => delete payload.time_per_cycle_ms,
  (payload) => delete payload.total_time_ms,
  (payload) => delete payload.groups,
  (payload) => (payload.groups = []),
  (payload) => (payload.groups = [{ group_id: 'red', total_time_ms: 1_000, members: [] }]),
  (payload, dice) => payload.groups?.push({ ...someGroup(payload, dice) }),
  (payload, dice) => (someGroup(payload, dice).members = ['ann', 'nobody', 'ann']),
  (payload, dice) => delete someGroup(payload, dice).members,
  (payload, dice) => (someGroup(payload, dice).total_time_ms = dice.pick([999, 1_000, DAY, DAY + 1])),
  (payload, dice) => (someGroup(payload, dice).group_id = dice.pick(['red', 'blue', 'elsewhere', ''])),
  (payload, dice) => (someone(payload, dice).group_id = dice.pick(['red', 'blue', 'elsewhere'])),
  (payload, dice) => delete someone(payload, dice).group_id,
  (payload, dice) => (payload.max_time_ms = dice.pick([999, 1_000, 1_001, DAY])),
  (payload, dice) => (payload.active_participant_id = dice.pick(['ann', 'bob', 'nobody', ''])),
  (payload, dice) => (payload.active_group_id = dice.pick(['red', 'blue', 'elsewhere'])),
  (payload, dice) => (payload.increment_ms = dice.pick([-1, 60_001, 0.5])),
  (payload, dice) => (payload.warning_thresholds_ms = dice.pick([[0], [1, 1], [1.5], Array.from({ length: 11 }, (_, n) => n + 1)])),
];

/** What no type allows: it comes last. */
const MISTYPED: readonly ((payload: Create, dice: Dice) => void)[] = [
  (payload, dice) => put(payload, 'sync_mode', dice.pick(['per_participant', 'per_cycle', 'per_group', 'global', 'count_up', 'chess'])),
  (payload, dice) => put(payload, 'action_on_timeout', dice.pick([{}, { type: '' }, { type: 1 }, 'end_session', null])),
  (payload, dice) => put(payload, 'metadata', dice.pick([[], null, { big: 'x'.repeat(10_240) }, nested(33)])),
  (payload, dice) => put(payload, dice.pick(['extra', 'status', 'version']), dice.pick([1, null, {}])),
  (payload, dice) => put(payload, 'auto_advance', dice.pick([null, 'true', 1])),
  (payload, dice) => put(payload, 'outage_policy', dice.pick([null, 'forgive', 'charge'])),
  (payload, dice) => put(someone(payload, dice), 'extra', dice.pick([null, 1])),
  (payload, dice) => put(payload, 'total_time_ms', dice.pick([999, 1_000, '1000', null, DAY + 1])),
  (payload, dice) => put(someone(payload, dice), 'participant_id', dice.pick(['', 'a b', 'x'.repeat(129), 'ann', 7])),
  (payload, dice) => put(payload, 'groups', dice.pick([null, 'red', [null], [{ group_id: 'red' }]])),
  (payload) => Object.assign(payload, { command_id: 'c', session_id: null }),
];

function nested(depth: number): JsonObject {
  return depth === 0 ? {} : { in: nested(depth - 1) };
}
