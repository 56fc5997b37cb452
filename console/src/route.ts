/**
 * Which page the address names, all of it behind the `#`, which browsers send to no server: `#/s/<session_id>` a game,
 * `#/operator`, `#/playground`, anything else the setup.
 */
import { useSyncExternalStore } from 'react';

const SESSION = '#/s/';
const OPERATOR = '#/operator';
const PLAYGROUND = '#/playground';
const CONTROL = 'control=';
const WATCH = 'watch';
const JOIN = 'join';
const AS = 'as=';
const TOKEN = 'token=';

export type Route =
  | { page: 'setup' }
  | { page: 'operator' }
  | { page: 'playground'; control: string | undefined }
  | { page: 'game'; sessionId: string; watchOnly: boolean; join: boolean; as: string | undefined };

/**
 * The hash of a session’s page; `&watch` hides the controls, `&join` asks who one is, `&as=<participant_id>` shows what
 * is one participant's, `&token=…` brings a token.
 */
export function sessionHash(
  sessionId: string,
  { watchOnly = false, join = false, as, token }: { watchOnly?: boolean; join?: boolean; as?: string; token?: string } = {},
): string {
  const parts = [
    SESSION + encodeURIComponent(sessionId),
    watchOnly ? WATCH : '',
    join ? JOIN : '',
    as === undefined ? '' : AS + encodeURIComponent(as),
    token === undefined ? '' : TOKEN + token,
  ];
  return parts.filter((part) => part !== '').join('&');
}

/** The hash of the playground, where a time control as players write it is played through. */
export function playgroundHash(control: string): string {
  return `${PLAYGROUND}&${CONTROL}${encodeURIComponent(control)}`;
}

/** The page of a hash. One that is not well formed means the setup. */
export function routeOf(hash: string): Route {
  const [page = '', ...rest] = hash.split('&');
  if (page === OPERATOR) return { page: 'operator' };
  if (page === PLAYGROUND) {
    const control = rest.find((part) => part.startsWith(CONTROL));
    return { page: 'playground', control: control === undefined ? undefined : decoded(control.slice(CONTROL.length)) };
  }
  const sessionId = page.startsWith(SESSION) ? decoded(page.slice(SESSION.length)) : '';
  if (sessionId === '') return { page: 'setup' };
  const as = rest.find((part) => part.startsWith(AS));
  return { page: 'game', sessionId, watchOnly: rest.includes(WATCH), join: rest.includes(JOIN), as: as && decoded(as.slice(AS.length)) };
}

/** The token in a hash (`#token=…` or behind a page, `#/s/…&token=…`), and the hash without it. */
export function splitToken(hash: string): { token: string | undefined; rest: string } {
  const parts = hash.replace(/^#/, '').split('&');
  const token = parts.find((part) => part.startsWith(TOKEN))?.slice(TOKEN.length);
  return { token, rest: `#${parts.filter((part) => !part.startsWith(TOKEN)).join('&')}` };
}

/** The page the address names now. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(
    (listener) => {
      addEventListener('hashchange', listener);
      return () => removeEventListener('hashchange', listener);
    },
    () => location.hash,
  );
  return routeOf(hash);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
