/** The story of a session, read once and then kept up as it goes on. */
import { type HistoryEvent, type SessionState, type SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { useEffect, useState } from 'react';

/** The trail follows a commit by some milliseconds, or by as long as the database is away. */
const ASK_AGAIN_MS = 400;
const ASK_AGAIN_AFTER_ERROR_MS = 3_000;

export interface History {
  events: HistoryEvent[];
  /** Whether these are all events up to the state on the page. */
  complete: boolean;
  error: SyncKairosError | null;
}

const NOTHING: History = { events: [], complete: false, error: null };

export function useHistory(client: SyncKairosClient, { session_id: id, epoch, version }: SessionState): History {
  const [history, setHistory] = useState(NOTHING);
  const { events } = history;
  const last = events.at(-1);
  // A restored session may tell its story anew.
  const known = last !== undefined && last.epoch === epoch ? last.version : 0;

  useEffect(() => {
    if (known >= version) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wanted = true;
    const ask = async (): Promise<void> => {
      try {
        const page = await client.getHistory(id, { after_version: known });
        if (!wanted) return;
        if (page.events.length === 0) timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
        else setHistory((before) => ({ ...before, events: [...(known === 0 ? [] : before.events), ...page.events], error: null }));
      } catch (thrown) {
        if (!wanted) return;
        const error = thrown instanceof SyncKairosError ? thrown : null;
        setHistory((before) => ({ ...before, error }));
        if (error?.retryable) timer = setTimeout(() => void ask(), ASK_AGAIN_AFTER_ERROR_MS);
      }
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, id, known, version]);

  return { ...history, complete: known >= version };
}
