import { setTimeout as wait } from 'node:timers/promises';
import type { CommandName, CreatePayload, Reply, SessionState, SyncMode } from '#contract';
import { inParallel } from '../expiry/watcher.ts';
import { rest } from '../kit/rest.ts';
import type { TestClient } from '../kit/socket-client.ts';

const BANK_MS = 600_000;
/** Now and then a clock is set so short that it runs out. */
const SHORT_MS = 1_000;
const ANSWER_MS = 30_000;
const CREATES_AT_ONCE = 32;

export interface Soak {
  clients: TestClient[];
  /** Between two commands of a session, on average, ms. */
  paceMs: number;
  stopped: boolean;
  /** Answers by outcome: `ok` or the code; `lost` where a connection broke. */
  outcomes: Map<string, number>;
  /** Sessions that a command ended, with the version it was answered with. */
  ended: Map<string, number>;
}

const people = (...ids: string[]) => ids.map((participant_id) => ({ participant_id }));

/** Each mode, and for each a game that is won by moving and one that somebody runs out of time in. */
function gameOf(lot: number, bank: number): CreatePayload {
  const action_on_timeout = { type: lot % 2 === 0 ? 'end_session' : 'skip_cycle' };
  const common = { warning_thresholds_ms: [500], action_on_timeout };
  const banks = ['a', 'b'].map((participant_id) => ({ participant_id, total_time_ms: bank }));
  if (lot % 5 === 0) return { ...common, sync_mode: 'per_participant', increment_ms: 1_000, participants: banks };
  if (lot % 5 === 1) return { ...common, sync_mode: 'per_cycle', time_per_cycle_ms: bank, participants: people('a', 'b', 'c') };
  if (lot % 5 === 2) {
    const participants = ['a', 'b'].map((participant_id) => ({ participant_id, total_time_ms: bank, group_id: `team-${participant_id}` }));
    return { ...common, sync_mode: 'per_group', participants };
  }
  if (lot % 5 === 3) return { ...common, sync_mode: 'global', total_time_ms: bank, participants: people('a', 'b') };
  return { ...common, sync_mode: 'count_up', max_time_ms: bank, participants: people('a', 'b') };
}

/** Whose clock an adjustment is for. */
function whose(mode: SyncMode): object {
  if (mode === 'per_participant') return { participant_id: 'a' };
  return mode === 'per_group' ? { group_id: 'team-a' } : {};
}

/** Creates sessions that nobody looks at, at one instance. */
export async function createMany(url: string, count: number): Promise<void> {
  const lots = Array.from({ length: count }, (_, lot) => lot);
  await inParallel(lots, CREATES_AT_ONCE, async (lot) => {
    await rest({ url }, 'POST', '/v1/sessions', gameOf(lot, BANK_MS));
  });
}

/**
 * Plays one session after the other until the soak is stopped. Every fifth place deletes its sessions and uses their id
 * again.
 */
export async function playSessions(soak: Soak, place: number): Promise<void> {
  const pick = () => soak.clients[Math.floor(Math.random() * soak.clients.length)] as TestClient;
  const pause = () => wait(soak.paceMs * (0.5 + Math.random()));
  const send = async (client: TestClient, name: CommandName, payload: object): Promise<Reply<unknown>> => {
    const sent = client.socket.timeout(ANSWER_MS).emitWithAck(name, payload) as Promise<Reply<unknown>>;
    const answer = await sent.catch(() => undefined);
    const outcome = answer === undefined ? 'lost' : answer.ok ? 'ok' : answer.error.code;
    soak.outcomes.set(outcome, (soak.outcomes.get(outcome) ?? 0) + 1);
    return answer ?? ({ ok: false } as Reply<unknown>);
  };

  await wait(Math.random() * soak.paceMs);
  for (let round = 0; !soak.stopped; round++) {
    const isDeleted = place % 5 === 0;
    const isShort = Math.random() < 0.2;
    const id = isDeleted ? { session_id: `place-${place}` } : {};
    const creator = pick();
    const created = await send(creator, 'session:create', { ...gameOf(place + round, isShort ? SHORT_MS : BANK_MS), ...id });
    await pause();
    if (!created.ok) {
      if (isDeleted) await send(creator, 'session:delete', id);
      continue;
    }
    const { session_id, sync_mode } = created.data as SessionState;
    const guests = [creator];
    const command = (name: CommandName, payload: object = {}) => send(pick(), name, { session_id, ...payload });
    await command('session:start');
    for (let turn = 0; turn < 8 && !soak.stopped; turn++) {
      await pause();
      const guest = pick();
      if (turn === 1) guests.push(guest);
      if (turn === 1) await send(guest, 'session:join', { session_id });
      else if (turn === 3) await command('session:pause');
      else if (turn === 4) await command('session:resume');
      else if (turn === 5) await command('session:adjust', { delta_ms: 1_000, ...whose(sync_mode) });
      else if (turn === 6) await command('session:history', { limit: 20 });
      else if (turn === 7) await command('session:message', { message: { turn } });
      else await command('session:switch');
    }
    const end = isDeleted ? 'session:delete' : round % 2 === 0 ? 'session:complete' : 'session:cancel';
    const ended = await command(end);
    if (ended.ok && !isDeleted) soak.ended.set(session_id, (ended.data as { version: number }).version);
    for (const guest of guests) await send(guest, 'session:leave', { session_id });
  }
}
