/** Whether the server refuses this page for want of a valid token. */
import type { SyncKairosClient, SyncKairosError } from '@synckairos/client';

/** A store for `useSyncExternalStore`: the server's latest UNAUTHORIZED, or null while it accepts the page. */
export interface AuthRefusal {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => SyncKairosError | null;
}

/** Remembers an UNAUTHORIZED of the client until it is connected again. */
export function watchAuthRefusal(client: SyncKairosClient): AuthRefusal {
  let refusal: SyncKairosError | null = null;
  const listeners = new Set<() => void>();
  const set = (now: SyncKairosError | null): void => {
    refusal = now;
    for (const listener of listeners) listener();
  };
  client.on('error', (error) => error.code === 'UNAUTHORIZED' && set(error));
  client.connection.subscribe(() => refusal !== null && client.connection.getSnapshot() === 'connected' && set(null));
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => refusal,
  };
}
