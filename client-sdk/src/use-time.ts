/** React hooks that render again as time passes. */
import { useMemo, useSyncExternalStore } from 'react';
import type { SyncKairosClient } from './client.ts';
import { cycleTimeUsed } from './clock/reading.ts';
import { shownTime, untilNextDigit, untilNextElapsedDigit, shownElapsed } from './format-time.ts';
import type { Who } from './who.ts';

/** Renders again every `intervalMs` milliseconds and returns the device's monotonic time, rounded down to it; 0 on the server. */
export function useNow(intervalMs = 100): number {
  const { subscribe, getSnapshot } = useMemo(() => nowStore(intervalMs), [intervalMs]);
  return useSyncExternalStore(subscribe, getSnapshot, () => 0);
}

/** A snapshot stands until the next tick: React reads it twice, and time may have passed in between. */
function nowStore(intervalMs: number) {
  const read = (): number => Math.floor(performance.now() / intervalMs) * intervalMs;
  let now = read();
  const subscribe = (listener: () => void): (() => void) => {
    const tick = (): void => {
      now = read();
      listener();
    };
    const timer = setInterval(tick, intervalMs);
    tick();
    return () => clearInterval(timer);
  };
  return { subscribe, getSnapshot: () => now };
}

/**
 * Milliseconds a participant's or group's clock shows (without `who` the session's), rounded up to the digits that `formatTime` prints; renders
 * just after each visible digit changes and not otherwise. Null while unknown, which a running clock is until the client has synced its time.
 * Within one state it never rises, whatever the client learns about the server's clock.
 */
export function useCountdown(client: SyncKairosClient, sessionId: string, who?: Who): number | null {
  return useClock(client, sessionId, who, COUNTDOWN);
}

/** As `useCountdown`, for the time used instead of the time left: a stopwatch's in `count_up` and `global`, elsewhere the current turn's. Rounded down. */
export function useStopwatch(client: SyncKairosClient, sessionId: string): number | null {
  return useClock(client, sessionId, undefined, STOPWATCH);
}

/** Clocks whose digits change in the same millisecond share a timer, so that React renders them together. */
const due = new Map<number, { runs: Set<() => void>; timer: ReturnType<typeof setTimeout> }>();

/** Calls `run` in the first whole millisecond `ms` from now or later; the returned function calls it off. */
function atDigit(run: () => void, ms: number): () => void {
  const at = Math.ceil(performance.now() + ms);
  const known = due.get(at);
  const runs = known?.runs ?? new Set();
  const fire = (): void => {
    due.delete(at);
    for (const each of runs) each();
  };
  const timer = known?.timer ?? setTimeout(fire, at - performance.now());
  if (known === undefined) due.set(at, { runs, timer });
  runs.add(run);
  return () => {
    runs.delete(run);
    if (runs.size > 0) return;
    clearTimeout(timer);
    if (due.get(at)?.runs === runs) due.delete(at);
  };
}

interface Face {
  /** Milliseconds on the clock at an instant of the server; null where there are none. */
  read: (client: SyncKairosClient, sessionId: string, who: Who, at: number) => number | null;
  /** What its digits stand for. */
  shown: (ms: number) => number;
  /** Milliseconds until they change. */
  rest: (ms: number) => number;
  /** The later one of two readings within one state: a sync never turns a clock back. */
  later: (a: number, b: number) => number;
}

const COUNTDOWN: Face = {
  read: (client, sessionId, who, at) => client.getParticipantTime(sessionId, who, at),
  shown: shownTime,
  rest: untilNextDigit,
  later: Math.min,
};

const STOPWATCH: Face = {
  read: (client, sessionId, _who, at) => {
    const state = client.session(sessionId).getSnapshot();
    return state === null ? null : cycleTimeUsed(state, at);
  },
  shown: shownElapsed,
  rest: untilNextElapsedDigit,
  later: Math.max,
};

function useClock(client: SyncKairosClient, sessionId: string, who: Who, face: Face): number | null {
  // An object may be another one at each rendering and still name the same clock.
  const name = JSON.stringify(who);
  const { subscribe, getSnapshot } = useMemo(
    () => clockStore(client, sessionId, name === undefined ? undefined : (JSON.parse(name) as Who), face),
    [client, sessionId, name, face],
  );
  return useSyncExternalStore(subscribe, getSnapshot, () => null);
}

/** A clock's digits as a store that changes when they do. */
function clockStore(client: SyncKairosClient, sessionId: string, who: Who, face: Face) {
  const store = client.session(sessionId);
  let last: { of: unknown; shown: number } | undefined;
  // Stands until a tick, another state, or another state of the clock: React reads it twice, and a digit may have changed in between.
  let snapshot: { of: unknown; clock: unknown; shown: number | null } | undefined;

  const read = (at: number): number | null => face.read(client, sessionId, who, at);
  /** Asked at the beginning of the cycle and not now, which is not known while syncing. */
  const isMoving = (): boolean => {
    const startedAt = store.getSnapshot()?.cycle_started_at ?? null;
    return startedAt !== null && read(Date.parse(startedAt)) !== read(Date.parse(startedAt) + 1);
  };

  const shownNow = (): number | null => {
    const state = store.getSnapshot();
    const ms = read(client.getServerTime());
    if (ms === null || (client.getClockStatus().state === 'syncing' && isMoving())) return null;
    const shown = face.shown(ms);
    last = { of: state, shown: last !== undefined && last.of === state ? face.later(last.shown, shown) : shown };
    return last.shown;
  };

  const getSnapshot = (): number | null => {
    const [of, clock] = [store.getSnapshot(), client.getClockStatus().state];
    if (snapshot?.of !== of || snapshot.clock !== clock) snapshot = { of, clock, shown: shownNow() };
    return snapshot.shown;
  };

  const subscribe = (listener: () => void): (() => void) => {
    let callOff: (() => void) | undefined;
    const tick = (): void => {
      callOff?.();
      // Before the digits are read: one that changes in between comes up again at once, not a digit later.
      const ms = isMoving() ? read(client.getServerTime()) : null;
      const rest = ms === null ? Infinity : face.rest(ms);
      // Timers may fire early; then nothing has changed yet and the next one is a millisecond away.
      callOff = rest < Infinity ? atDigit(tick, rest) : undefined;
      snapshot = undefined;
      listener();
    };
    const stopState = store.subscribe(tick);
    const stopTime = client.on('timeSynced', tick);
    tick();
    return () => {
      stopState();
      stopTime();
      callOff?.();
    };
  };

  return { subscribe, getSnapshot };
}
