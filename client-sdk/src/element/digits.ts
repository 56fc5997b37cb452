/** What the element writes: the digits of a clock with tenths from any second on, and durations in any language. */
import { type Digits, type Face } from '../clock-store.ts';
import { formatTime } from '../format-time.ts';

/** How a clock's digits follow from its time, with tenths below `tenthsBelowMs`, a multiple of 1000. */
export function faceOf(counts: 'down' | 'up', tenthsBelowMs: number): Face {
  return counts === 'down' ? countdown(tenthsBelowMs) : stopwatch(tenthsBelowMs);
}

/** Rounded up, so that zero shows exactly when time is up. */
function countdown(tenthsBelowMs: number): Face {
  const shown = (ms: number): number => {
    const tenths = Math.ceil(ms / 100) * 100;
    // A negative value that rounds up to zero gives 0, not −0.
    return (Math.abs(tenths) < tenthsBelowMs ? tenths : Math.ceil(ms / 1000) * 1000) + 0;
  };
  return {
    shown,
    rest({ left_ms, rate, next_change_in_ms }: Digits) {
      const change = next_change_in_ms ?? Infinity;
      if (left_ms === null || rate === 0) return change;
      const now = shown(left_ms);
      if (rate > 0) return Math.min(change, Math.ceil((now - left_ms + 1) / rate));
      const isInTenths = now > -tenthsBelowMs && now <= tenthsBelowMs;
      return Math.min(change, left_ms - (now - (isInTenths ? 100 : 1000)));
    },
  };
}

/** Rounded down. */
function stopwatch(tenthsBelowMs: number): Face {
  const step = (ms: number): number => (ms < tenthsBelowMs ? 100 : 1000);
  const shown = (ms: number): number => Math.floor(Math.max(0, ms) / step(ms)) * step(ms);
  return {
    shown,
    rest: ({ left_ms, rate }: Digits) => (left_ms === null || rate === 0 ? Infinity : shown(left_ms) + step(left_ms) - left_ms),
  };
}

/** The digits of what a face shows, ms: 1:02:03, 4:59, 0:07, and with tenths 0:12.3, 9.8. */
export function digitsOf(shown: number, tenthsBelowMs: number): string {
  const ms = Math.abs(shown);
  const seconds = Math.floor(ms / 1000);
  const hasTenths = ms < tenthsBelowMs;
  const whole = seconds >= 10 ? formatTime(seconds * 1000) : hasTenths ? String(seconds) : `0:0${seconds}`;
  return (shown < 0 ? '−' : '') + whole + (hasTenths ? `.${Math.floor(ms / 100) % 10}` : '');
}

/** A duration in the words of a language, in whole seconds rounded up: “4 minutes 59 seconds”, “4 Minuten”. */
export function inWords(ms: number, language: string): string {
  const total = Math.ceil(ms / 1000);
  const seconds = Math.abs(total);
  const parts = [
    ['hour', Math.floor(seconds / 3600)],
    ['minute', Math.floor(seconds / 60) % 60],
    ['second', seconds % 60],
  ] as const;
  const said = parts.filter(([unit, count]) => count > 0 || (unit === 'second' && seconds === 0));
  return (total < 0 ? '−' : '') + said.map(([unit, count]) => unitOf(unit, language).format(count)).join(' ');
}

function unitOf(unit: string, language: string): Intl.NumberFormat {
  const options = { style: 'unit', unit, unitDisplay: 'long' } as const;
  try {
    return new Intl.NumberFormat(language || undefined, options);
  } catch {
    // Pages may have a `lang` that names no language.
    return new Intl.NumberFormat(undefined, options);
  }
}
