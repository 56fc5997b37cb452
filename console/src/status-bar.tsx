/** Always visible: whether this device is connected, and how accurately it knows the time. */
import type { ConnectionState, SyncKairosClient } from '@synckairos/client';
import { useNow } from '@synckairos/client/react';
import { useEffect, useReducer, useSyncExternalStore } from 'react';
import { Identity } from './identity.tsx';
import { WhyNotLive } from './no-websocket.tsx';

const WORDS: Record<ConnectionState, string> = {
  idle: 'Not connected',
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  fallback: 'No WebSocket gets through: read every few seconds',
  failed: 'Offline',
};

export function StatusBar({ client, token }: { client: SyncKairosClient; token: string | undefined }) {
  const connection = useSyncExternalStore(client.connection.subscribe, client.connection.getSnapshot);
  // Each exchange changes the values, and in between the bound grows.
  const [, readAnew] = useReducer((count: number) => count + 1, 0);
  useEffect(() => client.on('timeSynced', () => readAnew()), [client]);
  useNow(1_000);
  const clock = client.getClockStatus();
  const synced = clock.state === 'synced';
  const resting = connection === 'failed' || connection === 'idle' || connection === 'reconnecting' || connection === 'fallback';
  return (
    <footer className="status" aria-label="Connection and clock">
      {token !== undefined && <Identity client={client} token={token} />}
      <span className="status-item">
        <span className={`dot dot-${connection}`} aria-hidden="true" />
        <span role="status">{WORDS[connection]}</span>
        {connection === 'fallback' && <WhyNotLive />}
        {resting && (
          <button type="button" className="link" onClick={() => client.connect()}>
            Try now
          </button>
        )}
      </span>
      <span className="status-item" title="This device’s clock compared with the server’s">
        Clock offset <b className="number">{synced ? `${signed(clock.offset)} ± ${tenths(clock.bound)} ms` : 'syncing…'}</b>
      </span>
      <span className="status-item" title="To the server and back">
        Round trip <b className="number">{synced ? `${tenths(clock.rtt)} ms` : '–'}</b>
      </span>
    </footer>
  );
}

function signed(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${tenths(Math.abs(ms))}`;
}

/** With tenths while they matter; above that whole milliseconds, grouped. */
function tenths(ms: number): string {
  return ms < 1_000 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en');
}
