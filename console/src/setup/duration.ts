/** Durations as people write them. */

const HOUR = 3_600_000;
const MINUTE = 60_000;
const SECOND = 1_000;
const UNITS: Record<string, number> = {
  h: HOUR,
  hr: HOUR,
  hour: HOUR,
  m: MINUTE,
  min: MINUTE,
  minute: MINUTE,
  s: SECOND,
  sec: SECOND,
  second: SECOND,
  ms: 1,
};
/** What a number counts behind one of another unit: `1h30` are 90 minutes. */
const NEXT: Record<number, number> = { [HOUR]: MINUTE, [MINUTE]: SECOND };
/** A number and, where it has one, its unit. */
const PART = /(\d{1,9}(?:[.,]\d+)?)\s*([a-z]*)\s*/iy;

/**
 * Milliseconds of `1:30:00`, `5:00`, `30 s`, `2.5 min`, `5 minutes`, `1h30`, with a minus for what is below zero; a
 * bare number counts in `unit` milliseconds. Null for anything else.
 */
export function parseDuration(text: string, unit: number): number | null {
  // A clock below zero shows the sign of mathematics, which keyboards lack.
  const plain = text.trim().replace('−', '-');
  const isNegative = plain.startsWith('-');
  const ms = parsePositive(isNegative ? plain.slice(1).trim() : plain, unit);
  return ms !== null && isNegative ? 0 - ms : ms;
}

function parsePositive(text: string, unit: number): number | null {
  const clock = /^(?:(\d{1,3}):)?(\d{1,3}):(\d{2})$/.exec(text);
  if (clock !== null) return ((Number(clock[1] ?? 0) * 60 + Number(clock[2])) * 60 + Number(clock[3])) * SECOND;
  let ms = 0;
  let last = Infinity;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const [, amount = '', name = ''] = PART.exec(text) ?? [];
    const factor = name === '' ? (last === Infinity ? unit : NEXT[last]) : factorOf(name.toLowerCase());
    // Units go down: nobody writes `30 s 1 h`. Behind a number without a unit nothing comes.
    if (amount === '' || factor === undefined || factor >= last) return null;
    ms += Number(amount.replace(',', '.')) * factor;
    last = name === '' ? 0 : factor;
  }
  return text === '' ? null : Math.round(ms);
}

function factorOf(unit: string): number | undefined {
  return UNITS[unit] ?? UNITS[unit.replace(/s$/, '')];
}
