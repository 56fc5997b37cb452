/** React hooks that render again as time passes. */
import { useMemo, useSyncExternalStore } from 'react';
import type { SyncKairosClient } from './client.ts';
import type { Reading } from './clock/clock.ts';
import { modeOf } from './clock/modes.ts';
import { cycleTimeUsed, isMoving, participantTimeUsed, readClock } from './clock/reading.ts';
import { type ClockSource, clockStore, COUNTDOWN, type Digits, type Face, STOPWATCH } from './clock-store.ts';
import { type ParticipantClock, participantsStore } from './participants-store.ts';
import { type ClockView, clockViewStore } from './clock-view.ts';
import type { SessionState } from './contract/index.ts';
import { type Given, useGiven } from './use-client.ts';
import { ownerOf, type Who } from './who.ts';

/**
 * Renders again every `intervalMs` milliseconds and returns the device's monotonic time, rounded down to a multiple of
 * it; 0 on the server.
 */
export function useNow(intervalMs = 100): number {
  const { subscribe, getSnapshot } = useMemo(() => nowStore(intervalMs), [intervalMs]);
  return useSyncExternalStore(subscribe, getSnapshot, () => 0);
}

/** A snapshot is unchanged until the next tick: React reads it twice, and time may pass in between. */
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
 * The milliseconds that the clock of a participant or group shows (without `who` the session's), rounded up to the
 * digits that `formatTime` prints; negative while it goes on below zero. Renders just after each visible digit changes
 * and not otherwise. Null while unknown; a running clock is unknown until the client has synced its time. Within one
 * state a falling clock never rises, whatever the client learns of the server's clock.
 */
export function useCountdown(...given: Given<[sessionId: string, who?: Who]>): number | null {
  const [client, sessionId, who] = useGiven(given);
  return useDigits(client, sessionId, who, COUNTDOWN, countdownOf);
}

/**
 * As `useCountdown`, with what passes at the moment (`delay`, `main`, `period`, `block`), what is left of it, the
 * stage, and the periods and turns that are left, where there are any. Renders just after something of that changes as
 * it is shown. Null while unknown.
 */
export function useClock(...given: Given<[sessionId: string, who?: Who]>): ClockView | null {
  const [client, sessionId, who] = useGiven(given);
  const name = JSON.stringify(who);
  const { subscribe, getSnapshot } = useMemo(
    () => clockViewStore(sourceOf(client, sessionId, whoOf(name), countdownOf)),
    [client, sessionId, name],
  );
  return useSyncExternalStore(subscribe, getSnapshot, () => null);
}

/**
 * As `useCountdown`, for the time used: that of the stopwatch in `count_up` and `global`, elsewhere that of the current
 * turn. Rounded down.
 */
export function useStopwatch(...given: Given<[sessionId: string]>): number | null {
  const [client, sessionId] = useGiven(given);
  return useDigits(client, sessionId, undefined, STOPWATCH, stopwatchOf);
}

/**
 * Everybody of a session with what their clock shows: an exam hall, a quiz, a race. Renders just after a visible digit
 * of somebody changes, and with each other state. Empty while the session is unknown. An entry is the same object until
 * something of it changes.
 */
export function useParticipants(...given: Given<[sessionId: string]>): readonly ParticipantClock[] {
  const [client, sessionId] = useGiven(given);
  const { subscribe, getSnapshot } = useMemo(() => {
    const store = client.session(sessionId);
    return participantsStore({
      state: store.getSnapshot,
      subscribe: store.subscribe,
      counts: (state) => modeOf(state).counts,
      clockOf: (id, counts) => sourceOf(client, sessionId, { participant_id: id }, counts === 'up' ? usedOf : countdownOf),
    });
  }, [client, sessionId]);
  return useSyncExternalStore(subscribe, getSnapshot, () => NOBODY);
}

const NOBODY: readonly ParticipantClock[] = [];

/**
 * Reads a clock of a session at an instant of the server (Unix ms), and tells whether it is moving; null if there is
 * none.
 */
type ReadState<Shown extends Digits> = (state: SessionState, who: Who, at: number) => { reading: Shown; moves: boolean } | null;

const countdownOf: ReadState<Reading> = (state, who, at) => {
  const owner = ownerOf(state, who);
  const reading = owner === undefined ? null : readClock(state, owner, at);
  return reading === null || owner === undefined ? null : { reading, moves: isMoving(state, owner) };
};

const usedOf: ReadState<Digits> = (state, who, at) => {
  const id = typeof who === 'object' && 'participant_id' in who ? who.participant_id : undefined;
  const used = id === undefined ? null : participantTimeUsed(state, id, at);
  if (used === null) return null;
  const moves = state.concurrent
    ? state.participants.some((one) => one.participant_id === id && one.cycle_started_at != null)
    : state.cycle_started_at !== null;
  return { reading: { left_ms: used, rate: moves ? 1 : 0, next_change_in_ms: null }, moves };
};

const stopwatchOf: ReadState<Digits> = (state, _who, at) => {
  const moves = state.cycle_started_at !== null;
  return { reading: { left_ms: cycleTimeUsed(state, at), rate: moves ? 1 : 0, next_change_in_ms: null }, moves };
};

function useDigits(client: SyncKairosClient, sessionId: string, who: Who, face: Face, readState: ReadState<Digits>): number | null {
  const name = JSON.stringify(who);
  const { subscribe, getSnapshot } = useMemo(
    () => clockStore(sourceOf(client, sessionId, whoOf(name), readState), face),
    [client, sessionId, name, face, readState],
  );
  return useSyncExternalStore(subscribe, getSnapshot, () => null);
}

/** The object may differ at each rendering although it names the same clock, so hooks remember its text. */
function whoOf(name: string | undefined): Who {
  return name === undefined ? undefined : (JSON.parse(name) as Who);
}

function sourceOf<Shown extends Digits>(
  client: SyncKairosClient,
  sessionId: string,
  who: Who,
  readState: ReadState<Shown>,
): ClockSource & { read(at: number): Shown | null } {
  const store = client.session(sessionId);
  const readAt = (at: number) => {
    const state = store.getSnapshot();
    return state === null ? null : readState(state, who, at);
  };
  return {
    state: store.getSnapshot,
    isSynced: () => client.getClockStatus().state !== 'syncing',
    now: () => client.getServerTime(),
    moves: () => readAt(0)?.moves ?? false,
    read(at) {
      const found = readAt(at);
      // This call warns of an id that the session does not have.
      if (found === null) client.getParticipantTime(sessionId, who, at);
      return found?.reading ?? null;
    },
    subscribe(listener) {
      const stopState = store.subscribe(listener);
      const stopTime = client.on('timeSynced', listener);
      return () => {
        stopState();
        stopTime();
      };
    },
  };
}
