/** Sends commands over REST while there is no socket. */
import type { CommandName, Commands, ErrorBody, Notice } from './contract/index.ts';
import { later, onAbort } from './device-clock.ts';
import { refusal, SyncKairosError, timedOut, unreachable } from './errors.ts';
import type { ResolvedOptions } from './options.ts';

/** All commands but those that need a socket. */
export type RestCommand = Exclude<CommandName, 'session:join' | 'session:leave' | 'auth:refresh' | 'time:sync'>;

/** Method and path below `/v1/sessions/:id` where they are not `POST` and the command's verb. */
const ROUTES: Partial<Record<RestCommand, readonly [method: string, path: string]>> = {
  'session:get': ['GET', ''],
  'session:delete': ['DELETE', ''],
  'session:history': ['GET', '/events'],
  'session:links': ['GET', '/share'],
  'session:revoke': ['DELETE', '/share/'],
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
  limits: { timeoutMs: number; signal: AbortSignal; noticed?: (payload: object, notices?: Notice[]) => void },
): Promise<Commands[C]['data']> {
  const { session_id: id, link_id: link, ...fields }: { session_id?: string | undefined; link_id?: string | undefined } = payload;
  const [method, route] = ROUTES[command] ?? ['POST', `/${command.slice('session:'.length)}`];
  const created = command === 'session:create';
  const below = created ? '' : `/${encodeURIComponent(id ?? '')}${route}${encodeURIComponent(link ?? '')}`;
  const path = `/v1/sessions${below}${method === 'POST' ? '' : queryOf(fields)}`;
  const body = method === 'POST' ? { body: JSON.stringify(created ? payload : fields) } : {};
  const reply = await fetchWithin(options, path, { method, ...body }, limits);
  // The answer may come from any server.
  const { ok, data, error, notices } = (reply ?? {}) as { ok?: unknown; data?: Commands[C]['data']; error?: ErrorBody; notices?: Notice[] };
  if (ok === true && data !== undefined) {
    limits.noticed?.(payload, notices);
    return data;
  }
  if (ok === false && typeof error?.code === 'string') throw refusal(error);
  throw unreachable(`What answers at ${options.restUrl} is no SyncKairos`);
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
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<unknown> {
  // Older supported browsers lack AbortSignal.any and AbortSignal.timeout.
  const over = new AbortController();
  let ending = unreachable('The client was disconnected');
  const callOff = later(
    clock,
    () => {
      ending = timedOut(path, timeoutMs);
      over.abort();
    },
    timeoutMs,
  );
  const off = onAbort(signal, () => over.abort());
  try {
    if (signal.aborted) throw ending;
    const aborted = new Promise<never>((_, reject) => over.signal.addEventListener('abort', () => reject(ending)));
    const token = await Promise.race([aborted, tokens.current()]);
    const headers = {
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(`${restUrl}${path}`, { ...init, headers, signal: over.signal });
    const told = (name: string): number => Number(response.headers.get(`RateLimit-${name}`));
    quota.isShort = told('Remaining') * 2 < told('Limit');
    quota.resetMs = told('Reset') * 1_000;
    return response.status === 204 ? { ok: true, data: {} } : await response.json();
  } catch (error) {
    if (over.signal.aborted) throw ending;
    throw error instanceof SyncKairosError ? error : unreachable(`${restUrl} can’t be reached`, error);
  } finally {
    callOff();
    off();
  }
}

function queryOf(fields: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value != null) query.set(name === 'event_types' ? 'event_type' : name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
