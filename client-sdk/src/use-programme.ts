/** A React hook for the programme of a session. */
import { useMemo, useSyncExternalStore } from 'react';
import type { SyncKairosClient } from './client.ts';
import { type Programme, readProgramme } from './clock/read-programme.ts';
import { type Given, useGiven } from './use-client.ts';

/** How often the hook looks whether a programme has fallen further behind, ms. */
const LOOK_EVERY_MS = 1_000;

/**
 * How the programme of a session goes: by how much it is behind, when it will be over, and when each item is expected.
 * Renders when that changes, at most once a second. Null without a programme, and until the client has synced its time.
 */
export function useProgramme(...given: Given<[sessionId: string]>): Programme | null {
  const [client, sessionId] = useGiven(given);
  const { subscribe, getSnapshot } = useMemo(() => programmeStore(client, sessionId), [client, sessionId]);
  return useSyncExternalStore(subscribe, getSnapshot, () => null);
}

function programmeStore(client: SyncKairosClient, sessionId: string) {
  const store = client.session(sessionId);
  let shown: { of: unknown; synced: boolean; programme: Programme | null } = { of: undefined, synced: false, programme: null };

  const look = (): void => {
    const state = store.getSnapshot();
    const synced = client.getClockStatus().state !== 'syncing';
    const programme = state === null || !synced ? null : readProgramme(state, Math.floor(client.getServerTime()));
    const isSame = JSON.stringify(programme) === JSON.stringify(shown.programme);
    shown = { of: state, synced, programme: isSame ? shown.programme : programme };
  };
  /** Computed anew only at a look, a new state or the first sync: React reads it twice and needs the same object. */
  const getSnapshot = (): Programme | null => {
    const isSynced = client.getClockStatus().state !== 'syncing';
    if (shown.of !== store.getSnapshot() || shown.synced !== isSynced) look();
    return shown.programme;
  };
  const subscribe = (listener: () => void): (() => void) => {
    const tell = (): void => {
      look();
      listener();
    };
    const timer = setInterval(tell, LOOK_EVERY_MS);
    const ends = [store.subscribe(tell), client.on('timeSynced', tell)];
    return () => {
      clearInterval(timer);
      for (const end of ends) end();
    };
  };
  return { subscribe, getSnapshot };
}
