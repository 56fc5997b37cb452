/** Who this page is to the server: the token it came with, and what may be done with it. The server decides; this only keeps buttons away that it would refuse. */
import type { Role, SessionState } from '@synckairos/client';
import { splitToken } from './route.ts';

const KEY = 'synckairos.token';

/**
 * The token for this tab. One in the address is kept for the tab and taken out of the address, which is what people copy, and what browsers remember.
 */
export function takeToken(): string | undefined {
  const { token, rest } = splitToken(location.hash);
  if (token === undefined) return sessionStorage.getItem(KEY) ?? undefined;
  keepToken(token);
  history.replaceState(null, '', rest);
  return token;
}

/** Remembers the token until the tab is closed. */
export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** What the buttons of a game are there for. */
export interface Rights {
  role: Role | 'anybody';
  /** Ends the turn of whoever is active now. */
  turn: boolean;
  start: boolean;
  pause: boolean;
  finish: boolean;
  adjust: boolean;
  share: boolean;
}

const NOTHING = { turn: false, start: false, pause: false, finish: false, adjust: false, share: false };
const EVERYTHING = { turn: true, start: true, pause: true, finish: true, adjust: true, share: true };

/** What the holder of `token` may do with a session now, as docs/SECURITY.md has it. A link for watching shows no buttons to anybody. */
export function rightsIn(state: SessionState, token: string | undefined, watchOnly: boolean): Rights {
  const { role, participantId } = token === undefined ? { role: 'anybody' as const, participantId: undefined } : holder(token, state);
  if (watchOnly) return { role, ...NOTHING };
  switch (role) {
    case 'anybody':
    case 'owner':
      return { role, ...EVERYTHING };
    case 'controller':
      return { role, ...EVERYTHING, adjust: false, share: false };
    case 'participant':
      return { role, ...NOTHING, turn: participantId === state.active_participant_id, pause: state.participants_may_pause === true };
    case 'viewer':
      return { role, ...NOTHING };
  }
}

/** What a token says of its holder. It is read, not believed: the server has checked it. */
function holder(token: string, state: SessionState): { role: Role; participantId: string | undefined } {
  const claims = claimsOf(token);
  const participantId = typeof claims['participant_id'] === 'string' ? claims['participant_id'] : undefined;
  const sessions = claims['sessions'];
  const isOwner = claims['sub'] !== undefined && claims['sub'] === state.owner_id;
  const role = claims['role'] ?? (isRecord(sessions) ? roleIn(sessions, state.session_id) : isOwner ? 'owner' : undefined);
  return { role: isRole(role) ? role : 'viewer', participantId };
}

/** The role that claims give for a session: its own id before any prefix, and of prefixes the longest. */
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
