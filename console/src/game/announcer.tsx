/** Tells screen readers whose turn it is and when time gets short; it does not announce each second. */
import type { SessionState, SyncKairosClient } from '@synckairos/client';
import { useEffect, useState } from 'react';
import { warning } from '../words.ts';
import { standingOf } from './result.ts';

export function Announcer({ client, state, said }: { client: SyncKairosClient; state: SessionState; said: string }) {
  const [warned, setWarned] = useState('');
  useEffect(
    () =>
      client.on('timeWarning', (event) => {
        if (event.session_id === state.session_id) setWarned(warning(state, event.group_id ?? event.participant_id, event.threshold_ms));
      }),
    [client, state],
  );
  return (
    <div className="sr-only">
      <p role="status">{standingOf(state)}</p>
      <p role="status">{warned}</p>
      <p role="status">{said}</p>
    </div>
  );
}
