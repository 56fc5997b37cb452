/** The webhooks of this deployment, polled, and what operators do about them (docs/WEBHOOKS.md). */
import { useCallback, useEffect, useState } from 'react';

const EVERY_MS = 5_000;

/** An endpoint, as far as the page shows it. */
export interface Webhook {
  webhook_id: string;
  url: string;
  event_types: string[];
  session_prefix: string;
  description: string;
  status: 'enabled' | 'disabled';
  disabled_reason: string | null;
  disabled_at: string | null;
  failing_since: string | null;
  last_failure_at: string | null;
  last_failure: string | null;
  pending: number;
}

/** A message to an endpoint, as far as the page shows it. */
export interface Delivery {
  delivery_id: string;
  type: string;
  session_id: string | null;
  version: number | null;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  next_attempt_at: string | null;
  last_status: number | null;
  last_error: string | null;
  event_at: string;
}

/** `ok`, or why nothing is shown. */
export type WebhooksStatus = 'asking' | 'ok' | 'sign in' | 'refused' | 'elsewhere' | 'no trail' | 'unreachable';

export interface WebhooksReading {
  status: WebhooksStatus;
  webhooks: Webhook[];
}

interface Reply {
  ok: boolean;
  data?: unknown;
  error?: { message: string; retryable: boolean };
}

/**
 * Asks for something of `v1/webhooks` with the operator's credentials. Rejects with an Error whose message the server
 * wrote.
 */
export async function askWebhooks<Data>(method: string, path: string, body?: object): Promise<Data> {
  const init = method === 'GET' ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}) };
  const response = await fetch(`v1/webhooks${path}`, { method, ...init, cache: 'no-store', credentials: 'same-origin' });
  if (response.status === 204) return {} as Data;
  const reply = (await response.json()) as Reply;
  if (!reply.ok) throw new Error(reply.error?.message ?? `The server answered ${response.status}`);
  return reply.data as Data;
}

const NOT_SIGNED_IN: WebhooksReading = { status: 'sign in', webhooks: [] };

/** Polls the endpoints while the page is visible and an operator has signed in. `again` asks at once. */
export function useWebhooks(signedIn: boolean): WebhooksReading & { again: () => void } {
  const [reading, setReading] = useState<WebhooksReading>({ status: 'asking', webhooks: [] });
  useEffect(() => {
    if (!signedIn) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      const found = document.hidden ? undefined : await read(leaving.signal);
      if (leaving.signal.aborted) return;
      if (found !== undefined) setReading(found);
      timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [signedIn]);
  const again = useCallback(() => void read().then(setReading), []);
  return { ...(signedIn ? reading : NOT_SIGNED_IN), again };
}

/** Asks with the operator's credentials, or lets the browser ask for them. */
async function read(signal: AbortSignal | null = null): Promise<WebhooksReading> {
  const nothing = (status: WebhooksStatus): WebhooksReading => ({ status, webhooks: [] });
  try {
    const response = await fetch('v1/webhooks', { signal, cache: 'no-store', credentials: 'same-origin' });
    if (response.status === 401) return nothing(/basic/i.test(response.headers.get('WWW-Authenticate') ?? '') ? 'refused' : 'elsewhere');
    if (response.status === 403 || response.status === 404) return nothing('elsewhere');
    const reply = (await response.json()) as Reply;
    if (reply.ok) return { status: 'ok', webhooks: (reply.data as { webhooks: Webhook[] }).webhooks };
    return nothing(response.status === 503 && reply.error?.retryable === false ? 'no trail' : 'unreachable');
  } catch {
    return nothing('unreachable');
  }
}

/** An instant in the words of the reader's language. */
export function timeOf(instant: string): string {
  return new Date(instant).toLocaleString();
}

/** What a request failed with, for people. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
