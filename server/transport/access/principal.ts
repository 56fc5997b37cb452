import { createHash } from 'node:crypto';
import { ID_PATTERN, type Role, ROLES } from '#contract';
import { type Refusal, refuse } from '../../domain/refusal.ts';

/** Who sends a command, as their token says. */
export interface Principal {
  /** `sub`: the same for all tokens of a user. */
  subject: string | undefined;
  /** The participant whose turns they may end, if their role is participant. */
  participantId: string | undefined;
  /**
   * Their roles by session id or `prefix*`. Undefined for an ordinary user, who owns what they create and has no other
   * rights.
   */
  sessions: ReadonlyMap<string, Role> | undefined;
  /** Unix ms at which the token expires. */
  expires: number;
  /** Whether they may manage webhooks: within `sessions`, if they have any. */
  webhooks?: true;
  /** Whether they may read the feed of events: within `sessions`, if they have any. */
  events?: true;
  /** The share link that they came by. */
  link?: { id: string; sessionId: string };
}

/** Matches every id, also those that the server chooses. */
export const ANY_SESSION = '*';

const SUBJECT_MAX = 255;
/** The last instant of a JavaScript Date, Unix ms. */
const LATEST = 8.64e15;
/** RFC 7519 counts in seconds. */
const SECOND_MS = 1_000;

/**
 * The role that claims give for a session: the session's own id counts before any prefix, and the longest prefix before
 * others.
 */
export function roleIn(sessions: ReadonlyMap<string, Role>, sessionId: string): Role | undefined {
  const exact = sessions.get(sessionId);
  if (exact !== undefined) return exact;
  let best: string | undefined;
  for (const pattern of sessions.keys()) {
    if (!pattern.endsWith('*') || !sessionId.startsWith(pattern.slice(0, -1))) continue;
    if (best === undefined || pattern.length > best.length) best = pattern;
  }
  return best === undefined ? undefined : sessions.get(best);
}

/**
 * Whether a token's claims cover every session whose id begins with a prefix, in any role: each of them may read.
 * Without claims for sessions it covers all.
 */
export function coversPrefix({ sessions }: Principal, prefix: string): boolean {
  if (sessions === undefined) return true;
  return [...sessions.keys()].some((pattern) => pattern.endsWith('*') && prefix.startsWith(pattern.slice(0, -1)));
}

/** Identifies a user; it stays the same when their token is refreshed. */
export function identityOf({ subject, participantId, link }: Principal): string {
  return JSON.stringify(link?.id ?? [subject, subject === undefined ? participantId : undefined]);
}

/** Characters of the hash that identifies a sender: 96 bits. */
const SENDER_LENGTH = 16;

/**
 * A short hash that identifies a sender for limits, to be part of a key: made from their identity, or with
 * AUTH_MODE=none from their address.
 */
export function senderOf(principal: Principal | undefined, address: string): string {
  const text = principal === undefined ? address : identityOf(principal);
  return createHash('sha256').update(text).digest('base64url').slice(0, SENDER_LENGTH);
}

/** The refusal for a sender without a valid token. */
export function unauthorized(reason: string): Refusal {
  return refuse('UNAUTHORIZED', `UNAUTHORIZED: ${reason}`);
}

/** Reads the claims of a token whose signature and times have been checked. Returns a text if a claim is wrong. */
export function principalOf(claims: Record<string, unknown>, now: number, toleranceMs: number): Principal | string {
  const { sub: subject, participant_id: participantId, exp, webhooks, events } = claims;
  if (subject !== undefined && (typeof subject !== 'string' || subject === '' || subject.length > SUBJECT_MAX)) {
    return `sub must be a string of 1 to ${SUBJECT_MAX} characters`;
  }
  if (participantId !== undefined && (typeof participantId !== 'string' || !ID_PATTERN.test(participantId))) {
    return 'participant_id must be an id';
  }
  const sessions = claims['sessions'] === undefined ? undefined : rolesOf(claims['sessions']);
  if (sessions === null) return `sessions must be an object of roles (${ROLES.join(', ')}) by session id or prefix*`;
  if (sessions === undefined && subject === undefined) return 'sub is missing, and so is sessions';
  if (webhooks !== undefined && typeof webhooks !== 'boolean') return 'webhooks must be true or false';
  if (events !== undefined && typeof events !== 'boolean') return 'events must be true or false';
  const principal: Principal = { subject, participantId, sessions, expires: endOf(Number(exp), now, toleranceMs) };
  if (webhooks === true) principal.webhooks = true;
  if (events === true) principal.events = true;
  return principal;
}

/**
 * When a token expires, Unix ms: at its `exp`. One that came later, within the tolerance for clocks that differ,
 * expires with the tolerance.
 */
export function endOf(exp: number, now: number, toleranceMs: number): number {
  const end = exp * SECOND_MS;
  return Math.min(end > now ? end : end + toleranceMs, LATEST);
}

/** The roles of a claim; null if it is malformed. A map, since an id may be `__proto__`. */
function rolesOf(claim: unknown): Map<string, Role> | null {
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) return null;
  const roles = new Map<string, Role>();
  for (const [pattern, role] of Object.entries(claim)) {
    const id = pattern.endsWith('*') ? pattern.slice(0, -1) : pattern;
    if (!(ROLES as readonly unknown[]).includes(role) || !(ID_PATTERN.test(id) || pattern === ANY_SESSION)) return null;
    roles.set(pattern, role as Role);
  }
  return roles;
}
