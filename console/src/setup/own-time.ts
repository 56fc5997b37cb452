/** The time of one participant whose clock runs by itself, as a person writes it. */
import { parseDuration } from './duration.ts';

/** What a participant has of their own; empty for what everybody has. */
export interface OwnGift {
  total_time_ms?: number;
  time_factor?: number;
  extra_time_ms?: number;
}

const MINUTE = 60_000;

/**
 * `+25 %` is a quarter more of the time of all, `+10 min` so much beyond it, and anything else a time of their own. A
 * bare number counts in minutes. Null for what can't be read.
 */
export function parseGift(text: string): OwnGift | null {
  const plain = text.trim();
  if (plain === '') return {};
  const [, percent] = /^\+?\s*(\d{1,3})\s*%$/.exec(plain) ?? [];
  if (percent !== undefined) return { time_factor: 1 + Number(percent) / 100 };
  if (plain.startsWith('+')) {
    const extra = parseDuration(plain.slice(1), MINUTE);
    return extra === null ? null : { extra_time_ms: extra };
  }
  const own = parseDuration(plain, MINUTE);
  return own === null ? null : { total_time_ms: own };
}
