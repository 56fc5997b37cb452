/** The events of a session, read once and then continued with each update. */
import { type HistoryEvent, type SessionState, type SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { useEffect, useState } from 'react';

/** The trail follows a commit after some milliseconds, or when its database is reachable again. */
const ASK_AGAIN_MS = 400;
const ASK_AGAIN_AFTER_ERROR_MS = 3_000;

export interface History {
  events: HistoryEvent[];
  /** Whether these are all events up to the state on the page. */
  complete: boolean;
  error: SyncKairosError | null;
}

/** How far the events were read, for a session of that epoch. */
interface Reading extends Omit<History, 'complete'> {
  epoch: number;
  upTo: number;
}

const NOTHING: Reading = { events: [], error: null, epoch: 0, upTo: 0 };

/** The history of a session, read page by page and followed while the session goes on. */
export function useHistory(client: SyncKairosClient, { session_id: id, epoch, version }: SessionState): History {
  const [{ events, error, ...reading }, setReading] = useState(NOTHING);
  // A restored session may have other events under its new epoch, and most under earlier ones.
  const known = reading.epoch === epoch ? reading.upTo : 0;

  useEffect(() => {
    if (known >= version) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wanted = true;
    const ask = async (): Promise<void> => {
      try {
        const page = await client.getHistory(id, { after_version: known });
        if (!wanted) return;
        if (page.events.length === 0) timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
        else {
          const upTo = page.next_after_version;
          setReading((before) => ({ events: [...(known === 0 ? [] : before.events), ...page.events], error: null, epoch, upTo }));
        }
      } catch (thrown) {
        if (!wanted) return;
        const refusal = thrown instanceof SyncKairosError ? thrown : null;
        setReading((before) => ({ ...before, error: refusal }));
        if (refusal?.retryable) timer = setTimeout(() => void ask(), ASK_AGAIN_AFTER_ERROR_MS);
      }
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, id, epoch, known, version]);

  return { events, error, complete: known >= version };
}
