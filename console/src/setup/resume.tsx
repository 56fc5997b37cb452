/** The sessions that were open on this device, as they stand now. */
import { formatTime, type SyncKairosClient } from '@synckairos/client';
import { useCountdown, useSyncKairos } from '@synckairos/client/react';
import { useState } from 'react';
import { forgetSession, type Recent, recentSessions } from '../kept.ts';
import { standing, titleOf } from '../words.ts';

export function Resume({ client }: { client: SyncKairosClient }) {
  const [recent, setRecent] = useState(recentSessions);
  if (recent.length === 0) return null;
  const forget = (sessionId: string): void => {
    forgetSession(sessionId);
    setRecent(recentSessions());
  };
  return (
    <section className="resume" aria-label="Open before">
      <ul>
        {recent.map((one) => (
          <ResumeOne key={one.sessionId} client={client} recent={one} onForget={() => forget(one.sessionId)} />
        ))}
      </ul>
    </section>
  );
}

function ResumeOne({ client, recent, onForget }: { client: SyncKairosClient; recent: Recent; onForget: () => void }) {
  const { sessionState: state, error } = useSyncKairos(recent.sessionId, client);
  const left = useCountdown(client, recent.sessionId);
  const title = state === null ? recent.title : titleOf(state);
  const isOn = state?.status === 'running' || state?.status === 'paused';
  const how = error?.code === 'SESSION_NOT_FOUND' ? 'Cleared away' : state === null ? '' : standing(state);
  return (
    <li>
      <a className="button" href={recent.hash}>
        <b dir="auto">{title}</b>
        {isOn && left !== null && <span className="number">{formatTime(left)}</span>}
        <span dir="auto">{how}</span>
      </a>
      <button type="button" className="remove" aria-label={`Forget ${title}`} onClick={onForget}>
        ×
      </button>
    </li>
  );
}
