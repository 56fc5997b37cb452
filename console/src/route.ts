/**
 * Which page the address names, all of it behind the `#`, which browsers send to no server. docs/VIEWS.md lists the
 * links and their parameters.
 */

const HOME = new Set(['', '#', '#/']);
const SESSION = '#/s/';
const STAGE = '#/stage/';
const BOARD = '#/board';
const CODE = '#/j/';
const OPERATOR = '#/operator';
const PLAYGROUND = '#/playground';
const CONTROL = 'control=';
const WATCH = 'watch';
const JOIN = 'join';
const AS = 'as=';
const TOKEN = 'token=';
const MIRROR = 'mirror';
const TRANSPARENT = 'transparent';
const BARE = 'bare';
const WHO = 'who=';
const FOUND = 'session=';
const DELAY = 'delay=';
/** Every parameter of a link. */
export const PARAMETERS: readonly string[] = [WATCH, JOIN, AS, TOKEN, CONTROL, MIRROR, TRANSPARENT, BARE, WHO, DELAY, FOUND];
/** The longest delay of a stage, seconds. */
const LONGEST_DELAY_S = 600;
/** What the contract takes as an id. */
const ID = /^[\w.:@|~-]{1,128}$/;

/** How a stage is shown. */
export interface StageLook {
  /** Left and right are exchanged, as for a picture that is seen in a mirror or from behind. */
  mirror: boolean;
  /** Without a background, to lay it over a picture. */
  transparent: boolean;
  /** The digits and nothing else. */
  bare: boolean;
  /** Whose clock is shown, by the id of a participant or group; undefined for the one that runs. */
  who: string | undefined;
  /** It shows what was so long ago, ms. */
  delayMs: number;
}

/** What is wrong with a link: it names no page, no session, or a delay that is no number of seconds. */
export type LinkFault = 'page' | 'session' | 'delay';

export type Route =
  | { page: 'setup' }
  | { page: 'nowhere'; fault: LinkFault }
  | { page: 'operator'; sessionId: string | undefined }
  | { page: 'board'; sessionIds: string[] }
  | { page: 'stage'; sessionId: string; look: StageLook }
  | { page: 'code'; code: string }
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

/** The hash of a session’s stage. */
export function stageHash(
  sessionId: string,
  { mirror = false, transparent = false, bare = false }: Partial<Pick<StageLook, 'mirror' | 'transparent' | 'bare'>> = {},
  token?: string,
): string {
  const parts = [
    STAGE + encodeURIComponent(sessionId),
    mirror ? MIRROR : '',
    transparent ? TRANSPARENT : '',
    bare ? BARE : '',
    token === undefined ? '' : TOKEN + token,
  ];
  return parts.filter((part) => part !== '').join('&');
}

/** The hash of a board with these sessions. */
export function boardHash(sessionIds: readonly string[]): string {
  return [BOARD, sessionIds.map(encodeURIComponent).join(',')].join('/');
}

/**
 * The session that a line means: its id, or a link of a page of it, with whatever token. Null for anything else.
 */
export function sessionOf(line: string): string | null {
  if (ID.test(line) && !line.includes('://')) return line;
  const route = routeOf(line.slice(Math.max(0, line.indexOf('#'))));
  return route.page === 'game' || route.page === 'stage' ? route.sessionId : null;
}

/** The hash of the operator view with a session. */
export function operatorHash(sessionId: string): string {
  return `${OPERATOR}&${FOUND}${encodeURIComponent(sessionId)}`;
}

/** The hash of the playground, where a time control as players write it is played through. */
export function playgroundHash(control: string): string {
  return `${PLAYGROUND}&${CONTROL}${encodeURIComponent(control)}`;
}

/** The page of a hash. */
export function routeOf(hash: string): Route {
  const [page = '', ...rest] = hash.split('&');
  if (HOME.has(page)) return { page: 'setup' };
  if (page === OPERATOR) {
    const found = valueOf(rest, FOUND);
    return found === undefined || ID.test(found) ? { page: 'operator', sessionId: found } : { page: 'nowhere', fault: 'session' };
  }
  if (page === PLAYGROUND) {
    return { page: 'playground', control: valueOf(rest, CONTROL) };
  }
  if (page === BOARD || page.startsWith(`${BOARD}/`)) {
    const sessionIds = [
      ...new Set(
        page
          .slice(BOARD.length + 1)
          .split(',')
          .map(decoded),
      ),
    ].filter((id) => id !== '');
    return sessionIds.every((id) => ID.test(id)) ? { page: 'board', sessionIds } : { page: 'nowhere', fault: 'session' };
  }
  if (page.startsWith(CODE)) return { page: 'code', code: decoded(page.slice(CODE.length)) };
  const kind = [SESSION, STAGE].find((start) => page.startsWith(start));
  if (kind === undefined) return { page: 'nowhere', fault: 'page' };
  const sessionId = decoded(page.slice(kind.length));
  if (!ID.test(sessionId)) return { page: 'nowhere', fault: 'session' };
  if (kind === SESSION) {
    return { page: 'game', sessionId, watchOnly: rest.includes(WATCH), join: rest.includes(JOIN), as: valueOf(rest, AS) };
  }
  const look = lookOf(rest);
  return look === null ? { page: 'nowhere', fault: 'delay' } : { page: 'stage', sessionId, look };
}

/** Null where the delay is no number of seconds that a stage takes. */
function lookOf(rest: readonly string[]): StageLook | null {
  const delay = Number(valueOf(rest, DELAY) ?? 0);
  if (!(delay >= 0 && delay <= LONGEST_DELAY_S)) return null;
  return {
    mirror: rest.includes(MIRROR),
    transparent: rest.includes(TRANSPARENT),
    bare: rest.includes(BARE),
    who: valueOf(rest, WHO),
    delayMs: delay * 1_000,
  };
}

/** What stands behind the name of a parameter; undefined without that. */
function valueOf(rest: readonly string[], name: string): string | undefined {
  const found = rest.find((part) => part.startsWith(name));
  return found === undefined ? undefined : decoded(found.slice(name.length));
}

/** The token in a hash (`#token=…` or behind a page, `#/s/…&token=…`), and the hash without it. */
export function splitToken(hash: string): { token: string | undefined; rest: string } {
  const parts = hash.replace(/^#/, '').split('&');
  const token = parts.find((part) => part.startsWith(TOKEN))?.slice(TOKEN.length);
  return { token, rest: `#${parts.filter((part) => !part.startsWith(TOKEN)).join('&')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
