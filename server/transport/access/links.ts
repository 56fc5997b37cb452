import { hkdfSync, randomBytes } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Role, SessionState, ShareData, SharedRole, ShareLink } from '#contract';
import { iso } from '#clock';
import type { Refusal } from '../../domain/refusal.ts';
import type { Grant, Grants } from './grant-ports.ts';
import type { Incarnation } from '../../engine/incarnation.ts';
import { type Principal, unauthorized } from './principal.ts';

/** The `typ` of a link's token (RFC 8725 §3.11), so that it is never accepted as a user's token, nor the reverse. */
export const LINK_TYPE = 'synckairos-link+jwt';

const KEY_PURPOSE = 'synckairos share links';
const KEY_BYTES = 32;
const ID_BYTES = 12;

interface LinkClaims {
  sid: string;
  jti: string;
  role: SharedRole;
  participant_id?: string;
  exp: number;
}

/**
 * Share links: tokens of this service, signed by a key that is derived from a secret (RFC 5869), and valid only while
 * Redis lists them.
 */
export class Links {
  readonly #key: Uint8Array;
  readonly #grants: Grants;
  readonly #now: () => number;

  constructor(secret: string, grants: Grants, now: () => number) {
    this.#key = new Uint8Array(hkdfSync('sha256', secret, '', KEY_PURPOSE, KEY_BYTES));
    this.#grants = grants;
    this.#now = now;
  }

  /** Creates a link to a session for `expiresIn` seconds; null if the session has as many as it may have. */
  async issue(session: SessionState, role: SharedRole, participantId: string | null, expiresIn: number): Promise<ShareData | null> {
    const linkId = randomBytes(ID_BYTES).toString('base64url');
    // Whole seconds, as `exp` is.
    const exp = Math.floor(this.#now() / 1_000) + expiresIn;
    const grant: Grant = { role, participant_id: participantId, expires: exp * 1_000, created_at: session.created_at };
    if (!(await this.#grants.add(session.session_id, linkId, grant))) return null;
    return { token: await this.tokenOf({ id: linkId, sessionId: session.session_id }, grant), ...linkOf(linkId, grant) };
  }

  /** The token of a link that is listed. */
  async tokenOf({ id, sessionId }: NonNullable<Principal['link']>, { role, participant_id, expires }: Grant): Promise<string> {
    const claims: LinkClaims = { sid: sessionId, jti: id, role, exp: Math.floor(expires / 1_000) };
    if (participant_id !== null) claims.participant_id = participant_id;
    return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256', typ: LINK_TYPE }).sign(this.#key);
  }

  /**
   * The principal of a link's token. Throws jose's errors for an invalid token, StoreUnavailableError while Redis does
   * not answer.
   */
  async verify(token: string): Promise<Principal | Refusal> {
    const { payload } = await jwtVerify<LinkClaims>(token, this.#key, {
      algorithms: ['HS256'],
      typ: LINK_TYPE,
      requiredClaims: ['exp', 'jti', 'sid', 'role'],
      currentDate: new Date(this.#now()),
    });
    const { sid, jti, role, participant_id, exp } = payload;
    const link = { id: jti, sessionId: sid };
    const refusal = linkRefusal(await this.find(link), null);
    if (refusal !== null) return refusal;
    const sessions = new Map<string, Role>([[sid, role]]);
    return { subject: undefined, participantId: participant_id, sessions, expires: exp * 1_000, link };
  }

  /** The grant of a link; null if it was revoked or its session deleted. */
  async find({ id, sessionId }: NonNullable<Principal['link']>): Promise<Grant | null> {
    return this.#grants.find(sessionId, id);
  }

  /** The valid links of a session, the first to expire first. */
  async list({ session_id, created_at }: SessionState): Promise<ShareLink[]> {
    const now = this.#now();
    const grants = [...(await this.#grants.list(session_id))].filter(([, grant]) => grant.expires > now && grant.created_at === created_at);
    return grants.toSorted(([, a], [, b]) => a.expires - b.expires).map(([linkId, grant]) => linkOf(linkId, grant));
  }

  /** Revokes a link. False if the session has no such link (any more). */
  async revoke({ session_id, created_at }: SessionState, linkId: string): Promise<boolean> {
    const grant = await this.#grants.find(session_id, linkId);
    return grant?.created_at === created_at && this.#grants.remove(session_id, [linkId]);
  }

  /** Revokes all links of a session. */
  async revokeAll({ session_id, created_at }: SessionState): Promise<void> {
    const own = [...(await this.#grants.list(session_id))].filter(([, grant]) => grant.created_at === created_at);
    const linkIds = own.map(([linkId]) => linkId);
    await this.#grants.remove(session_id, linkIds);
  }
}

/** Why a link is not valid for the present session; null if it is. */
export function linkRefusal(grant: Grant | null, state: Incarnation | null): Refusal | null {
  if (grant === null) return unauthorized('this link was revoked');
  if (state !== null && state.created_at !== grant.created_at) return unauthorized('the session of this link is over');
  return null;
}

function linkOf(link_id: string, { role, participant_id, expires }: Grant): ShareLink {
  return { link_id, role, participant_id, expires_at: iso(expires) };
}
