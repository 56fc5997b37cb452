/** Sends commands over REST while there is no socket. */
import type { CommandName, Commands, ErrorBody, Notice } from './contract/index.ts';
import { type Life, pause } from './device-clock.ts';
import { disconnected, refusal, type SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { ResolvedOptions } from './options.ts';

/** All commands but those that need a socket. */
export type RestCommand = Exclude<CommandName, 'session:join' | 'session:leave' | 'auth:refresh' | 'time:sync'>;

/** Method and path below `/v1/sessions/:id` where they are not `POST` and the command's verb. */
const ROUTES: Partial<Record<RestCommand, `${string} ${string}`>> = {
  'session:get': 'GET ',
  'session:delete': 'DELETE ',
  'session:history': 'GET /events',
  'session:links': 'GET /share',
  'session:revoke': 'DELETE /share/',
  'code:open': 'GET ',
};

/** Paths that are not below a session's. */
const WHOLE: Partial<Record<RestCommand, (code: string) => string>> = {
  'session:create': () => '/v1/sessions',
  'session:code': () => '/v1/codes',
  'code:open': (code) => `/j/${encodeURIComponent(code)}`,
};

/**
 * Sends a command over REST once.
 * @throws SyncKairosError the server's refusal; NETWORK_ERROR when it can't be reached, TIMEOUT without an answer in
 * time
 */
export async function requestOverRest<C extends RestCommand>(
  options: ResolvedOptions,
  command: C,
  payload: Commands[C]['payload'],
  limits: { timeoutMs: number; life: Life; noticed?: (payload: object, notices?: Notice[]) => void },
): Promise<Commands[C]['data']> {
  const {
    session_id = '',
    link_id = '',
    code = '',
    ...fields
  }: Partial<Record<'session_id' | 'link_id' | 'code' | 'command_id', string | undefined>> = payload;
  const [method = '', route = ''] = (ROUTES[command] ?? `POST /${command.slice('session:'.length)}`).split(' ');
  const whole = WHOLE[command]?.(code);
  const path = whole ?? `/v1/sessions/${encodeURIComponent(session_id)}${route}${encodeURIComponent(link_id)}`;
  const reply =
    method === 'POST'
      ? await fetchWithin(options, path, { method, body: JSON.stringify(whole ? payload : fields) }, limits)
      : await fetchWithin(options, whole ?? path + queryOf(fields), { method }, limits);
  // The answer may come from any server.
  const { ok, data, error, notices } = (reply ?? {}) as { ok?: unknown; data?: Commands[C]['data']; error?: ErrorBody; notices?: Notice[] };
  if (ok === true && data !== undefined) {
    limits.noticed?.(payload, notices);
    return data;
  }
  throw ok === false && typeof error?.code === 'string' ? refusal(error) : unknownServer(options);
}

/** The error for an answer that is none of a SyncKairos. */
export function unknownServer({ restUrl }: ResolvedOptions): SyncKairosError {
  return unreachable(`What answers at ${restUrl} is no SyncKairos`);
}

/**
 * `fetch` of a path of the server with the token and a deadline, which also bounds the application's token function.
 * Resolves with the JSON of the answer.
 * @throws SyncKairosError NETWORK_ERROR or TIMEOUT
 */
export async function fetchWithin(
  { tokens, fetch, restUrl, clock, quota }: ResolvedOptions,
  path: string,
  init: { method?: string; body?: string },
  { timeoutMs, life }: { timeoutMs: number; life: Life },
): Promise<unknown> {
  if (life.isOver) throw disconnected();
  // Older supported browsers lack AbortSignal.any and AbortSignal.timeout.
  const over = new AbortController();
  let end = (): void => undefined;
  const tooLate = pause(clock, timeoutMs, life, (done) => ((end = done), () => over.abort())).then(() => {
    throw life.isOver ? disconnected() : timedOut(path, timeoutMs);
  });
  const answer = async (): Promise<unknown> => {
    const token = await tokens.current();
    const headers = {
      ...(init.body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    try {
      const response = await fetch(`${restUrl}${path}`, { ...init, headers, signal: over.signal });
      const told = (name: string): number => Number(response.headers.get(`RateLimit-${name}`));
      quota.isShort = told('Remaining') * 2 < told('Limit');
      quota.resetMs = told('Reset') * 1_000;
      return response.status === 204 ? { ok: true, data: {} } : await response.json();
    } catch (error) {
      throw unreachable(`${restUrl} can’t be reached`, error);
    }
  };
  return Promise.race([answer(), tooLate]).finally(end);
}

/** A query string of the fields that are there. */
function queryOf(fields: object): string {
  const there = Object.entries(fields).filter(([, value]) => value != null);
  const named = there.map(([name, value]) => [name === 'event_types' ? 'event_type' : name, String(value)] as [string, string]);
  return `?${new URLSearchParams(named).toString()}`;
}
