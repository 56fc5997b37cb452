/**
 * Always visible: whether this device is connected, and how accurately it knows the time. While all is well that is a
 * dot, behind which there are the numbers; in words what is wrong.
 */
import type { ConnectionState, SyncKairosClient } from '@synckairos/client';
import { useNow } from '@synckairos/client/react';
import { useEffect, useReducer, useState, useSyncExternalStore } from 'react';
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

/** A device that knows the time less exactly than this says so, ms: a person sees it. */
const VAGUE_MS = 100;

export function StatusBar({ client, token }: { client: SyncKairosClient; token: string | undefined }) {
  const connection = useSyncExternalStore(client.connection.subscribe, client.connection.getSnapshot);
  // Each exchange changes the values, and in between the bound grows.
  const [, readAnew] = useReducer((count: number) => count + 1, 0);
  useEffect(() => client.on('timeSynced', () => readAnew()), [client]);
  /** When it is tried next to connect, by the page's clock. */
  const [nextTry, setNextTry] = useState(0);
  useEffect(() => client.on('reconnecting', ({ delay }) => setNextTry(performance.now() + delay)), [client]);
  const now = useNow(1_000);
  const clock = client.getClockStatus();
  const synced = clock.state === 'synced';
  const resting = connection === 'failed' || connection === 'idle' || connection === 'reconnecting' || connection === 'fallback';
  const [isOpen, setOpen] = useState(false);
  const isVague = connection === 'connected' && synced && clock.bound > VAGUE_MS;
  return (
    <footer className="status" aria-label="Connection and clock">
      {token !== undefined && <Identity client={client} token={token} />}
      <span className="status-item">
        <button
          type="button"
          className="link status-more"
          aria-expanded={isOpen}
          title="How exact the time is"
          onClick={() => setOpen(!isOpen)}
        >
          <span className={`dot dot-${connection}`} aria-hidden="true" />
          <span className="sr-only">How exact the time is</span>
        </button>
        <span role="status" className={connection === 'connected' && !isOpen ? 'sr-only' : undefined}>
          {WORDS[connection]}
        </span>
        {connection === 'fallback' && <WhyNotLive />}
        {/* Not told by screen readers each second. */}
        {(connection === 'reconnecting' || connection === 'fallback') && (
          <span className="number" aria-hidden="true">
            next try in {Math.max(0, Math.ceil((nextTry - now) / 1_000))} s
          </span>
        )}
        {resting && (
          <button type="button" className="link" onClick={() => client.connect()}>
            Try now
          </button>
        )}
      </span>
      <span className={isOpen || isVague ? 'status-item' : 'sr-only'} title="This device’s clock compared with the server’s">
        Clock offset <b className="number">{synced ? `${signed(clock.offset)} ± ${tenths(clock.bound)} ms` : 'syncing…'}</b>
      </span>
      <span className={isOpen ? 'status-item' : 'sr-only'} title="To the server and back">
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
