/** Unix ms as an ISO 8601 UTC string with milliseconds. */
export function iso(at: number): string {
  if (at !== lastAt) {
    lastIso = new Date(at).toISOString();
    lastAt = at;
  }
  return lastIso;
}

/** One event names its instant several times. */
let [lastAt, lastIso] = [Number.NaN, ''];
