/** A clock with its phase as a store that changes when something visible of it does. Independent of React. */
import type { Reading } from './clock/clock.ts';
import { type ClockSource, clockStore, COUNTDOWN, type Digits } from './clock-store.ts';

/** What a clock shows: its digits and its phase. Durations are rounded as `formatTime` does. */
export interface ClockView extends Pick<Reading, 'phase' | 'stage' | 'periods_left' | 'turns_left'> {
  /** The digits of the clock's face. */
  left_ms: number | null;
  /** What is left of the phase: of the delay, the present period, the block. */
  phase_left_ms: number | null;
}

/** As `ClockSource`, with the whole reading. */
export interface ReadingSource extends ClockSource {
  read(at: number): Reading | null;
}

/** A clock as a store for `useSyncExternalStore`; null while unknown. */
export function clockViewStore(source: ReadingSource) {
  const face = clockStore(source, COUNTDOWN);
  const phase = clockStore({ ...source, read: (at) => digitsOfPhase(source.read(at)) }, COUNTDOWN);
  let view: ClockView | null = null;

  const getSnapshot = (): ClockView | null => {
    const reading = source.read(source.now());
    const left_ms = face.getSnapshot();
    if (reading === null || left_ms === null) return (view = null);
    const { periods_left, turns_left } = reading;
    const next: ClockView = { left_ms, phase_left_ms: phase.getSnapshot(), phase: reading.phase, stage: reading.stage };
    if (periods_left !== undefined) next.periods_left = periods_left;
    if (turns_left !== undefined) next.turns_left = turns_left;
    if (view === null || !isSame(view, next)) view = next;
    return view;
  };

  const subscribe = (listener: () => void): (() => void) => {
    const ends = [face.subscribe(listener), phase.subscribe(listener)];
    return () => {
      for (const end of ends) end();
    };
  };

  return { subscribe, getSnapshot };
}

function digitsOfPhase(reading: Reading | null): Digits | null {
  if (reading === null) return null;
  const { phase_left_ms, next_change_in_ms } = reading;
  // Every phase drains, except on a clock that receives what others use: all its time is one phase.
  const rate = reading.rate > 0 ? reading.rate : next_change_in_ms === null ? 0 : -1;
  return { ...reading, left_ms: phase_left_ms, rate };
}

function isSame(a: ClockView, b: ClockView): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
