/** Durations as people write them. */

const UNITS: Record<string, number> = { h: 3_600_000, min: 60_000, m: 60_000, s: 1_000, sec: 1_000, ms: 1 };

/**
 * Milliseconds of `1:30:00`, `5:00`, `30 s`, `2.5 min`, `1 h`; a bare number counts in `unit` milliseconds. Null for
 * anything else.
 */
export function parseDuration(text: string, unit: number): number | null {
  const clock = /^(?:(\d{1,3}):)?(\d{1,3}):(\d{2})$/.exec(text.trim());
  if (clock !== null) return ((Number(clock[1] ?? 0) * 60 + Number(clock[2])) * 60 + Number(clock[3])) * 1_000;
  const [, amount, name] = /^(-?\d{1,9}(?:[.,]\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  if (amount === undefined || name === undefined) return null;
  const factor = name === '' ? unit : UNITS[name.toLowerCase()];
  return factor === undefined ? null : Math.round(Number(amount.replace(',', '.')) * factor);
}
