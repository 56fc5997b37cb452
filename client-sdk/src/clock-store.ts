/**
 * A clock's digits as a store that changes when they do, whether the clock falls, stands or rises. Independent of
 * React.
 */
import type { Reading } from './clock/clock.ts';
import { shownElapsed, shownTime, untilNextDigit, untilNextElapsedDigit } from './format-time.ts';

/** What of a reading is shown as digits. */
export type Digits = Pick<Reading, 'left_ms' | 'rate' | 'next_change_in_ms'> & Partial<Pick<Reading, 'phase' | 'stage' | 'periods_left'>>;

/** A clock to show. */
export interface ClockSource {
  /** What it is read from: another value after each change, the same one until then. */
  state(): unknown;
  /** Whether the server's time is known. */
  isSynced(): boolean;
  /** Unix ms of the server, as far as known. */
  now(): number;
  /** Whether the clock is moving, which is known without the server's time. */
  moves(): boolean;
  /** Its reading at an instant of the server; null if there is no clock. */
  read(at: number): Digits | null;
  /** Calls the listener after each change of the state or of the known time. */
  subscribe(listener: () => void): () => void;
}

/** How a clock's digits follow from its time. */
export interface Face {
  /** The duration that its digits show, ms. */
  shown(ms: number): number;
  /** Milliseconds until they change, above 0; Infinity if they do not. */
  rest(digits: Digits): number;
}

/** Rounded up, as `formatTime` does. */
export const COUNTDOWN: Face = {
  shown: shownTime,
  rest({ left_ms, rate, next_change_in_ms }) {
    const change = next_change_in_ms ?? Infinity;
    if (left_ms === null || rate === 0) return change;
    const more = rate > 0 ? Math.ceil((shownTime(left_ms) - left_ms + 1) / rate) : untilNextDigit(left_ms, Infinity);
    return Math.min(change, more);
  },
};

/** Rounded down. */
export const STOPWATCH: Face = {
  shown: shownElapsed,
  rest: ({ left_ms, rate }) => (left_ms === null || rate === 0 ? Infinity : untilNextElapsedDigit(left_ms)),
};

/** Clocks whose digits change in the same millisecond share a timer, so that React renders them together. */
const due = new Map<number, { runs: Set<() => void>; timer: ReturnType<typeof setTimeout> }>();

/** Calls `run` in the first whole millisecond `ms` from now or later; the returned function cancels it. */
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

/** A clock's digits as a store for `useSyncExternalStore`: milliseconds, null while unknown. */
export function clockStore(source: ClockSource, face: Face) {
  let last: { of: unknown; part: string; shown: number } | undefined;
  // Unchanged until a tick, another state, or the first sync: React reads it twice, and a digit may change in between.
  let snapshot: { of: unknown; synced: boolean; shown: number | null } | undefined;

  const shownNow = (): number | null => {
    const of = source.state();
    const reading = source.read(source.now());
    if (reading?.left_ms == null || (!source.isSynced() && source.moves())) return null;
    const shown = face.shown(reading.left_ms);
    // A sync never turns a clock back; where another period or stage begins, it may show more.
    const part = `${reading.phase} ${reading.stage} ${reading.periods_left}`;
    const later = reading.rate > 0 ? Math.max : Math.min;
    last = { of, part, shown: last !== undefined && last.of === of && last.part === part ? later(last.shown, shown) : shown };
    return last.shown;
  };

  const getSnapshot = (): number | null => {
    const [of, synced] = [source.state(), source.isSynced()];
    if (snapshot === undefined || snapshot.of !== of || snapshot.synced !== synced) snapshot = { of, synced, shown: shownNow() };
    return snapshot.shown;
  };

  const subscribe = (listener: () => void): (() => void) => {
    let callOff: (() => void) | undefined;
    const tick = (): void => {
      callOff?.();
      // Read before the digits: a digit that changes in between is due at once, not a digit later.
      const reading = source.moves() ? source.read(source.now()) : null;
      const rest = reading === null ? Infinity : face.rest(reading);
      // A timer may fire early; then the next one is a millisecond away.
      callOff = rest < Infinity ? atDigit(tick, rest) : undefined;
      snapshot = undefined;
      listener();
    };
    const stop = source.subscribe(tick);
    tick();
    return () => {
      stop();
      callOff?.();
    };
  };

  return { subscribe, getSnapshot };
}
