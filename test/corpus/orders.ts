/** What a drawn wish means at the moment: a command of the wire, by what the session and the clock are then. */
import type { Create } from './games.ts';
import type { SessionState } from './house.ts';
import { type Step, STRANGER, type Wait, type Wish } from './steps.ts';

export interface Order {
  name: unknown;
  payload: unknown;
}

/** What is known when a wish comes true. */
export interface Moment {
  game: Create;
  /** As Redis has it, else as the trail has it; null where neither has a session. */
  state: SessionState | null;
  /** Unix ms. */
  now: number;
  idleRunMs: number;
  /** Thresholds that the running clock has yet to cross. */
  warnings: readonly number[];
}

/** The most cycles that may run out in a wait which names no number of them. */
const CYCLES_MOST = 30;

/** At most `ms`, and no longer than a few cycles where each is followed by another one. */
export function bounded(ms: number, state: SessionState | null, now: number): number {
  if (state?.sync_mode !== 'per_cycle' || state.deadline_at === null) return ms;
  return Math.min(ms, Math.max(0, Date.parse(state.deadline_at) - now) + CYCLES_MOST * (state.time_per_cycle_ms ?? 0));
}

/** How many ms a wait lasts. */
export function lengthOf(wait: Wait, { state, now, idleRunMs, warnings }: Moment): number {
  if ('ms' in wait) return bounded(wait.ms, state, now);
  const deadline = state?.deadline_at == null ? null : Date.parse(state.deadline_at);
  if (deadline === null) return 'afterIdle' in wait && idleRunMs > 0 ? idleRunMs + wait.afterIdle : 77;
  if ('afterIdle' in wait) return Math.max(0, bounded(deadline - now + idleRunMs + wait.afterIdle, state, now));
  const threshold = 'nth' in wait ? (warnings[wait.nth % Math.max(1, warnings.length)] ?? 0) : 0;
  if ('nth' in wait) return Math.max(0, deadline - threshold + wait.afterWarning - now);
  const cycle = state?.time_per_cycle_ms ?? 1_000;
  return Math.max(0, deadline + wait.afterDeadline + wait.cycles * cycle - now);
}

/** The command of a wish, with what a sender may add to any. Null for what is no command. */
export function orderOf(wish: Wish, step: Step, moment: Moment, number: number): Order | null {
  const apt = step.isApt ? aptly(wish, moment.state?.status) : wish;
  const order = commandOf(apt, moment);
  if (order === null || apt.type === 'nonsense') return order;
  const version = moment.state?.version ?? 1;
  const expected = { none: undefined, right: version, older: Math.max(1, version - 1), newer: version + 1 }[step.expects];
  const key = { none: undefined, new: `key-${number}`, again: 'key', clash: 'key' }[step.key];
  const payload = { ...(order.payload as object), ...(expected === undefined ? {} : { expected_version: expected }) };
  return { name: order.name, payload: key === undefined ? payload : { ...payload, command_id: key } };
}

/** A wish that the status allows, where there is one. */
function aptly(wish: Wish, status: SessionState['status'] | undefined): Wish {
  const { type } = wish;
  const isOutside = ['get', 'join', 'history', 'attend', 'outage', 'lose', 'restart', 'nonsense', 'delete', 'message'].includes(type);
  if (isOutside) return wish;
  if (status === undefined) return { type: 'create' };
  if (status === 'expired' && type === 'adjust') return { type: 'complete' };
  if (status !== 'pending' && status !== 'running' && status !== 'paused') return { type: 'delete' };
  if (status === 'pending' && type !== 'adjust' && type !== 'cancel') return { type: 'start', who: undefined };
  if (status === 'paused' && (type === 'start' || type === 'switch' || type === 'pause')) return { type: 'resume' };
  if (status === 'running' && (type === 'start' || type === 'resume'))
    return { type: 'switch', guard: 'active', next: undefined, deltas: true };
  return wish;
}

