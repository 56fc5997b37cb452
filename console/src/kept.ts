/** What this device keeps of its own: sessions that were open here, and presets of one's own. Never a token. */
import { BASE_URL } from './base.ts';

/** Another path of the same site may be another service. */
const keyOf = (name: string): string => `synckairos.${name}${new URL(BASE_URL).pathname.slice(0, -1)}`;

/** A session that was open on this device. */
export interface Recent {
  sessionId: string;
  /** The hash of its page here: as a watcher, as one participant. */
  hash: string;
  title: string;
}

const RECENT_MAX = 5;

/** The sessions that were open here, the latest first. */
export function recentSessions(): Recent[] {
  return readList('recent').filter(isRecent);
}

/** Puts a session in front of those that were open here. */
export function rememberSession(session: Recent): void {
  const others = recentSessions().filter(({ sessionId }) => sessionId !== session.sessionId);
  writeList('recent', [session, ...others].slice(0, RECENT_MAX));
}

export function forgetSession(sessionId: string): void {
  writeList(
    'recent',
    recentSessions().filter((one) => one.sessionId !== sessionId),
  );
}

/** The list kept under a name. Empty where the browser keeps nothing, or something else is there. */
export function readList(name: string): unknown[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(keyOf(name)) ?? '[]');
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** Keeps a list under a name. False if the browser keeps nothing, as in some private windows, or has no room. */
export function writeList(name: string, list: readonly unknown[]): boolean {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(list));
    return true;
  } catch {
    return false;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isRecent(value: unknown): value is Recent {
  if (!isRecord(value)) return false;
  const { sessionId, title, hash } = value;
  // Any other hash would lead elsewhere than to a session.
  return typeof sessionId === 'string' && typeof title === 'string' && typeof hash === 'string' && hash.startsWith('#/s/');
}
