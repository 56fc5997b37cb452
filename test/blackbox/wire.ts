/** The wire contract as an outsider reads it: nothing here comes from the code that is tested. */
import { expect } from 'chai';
import { io, type Socket } from 'socket.io-client';

export interface Participant {
  participant_id: string;
  participant_index: number;
  group_id: string | null;
  total_time_ms: number | null;
  time_used_ms: number;
  time_remaining_ms: number | null;
  cycle_count: number;
  is_active: boolean;
  has_expired: boolean;
  has_gone: boolean;
}

export interface Group {
  group_id: string;
  total_time_ms: number;
  time_used_ms: number;
  is_active: boolean;
  has_expired: boolean;
  members: string[];
}

export interface State {
  session_id: string;
  sync_mode: string;
  status: string;
  version: number;
  epoch: number;
  total_time_ms: number | null;
  time_per_cycle_ms: number | null;
  increment_ms: number;
  max_time_ms: number | null;
  active_participant_id: string | null;
  active_group_id: string | null;
  cycle_started_at: string | null;
  cycle_time_used_ms: number;
  cycle_count: number;
  deadline_at: string | null;
  session_started_at: string | null;
  session_completed_at: string | null;
  created_at: string;
  updated_at: string;
  action_on_timeout: object | null;
  auto_advance: boolean;
  outage_policy: string;
  warning_thresholds_ms: number[];
  participants: Participant[];
  groups: Group[];
  metadata: object;
}

export interface Reply {
  ok: boolean;
  data?: unknown;
  error?: { code: string };
  server_time_ms: number;
}

export interface Heard {
  event: string;
  body: { version: number; server_time_ms: number } & Record<string, unknown>;
}

const DEADLINE_MS = 30_000;

/** Commands as REST routes: method, and what follows the session in the path. */
const ROUTES: Record<string, [string, string]> = {
  'session:get': ['GET', ''],
  'session:delete': ['DELETE', ''],
  'session:history': ['GET', '/events?limit=1000'],
};

/** One person with a socket and a browser, both at the same instance. */
export class Outsider {
  readonly heard: Heard[] = [];
  readonly #url: string;
  readonly #socket: Socket;

  constructor(url: string) {
    this.#url = url;
    this.#socket = io(url, { transports: ['websocket'], forceNew: true });
    this.#socket.onAny((event: string, body: Heard['body']) => this.heard.push({ event, body }));
  }

  async socket(name: string, payload: object): Promise<Reply> {
    return (await this.#socket.timeout(DEADLINE_MS).emitWithAck(name, payload)) as Reply;
  }

  /** The same command by REST; a body of nothing stands for an empty success. */
  async rest(name: string, { session_id, ...rest }: { session_id: string } & Record<string, unknown>): Promise<Reply> {
    const [method, tail] = ROUTES[name] ?? ['POST', name.replace('session:', '/')];
    const create = name === 'session:create';
    const answer = await fetch(`${this.#url}/v1/sessions${create ? '' : `/${session_id}${tail}`}`, {
      method,
      ...(method === 'POST'
        ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(create ? { session_id, ...rest } : rest) }
        : {}),
    });
    if (answer.status === 204) return { ok: true, data: {}, server_time_ms: 0 };
    return (await answer.json()) as Reply;
  }

  /** What time it is, as an interval, by the instance's own word. */
  async time(): Promise<{ from: number; to: number }> {
    const answer = await fetch(`${this.#url}/time`);
    const { timestamp_ms, error_bound_ms } = (await answer.json()) as { timestamp_ms: number; error_bound_ms: number };
    return { from: timestamp_ms - error_bound_ms, to: timestamp_ms + error_bound_ms };
  }

  /** The next event of the room, which must be of this kind: nothing may come between that a test does not expect. */
  async hears(event: string): Promise<Heard['body']> {
    const first = this.heard.shift() ?? (await this.#coming());
    expect(first.event, JSON.stringify(first.body)).to.equal(event);
    return first.body;
  }

  async #coming(): Promise<Heard> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const first = this.heard.shift();
        if (first === undefined) return;
        stop();
        resolve(first);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`nothing heard for ${DEADLINE_MS} ms`));
      }, DEADLINE_MS);
      const stop = () => {
        clearTimeout(timer);
        this.#socket.offAny(look);
      };
      this.#socket.onAny(look);
    });
  }

  leave(): void {
    this.#socket.disconnect();
  }
}

export const ms = (instant: string | null): number => {
  expect(instant).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return Date.parse(instant ?? '');
};
export const iso = (at: number): string => new Date(at).toISOString();
