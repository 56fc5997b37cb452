/** Durations as people write them. */

const UNITS: Record<string, number> = { h: 3_600_000, min: 60_000, m: 60_000, s: 1_000, sec: 1_000, ms: 1 };

/**
 * Milliseconds of `1:30:00`, `5:00`, `30 s`, `2.5 min`, `1 h`, with a minus for what is below zero; a bare number
 * counts in `unit` milliseconds. Null for anything else.
 */
export function parseDuration(text: string, unit: number): number | null {
  // A clock below zero shows the sign of mathematics, which keyboards lack.
  const plain = text.trim().replace('−', '-');
  const clock = /^(-?)(?:(\d{1,3}):)?(\d{1,3}):(\d{2})$/.exec(plain);
  if (clock !== null) {
    const ms = ((Number(clock[2] ?? 0) * 60 + Number(clock[3])) * 60 + Number(clock[4])) * 1_000;
    return clock[1] === '-' ? 0 - ms : ms;
  }
  const [, amount, name] = /^(-?\d{1,9}(?:[.,]\d+)?)\s*([a-z]*)$/i.exec(plain) ?? [];
  if (amount === undefined || name === undefined) return null;
  const factor = name === '' ? unit : UNITS[name.toLowerCase()];
  return factor === undefined ? null : Math.round(Number(amount.replace(',', '.')) * factor);
}