function commandOf(wish: Wish, moment: Moment): Order | null {
  const { game, state, now } = moment;
  const { session_id } = game;
  const name = (number: number | undefined) => nameOf(game, number);
  switch (wish.type) {
    case 'start':
      return { name: 'session:start', payload: defined({ session_id, active_participant_id: name(wish.who) }) };
    case 'switch': {
      const guard = wish.guard === 'active' ? (state?.active_participant_id ?? undefined) : name(wish.guard);
      const payload = { session_id, current_participant_id: guard, next_participant_id: name(wish.next), deltas: wish.deltas };
      return { name: 'session:switch', payload: defined(payload) };
    }
    case 'adjust':
      return { name: 'session:adjust', payload: { session_id, ...adjustment(wish, moment) } };
    case 'cancel':
      return { name: 'session:cancel', payload: defined({ session_id, reason: wish.reason }) };
    case 'create':
      return { name: 'session:create', payload: game };
    case 'join': {
      const { version = 1, epoch = now } = state ?? {};
      const known = {
        none: {},
        version: { last_known_version: Math.max(0, version - 2) },
        epoch: { last_known_version: version - 1, last_known_epoch: epoch },
        ahead: { last_known_version: version + 2, last_known_epoch: epoch },
      }[wish.known];
      return { name: 'session:join', payload: { session_id, deltas: true, ...known } };
    }
    case 'history': {
      const page = { after_version: wish.after, limit: wish.limit, event_types: wish.types };
      return {
        name: 'session:history',
        payload: defined({ session_id, ...page, created_at: wish.ofIncarnation ? state?.created_at : undefined }),
      };
    }
    case 'message':
      return { name: 'session:message', payload: { session_id, message: JSON.parse(wish.message) as unknown } };
    case 'nonsense':
      return NONSENSE[wish.which % NONSENSE.length]?.(session_id) ?? null;
    case 'pause':
    case 'resume':
    case 'complete':
    case 'delete':
    case 'get':
      return { name: `session:${wish.type}`, payload: { session_id } };
    case 'attend':
    case 'outage':
    case 'lose':
    case 'restart':
      return null;
  }
}

/** Commands that the server must refuse, and a few that only look wrong. */
const NONSENSE: readonly ((session_id: string) => Order)[] = [
  () => ({ name: 'session:explode', payload: {} }),
  () => ({ name: 'toString', payload: {} }),
  () => ({ name: 7, payload: null }),
  () => ({ name: 'session:switch', payload: null }),
  () => ({ name: 'session:pause', payload: ['session_id'] }),
  (session_id) => ({ name: 'session:pause', payload: { session_id, extra: 1 } }),
  (session_id) => ({ name: 'session:start', payload: { session_id, active_participant_id: null, command_id: null } }),
  (session_id) => ({ name: 'session:adjust', payload: { session_id, delta_ms: '5' } }),
  (session_id) => ({ name: 'session:switch', payload: { session_id, expected_version: 0, next_participant_id: 'no one' } }),
  () => ({ name: 'session:get', payload: { session_id: 'another' } }),
  () => ({ name: 'session:delete', payload: { session_id: 'another' } }),
  (session_id) => ({ name: 'session:leave', payload: { session_id } }),
  () => ({ name: 'time:sync', payload: { client_time_ms: 1.25 } }),
];

function adjustment(wish: Extract<Wish, { type: 'adjust' }>, { game, state, now }: Moment): object {
  const participant_id = nameOf(game, wish.who) ?? 'stranger';
  const seat = state?.participants.find((one) => one.participant_id === participant_id);
  const group_id = seat?.group_id ?? 'strangers';
  const right = game.sync_mode === 'per_participant' ? { participant_id } : game.sync_mode === 'per_group' ? { group_id } : {};
  const owner = { right, none: {}, participant: { participant_id }, group: { group_id }, both: { participant_id, group_id } }[wish.owner];
  const group = state?.groups.find((one) => one.group_id === group_id);
  const settled = group?.total_time_ms ?? seat?.time_remaining_ms ?? state?.max_time_ms ?? 0;
  const runs = state?.cycle_started_at == null || seat?.is_active === false ? 0 : now - Date.parse(state.cycle_started_at);
  const delta_ms = 'delta' in wish.change ? wish.change.delta : Math.floor(wish.change.leave - settled + runs);
  return defined({ delta_ms, ...owner, reason: wish.reason });
}

function nameOf({ participants = [] }: Create, number: number | undefined): string | undefined {
  if (number === undefined) return undefined;
  return number < STRANGER && participants.length > 0 ? participants[number % participants.length]?.participant_id : 'stranger';
}

function defined(payload: object): object {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
}
