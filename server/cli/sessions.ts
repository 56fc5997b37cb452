/** Commands on sessions of a running server. */
import { readFileSync } from 'node:fs';
import { setInterval } from 'node:timers';
import type { JsonValue } from '#contract';
import { type SessionState, SyncKairosClient, SyncKairosError } from '#client';
import { REST_ROUTES } from '../transport/http/rest-table.ts';
import { UsageError } from './usage.ts';
import { lineOf } from './words.ts';

/** How often a clock in the terminal is written anew, ms. */
const REDRAW_MS = 100;
const OVER: readonly SessionState['status'][] = ['completed', 'cancelled'];

export interface SessionCall {
  url: string;
  token: string | undefined;
  json: boolean;
  /** Writes a line. */
  say: (line: string) => void;
  /** Writes a line over the last one; absent where the output is no terminal. */
  redraw?: ((line: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

type SessionCommand = keyof typeof REST_ROUTES;

/** Whether it is `watch` or the verb of a command that REST has. */
export function isSessionVerb(verb: string): boolean {
  return verb === 'watch' || `session:${verb}` in REST_ROUTES;
}

/**
 * Runs `create`, `watch` or another command of the protocol by its verb, and prints what came of it.
 * @throws UsageError for wrong arguments; SyncKairosError for the server's refusal
 */
export async function onSession(verb: string, args: string[], call: SessionCall): Promise<void> {
  const client = new SyncKairosClient(call.url, {
    ...(call.token === undefined ? {} : { token: call.token }),
    ...(verb === 'watch' ? {} : { transport: 'rest' }),
  });
  try {
    if (verb === 'watch') return await watch(client, idOf(verb, args), call);
    const payload = verb === 'create' ? createPayload(args) : { session_id: idOf(verb, args), ...fieldsOf(args.slice(1)) };
    // The server checks the fields, which may be newer than this program.
    const data: unknown = await client.command(`session:${verb}` as SessionCommand, payload as never);
    if (call.json || !isState(data)) return call.say(JSON.stringify(data));
    await client.syncServerTime();
    call.say(lineOf(client, data));
  } finally {
    client.disconnect();
  }
}

/** Shows a session until it is over, deleted, or `signal` is aborted. */
async function watch(client: SyncKairosClient, id: string, { json, say, redraw, signal }: SessionCall): Promise<void> {
  if (!json) await client.syncServerTime();
  let last: SessionState | null = null;
  const draw = (): void => {
    if (last !== null && redraw !== undefined) redraw(lineOf(client, last));
  };
  const timer = redraw && !json ? setInterval(draw, REDRAW_MS) : undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => resolve());
      client.on('error', (error) => error.code !== 'SESSION_NOT_FOUND' && !error.retryable && reject(error));
      client.watch(id, (state) => {
        if (state === null && last === null) {
          return reject(new SyncKairosError('SESSION_NOT_FOUND', `There is no session ${id}`, { retryable: false, sessionId: id }));
        }
        last = state;
        if (json) say(JSON.stringify(state));
        else if (state === null) say(`${id} was deleted`);
        else if (redraw === undefined || OVER.includes(state.status)) say(lineOf(client, state));
        if (state === null || OVER.includes(state.status)) resolve();
      });
    });
  } finally {
    clearInterval(timer);
  }
}

function idOf(verb: string, [id]: string[]): string {
  if (id === undefined || id.includes('='))
    throw new UsageError(`synckairos ${verb} needs the id of a session: synckairos ${verb} <session>`);
  return id;
}

/** What a create sends: a file, the standard input (`-`), or fields. */
function createPayload(args: string[]): object {
  const [source] = args;
  if (source === undefined)
    throw new UsageError('synckairos create needs a file, - or fields: synckairos create sync_mode=global total_time_ms=60000');
  if (source.includes('=')) return fieldsOf(args);
  const name = source === '-' ? 'the standard input' : source;
  try {
    const payload: unknown = JSON.parse(readFileSync(source === '-' ? 0 : source, 'utf8'));
    if (typeof payload === 'object' && payload !== null) return { ...payload, ...fieldsOf(args.slice(1)) };
  } catch (error) {
    throw new UsageError(`${name} can't be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new UsageError(`${name} must hold an object, like {"sync_mode": "global"}`);
}

/** `['delta_ms=-500', 'reason=late']` as an object; a value that is JSON is taken as such. */
function fieldsOf(args: string[]): Record<string, JsonValue> {
  return Object.fromEntries(
    args.map((arg): [string, JsonValue] => {
      const at = arg.indexOf('=');
      if (at < 1) throw new UsageError(`${arg} is no field: write field=value`);
      return [arg.slice(0, at), valueOf(arg.slice(at + 1))];
    }),
  );
}

function valueOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function isState(data: unknown): data is SessionState {
  return typeof data === 'object' && data !== null && 'sync_mode' in data;
}
