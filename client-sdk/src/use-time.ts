/** React hooks that render again as time passes. */
import { useCallback, useSyncExternalStore } from 'react';
import type { SyncKairosClient } from './client.ts';
import { shownTime, untilNextDigit } from './format-time.ts';

/** Renders again every `intervalMs` milliseconds and returns the device's monotonic time, rounded down to it; 0 on the server. */
export function useNow(intervalMs = 100): number {
  const subscribe = useCallback(
    (listener: () => void) => {
      const timer = setInterval(listener, intervalMs);
      return () => clearInterval(timer);
    },
    [intervalMs],
  );
  const now = (): number => Math.floor(performance.now() / intervalMs) * intervalMs;
  return useSyncExternalStore(subscribe, now, () => 0);
}

/**
 * Milliseconds a participant's or group's clock shows (`global`: the session's), rounded up to the digits that `formatTime` prints; renders
 * just after each visible digit changes and not otherwise. Null while unknown, which a running clock is until the client has synced its time.
 */
export function useCountdown(client: SyncKairosClient, sessionId: string, who: string): number | null {
  const subscribe = useCallback((listener: () => void) => followDigits(client, sessionId, who, listener), [client, sessionId, who]);
  return useSyncExternalStore(
    subscribe,
    () => shownNow(client, sessionId, who),
    () => null,
  );
}

function shownNow(client: SyncKairosClient, sessionId: string, who: string): number | null {
  const left = client.getParticipantTime(sessionId, who);
  if (left === null) return null;
  return client.getClockStatus().state === 'syncing' && isMoving(client, sessionId, who) ? null : shownTime(left);
}

/** Asked at the beginning of the cycle and not now, which is not known while syncing. */
function isMoving(client: SyncKairosClient, sessionId: string, who: string): boolean {
  const startedAt = client.session(sessionId).getSnapshot()?.cycle_started_at ?? null;
  if (startedAt === null) return false;
  const start = Date.parse(startedAt);
  return client.getParticipantTime(sessionId, who, start) !== client.getParticipantTime(sessionId, who, start + 1);
}

function followDigits(client: SyncKairosClient, sessionId: string, who: string, listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = (): void => {
    clearTimeout(timer);
    listener();
    const left = client.getParticipantTime(sessionId, who);
    if (left === null || left <= 0 || !isMoving(client, sessionId, who)) return;
    // Timers may fire early; then nothing has changed yet and the next one is a millisecond away.
    timer = setTimeout(tick, Math.ceil(untilNextDigit(left)));
  };
  const stopState = client.session(sessionId).subscribe(tick);
  const stopTime = client.on('timeSynced', tick);
  tick();
  return () => {
    stopState();
    stopTime();
    clearTimeout(timer);
  };
}
