/**
 * Roles where users are asked who they are (AUTH_MODE=jwt), and the share links by which an owner gives roles to
 * others.
 */

/** The roles in a session, the most powerful first. */
export const ROLES = ['owner', 'controller', 'participant', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** Who sent a command, as their token or link says, and in which role. */
export interface Actor {
  role: Role;
  sub?: string;
  participant_id?: string;
  link_id?: string;
}

/** Roles that a link can give. */
export const SHARED_ROLES = ['controller', 'participant', 'viewer'] as const;
export type SharedRole = (typeof SHARED_ROLES)[number];

/** How long a link is valid, in seconds as in OAuth 2.0. */
export const SHARE_MIN_SECONDS = 60;
export const SHARE_MAX_SECONDS = 30 * 86_400;
export const SHARE_DEFAULT_SECONDS = 86_400;
/** Valid links that a session may have at a time. */
export const LINKS_MAX = 100;
/** The longest token, in characters; a longer one is refused unread. */
export const TOKEN_MAX_LENGTH = 8_192;
/**
 * The longest token, in characters, that fits into the frame of 4 KiB in which a WebSocket carries it. A longer one
 * comes in the `Authorization` header of the handshake.
 */
export const SOCKET_TOKEN_MAX_LENGTH = 4_000;

export interface ShareLink {
  link_id: string;
  role: SharedRole;
  participant_id: string | null;
  expires_at: string;
}

/** Only the answer to `session:share` has the token; it can't be read again later. */
export interface ShareData extends ShareLink {
  token: string;
}

export interface LinksData {
  links: ShareLink[];
}

/** What a join code leads to: to watch, to say who one is, or to play as one participant. Never to control. */
export const CODE_WAYS = ['watch', 'join', 'play'] as const;
export type CodeWay = (typeof CODE_WAYS)[number];

/**
 * The letters of join codes: no two of them sound or look alike, and without vowels they spell no words. Spaces,
 * hyphens and small letters in a code make no difference.
 */
export const CODE_LETTERS = 'CFHJKLMQRTWXY';
export const CODE_LENGTH = 6;
export const CODE_PATTERN = /^[CFHJKLMQRTWXY]{6}$/;
/** How long a code is valid, in seconds. */
export const CODE_MIN_SECONDS = 60;
export const CODE_MAX_SECONDS = 86_400;
export const CODE_DEFAULT_SECONDS = 7_200;

export interface CodeData {
  code: string;
  way: CodeWay;
  /** As whom one plays; null unless `way` is `play`. */
  participant_id: string | null;
  expires_at: string;
}

/** What a join code leads to. */
export interface OpenedCodeData {
  session_id: string;
  way: CodeWay;
  participant_id: string | null;
  /** The token of a share link for that; null where nobody is asked who they are. */
  token: string | null;
}

export interface RefreshPayload {
  token: string;
}

export interface RefreshData {
  /** When the socket is disconnected unless its token is refreshed before; null where nobody is asked who they are. */
  expires_at: string | null;
}

/** Sent to a socket right before it is disconnected: its token has reached its `exp`, or its link was revoked. */
export interface AuthExpiredEvent {
  reason: 'expired' | 'revoked';
  server_time_ms: number;
}
