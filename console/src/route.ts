/** Which page the address names: `#/s/<session_id>` a game, anything else the setup. */
import { useSyncExternalStore } from 'react';

const PREFIX = '#/s/';

/** The hash of a session's page. */
export function sessionHash(sessionId: string): string {
  return PREFIX + encodeURIComponent(sessionId);
}

/** The session an address's hash names, or null; also for a hash that is not well formed. */
export function sessionOf(hash: string): string | null {
  if (!hash.startsWith(PREFIX)) return null;
  try {
    return decodeURIComponent(hash.slice(PREFIX.length)) || null;
  } catch {
    return null;
  }
}

/** The session the address names now. */
export function useSessionRoute(): string | null {
  return useSyncExternalStore(
    (listener) => {
      addEventListener('hashchange', listener);
      return () => removeEventListener('hashchange', listener);
    },
    () => sessionOf(location.hash),
  );
}
