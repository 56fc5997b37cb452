/** How a programme goes, in words. */
import { formatTime, type Programme } from '@synckairos/client';

const SECOND = 1_000;
/** Less than this is on time. */
const ON_TIME_MS = 5 * SECOND;

/** By how much a programme is ahead or behind, and when it will be over. */
export function planOf({ behind_ms, ends_at }: Programme): string {
  const by = formatTime(Math.floor(Math.abs(behind_ms) / SECOND) * SECOND);
  const plan = Math.abs(behind_ms) < ON_TIME_MS ? 'On time' : `${by} ${behind_ms > 0 ? 'behind' : 'ahead'}`;
  return `${plan} · over at ${timeOfDay(ends_at)}`;
}

/** The time of day here; empty for none. */
export function timeOfDay(instant: string | null | undefined): string {
  return instant == null ? '' : new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
