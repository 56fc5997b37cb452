/**
 * Durations for people. A countdown rounds up, so that it shows zero exactly when time is up; a stopwatch rounds down.
 */

/**
 * `countdown`: 1:02:03, 4:59, 9.8. `stopwatch`: the same, rounded down. `spoken`: for screen readers, "4 minutes 59
 * seconds".
 */
export type TimeStyle = 'countdown' | 'stopwatch' | 'spoken';

const TENTHS_BELOW_MS = 10_000;

/**
 * A duration in milliseconds as text, below zero with a minus; a stopwatch never shows less than 0. A dash for a value
 * that is not a duration: null while a time is not known, undefined, NaN, Infinity.
 */
export function formatTime(ms: number | null | undefined, style: TimeStyle = 'countdown'): string {
  if (ms == null || !Number.isFinite(ms)) return '–';
  if (style === 'spoken') return spoken(Math.ceil(ms / 1000));
  const signed = style === 'stopwatch' ? shownElapsed(ms) : shownTime(ms);
  const shown = Math.abs(signed);
  const tenths = shown / 100;
  return (
    (signed < 0 ? '−' : '') + (shown < TENTHS_BELOW_MS ? `${Math.floor(tenths / 10)}.${tenths % 10}` : clockFace(Math.floor(shown / 1000)))
  );
}

/**
 * The duration a countdown's digits stand for: `ms` rounded up to tenths under 10 s, else to seconds. Equal exactly
 * while the text is.
 */
export function shownTime(ms: number): number {
  const tenths = Math.ceil(ms / 100) * 100;
  // A negative value that rounds up to zero gives 0, not −0.
  return (Math.abs(tenths) < TENTHS_BELOW_MS ? tenths : Math.ceil(ms / 1000) * 1000) + 0;
}

/**
 * Milliseconds until a countdown that shows `ms` shows something else, and a screen must be drawn: above 0, Infinity at
 * its end. It ends at 0, or at `-overrunMs` where it goes on below zero.
 */
export function untilNextDigit(ms: number, overrunMs = 0): number {
  if (ms <= -overrunMs) return Infinity;
  const shown = shownTime(ms);
  const isInTenths = shown > -TENTHS_BELOW_MS && shown <= TENTHS_BELOW_MS;
  return ms - (shown - (isInTenths ? 100 : 1000));
}

/** The duration a stopwatch's digits stand for: `ms` rounded down to tenths under 10 s, else to seconds. */
export function shownElapsed(ms: number): number {
  const step = ms < TENTHS_BELOW_MS ? 100 : 1000;
  return Math.floor(Math.max(0, ms) / step) * step;
}

/** Milliseconds until a stopwatch that shows `ms` shows something else; above 0. */
export function untilNextElapsedDigit(ms: number): number {
  return shownElapsed(ms) + (ms < TENTHS_BELOW_MS ? 100 : 1000) - ms;
}

/** Whole hours, minutes and seconds. */
function parted(seconds: number): [number, number, number] {
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
}

function clockFace(total: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, seconds] = parted(total);
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds)}`;
}

function spoken(seconds: number): string {
  const units = ['hour', 'minute', 'second'];
  const said = parted(Math.abs(seconds)).flatMap((count, n) => (count > 0 ? [`${count} ${units[n]}${count === 1 ? '' : 's'}`] : []));
  return (seconds < 0 ? 'minus ' : '') + (said.join(' ') || '0 seconds');
}
