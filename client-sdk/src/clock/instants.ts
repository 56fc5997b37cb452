/** Unix ms as an ISO 8601 UTC string with milliseconds. */
export function iso(at: number): string {
  if (at !== lastAt) {
    lastIso = new Date(at).toISOString();
    lastAt = at;
  }
  return lastIso;
}

/** Unix ms of an ISO 8601 string. */
export function instantOf(text: string): number {
  if (text !== lastText) {
    lastInstant = Date.parse(text);
    lastText = text;
  }
  return lastInstant;
}

/** Cached, since many clocks of a session begin at one instant. */
let [lastText, lastInstant] = ['', Number.NaN];
/** Cached, since one event names its instant several times. */
let [lastAt, lastIso] = [Number.NaN, ''];
