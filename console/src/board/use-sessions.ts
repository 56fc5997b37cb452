/** Any number of sessions, followed at once. */
import type { SessionState, SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { useEffect, useMemo, useReducer, useSyncExternalStore } from 'react';

/**
 * So many are joined at once, and then one each `JOIN_EVERY_MS`: the server lets a connection ask fifty times a second,
 * and rows in sight ask for themselves.
 */
const AT_ONCE = 10;
const JOIN_EVERY_MS = 40;
/** Changes are shown together, ms. */
const SHOW_EVERY_MS = 100;

export interface Followed {
  id: string;
  /** Null until it is known. */
  state: SessionState | null;
  /** Why it is not followed. */
  error: SyncKairosError | null;
}

/** The sessions with these ids, in this order, each as it is now. */
export function useSessions(client: SyncKairosClient, ids: readonly string[]): readonly Followed[] {
  const [changes, show] = useReducer((count: number) => count + 1, 0);
  const list = ids.join();
  const connection = useSyncExternalStore(client.connection.subscribe, client.connection.getSnapshot);
  const isThere = connection === 'connected' || connection === 'fallback';
  useEffect(() => {
    // All at once they would join again as soon as the connection is back, and be cut off for it.
    if (!isThere) return undefined;
    const stops: (() => void)[] = [];
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const later = (run: () => void, ms: number): void => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, ms);
      timers.add(timer);
    };
    let isToShow = false;
    const changed = (): void => {
      if (isToShow) return;
      isToShow = true;
      later(() => {
        isToShow = false;
        show();
      }, SHOW_EVERY_MS);
    };
    for (const [index, id] of list.split(',').entries()) {
      if (id !== '') later(() => stops.push(client.session(id).subscribe(changed)), Math.max(0, index - AT_ONCE) * JOIN_EVERY_MS);
    }
    changed();
    return () => {
      for (const timer of timers) clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [client, list, isThere]);
  return useMemo(
    () =>
      ids.map((id) => {
        const store = client.session(id);
        return { id, state: store.getSnapshot(), error: store.getError() };
      }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a change of the stores is counted
    [client, ids, changes],
  );
}
