/** The token of this page, and what it allows. The server decides; this only hides buttons that it would refuse. */
import type { Role, SessionState } from '@synckairos/client';
import { BASE_URL } from './base.ts';
import { FACING, hasSeats, hasTurn } from './game/seats.ts';
import { splitToken } from './route.ts';
import { nameOf } from './words.ts';

/** Another path of the same site may be another service. */
const KEY = `synckairos.token${new URL(BASE_URL).pathname.slice(0, -1)}`;

/** The tokens with which the page was opened. */
export interface Arrival {
  /** The token of this tab. */
  token: string | undefined;
  /**
   * A token in the address that is for somebody else. The user may not want to become that person, so the page asks.
   */
  offered: string | undefined;
}

/**
 * Removes a token from the address, which people copy and browsers remember. Keeps it for the tab if that has none, or
 * only an older one of the same person.
 */
export function takeToken(): Arrival {
  const { token, rest } = splitToken(location.hash);
  const kept = keptToken();
  if (token === undefined) return { token: kept, offered: undefined };
  history.replaceState(null, '', rest);
  if (token === '') return { token: kept, offered: undefined };
  const keptUntil = kept === undefined ? -Infinity : (untilOf(claimsOf(kept)) ?? Infinity);
  if (kept !== undefined && keptUntil > Date.now()) {
    if (!isSamePerson(kept, token)) return { token: kept, offered: token };
    // An old bookmark must not sign anybody out.
    if ((untilOf(claimsOf(token)) ?? Infinity) < keptUntil) return { token: kept, offered: undefined };
  }
  keepToken(token);
  return { token, offered: undefined };
}

/** Remembers the token until the tab is closed; where the browser stores nothing, until the page is left. */
export function keepToken(token: string): void {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Then it is asked for again.
  }
}

function keptToken(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The holder of a token, in a game if one is open. */
export interface Person {
  /** The user, or the participant that a link is for; undefined for other links. */
  name: string | undefined;
  /** Undefined if it depends on the game. */
  role: Role | undefined;
  /** Unix ms; undefined if the token does not say. */
  until: number | undefined;
}

/** The holder of a token. The token is read without checking it. */
export function personOf(token: string, state: SessionState | null): Person {
  const claims = claimsOf(token);
  const { sub, participant_id: participant, role, sessions } = claims;
  const everywhere = role ?? (isRecord(sessions) ? sessions['*'] : undefined);
  const known = state === null ? everywhere : holder(token, state).role;
  const seat = typeof participant !== 'string' || state === null ? participant : nameOf(state, participant);
  const name = [sub, seat].find((each) => typeof each === 'string');
  return { name, role: isRole(known) ? known : undefined, until: untilOf(claims) };
}

/** Whether two tokens are equal except for their times. */
function isSamePerson(one: string, other: string): boolean {
  const [a, b] = [one, other]
    .map(claimsOf)
    .map(({ sub, participant_id, role, sid, sessions }) => JSON.stringify([sub, participant_id, role, sid, sessions]));
  return one === other || (a !== undefined && a === b && a !== '[null,null,null,null,null]');
}

function untilOf({ exp }: Record<string, unknown>): number | undefined {
  return typeof exp === 'number' ? exp * 1_000 : undefined;
}

/** Which actions the buttons of a game may offer. */
export interface Rights {
  role: Role | 'anybody';
  /** Whether the turn of the active participant may be ended. */
  turn: boolean;
  start: boolean;
  pause: boolean;
  finish: boolean;
  undo: boolean;
  adjust: boolean;
  share: boolean;
  /** Whose page this is: it acts on this participant's clock and turns only. Undefined for nobody's. */
  own?: string | undefined;
}

const NOTHING = { turn: false, start: false, pause: false, finish: false, undo: false, adjust: false, share: false };
const EVERYTHING = { turn: true, start: true, pause: true, finish: true, undo: true, adjust: true, share: true };

/**
 * What the holder of `token` may do with a session now, by docs/SECURITY.md. With a link for watching there are no
 * buttons; with one for a participant (`as`) whoever may do more sees only what is that participant's. Where players
 * take turns, `as` is the seat of the device, which ends its own turns only.
 */
export function rightsIn(state: SessionState, token: string | undefined, watchOnly: boolean, as?: string): Rights {
  const { role, participantId } = token === undefined ? { role: 'anybody' as const, participantId: undefined } : holder(token, state);
  if (watchOnly) return { role, ...NOTHING };
  if (as !== undefined && as !== FACING && role !== 'participant' && role !== 'viewer') {
    return { ...(hasSeats(state) ? allowed(role, state, participantId) : { role, ...NOTHING }), turn: hasTurn(state, as), own: as };
  }
  return allowed(role, state, participantId);
}

/** What a role may do. */
function allowed(role: Rights['role'], state: SessionState, participantId: string | undefined): Rights {
  switch (role) {
    case 'anybody':
    case 'owner':
      return { role, ...EVERYTHING };
    case 'controller':
      return { role, ...EVERYTHING, adjust: false, share: false };
    case 'participant':
      return {
        role,
        ...NOTHING,
        turn: hasTurn(state, participantId),
        pause: state.participants_may_pause === true && state.concurrent !== true,
        own: participantId,
      };
    case 'viewer':
      return { role, ...NOTHING };
  }
}

/** The holder of a token. The token is read without checking it; the server has checked it. */
function holder(token: string, state: SessionState): { role: Role; participantId: string | undefined } {
  const claims = claimsOf(token);
  const participantId = typeof claims['participant_id'] === 'string' ? claims['participant_id'] : undefined;
  const sessions = claims['sessions'];
  const isOwner = claims['sub'] !== undefined && claims['sub'] === state.owner_id;
  const role = claims['role'] ?? (isRecord(sessions) ? roleIn(sessions, state.session_id) : isOwner ? 'owner' : undefined);
  return { role: isRole(role) ? role : 'viewer', participantId };
}

/**
 * The role that claims give for a session: the session's own id counts before any prefix, and the longest prefix before
 * others.
 */
function roleIn(sessions: Record<string, unknown>, sessionId: string): unknown {
  const prefixes = Object.keys(sessions).filter((pattern) => pattern.endsWith('*') && sessionId.startsWith(pattern.slice(0, -1)));
  const longest = prefixes.sort((a, b) => b.length - a.length)[0];
  return sessions[sessionId] ?? (longest === undefined ? undefined : sessions[longest]);
}

function claimsOf(token: string): Record<string, unknown> {
  try {
    const bytes = Uint8Array.from(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isRole(value: unknown): value is Role {
  return value === 'owner' || value === 'controller' || value === 'participant' || value === 'viewer';
}
