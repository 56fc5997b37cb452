/** Whether the server lets this page in at all. */
import type { SyncKairosClient, SyncKairosError } from '@synckairos/client';

/** A store for `useSyncExternalStore`: why the server wants to know who this is, or null where it is content. */
export interface Door {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => SyncKairosError | null;
}

export function watchDoor(client: SyncKairosClient): Door {
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
