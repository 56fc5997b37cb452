import type { KeyObject } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import { TOKEN_MAX_LENGTH } from '#contract';
import { type Refusal, refuse } from '../../domain/refusal.ts';
import type { Logger } from '../../observability/logger.ts';
import { keySetAt } from './key-set.ts';
import { LINK_TYPE, type Links } from './links.ts';
import { type Principal, principalOf, unauthorized } from './principal.ts';

/**
 * What tokens are checked with: a shared secret, a public key with the algorithms for its kind, or the address of a key
 * set (RFC 7517).
 */
export type TokenKey = { secret: string } | { publicKey: KeyObject; algorithms: string[] } | { jwksUrl: string };

export interface TokenOptions {
  key: TokenKey;
  issuer: string | undefined;
  audience: string | undefined;
  /** By how much the clock of the issuer may differ, s. */
  toleranceSeconds: number;
  /** Undefined without a secret to sign share links. */
  links: Links | undefined;
  /** Unix ms of the one clock, by which tokens begin and expire. */
  now(): number;
  logger: Logger;
}

const JWKS_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];

/** While tokens cannot be checked, the log gets one line a second, however many come. */
const WARN_INTERVAL_MS = 1_000;

/** The key set cannot be read, which says nothing about the token. */
class KeysUnavailableError extends Error {}

/** Checks tokens. The key determines the algorithms, never the token. */
export class TokenVerifier {
  readonly #options: TokenOptions;
  readonly #getKey: JWTVerifyGetKey;
  readonly #checks: JWTVerifyOptions;
  #warnFrom = 0;

  constructor(options: TokenOptions) {
    const { key, issuer, audience, toleranceSeconds: clockTolerance } = options;
    this.#options = options;
    const [getKey, algorithms] = keyOf(key, options.logger);
    this.#getKey = getKey;
    this.#checks = {
      algorithms,
      clockTolerance,
      requiredClaims: ['exp'],
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
  }

  /**
   * The sender that a token names. Refusals: UNAUTHORIZED; SERVICE_UNAVAILABLE if key set or Redis do not answer. Never
   * rejects.
   */
  async verify(token: unknown): Promise<Principal | Refusal> {
    if (typeof token !== 'string' || token === '') return unauthorized('a token is required');
    if (token.length > TOKEN_MAX_LENGTH) return unauthorized(`a token has at most ${TOKEN_MAX_LENGTH} characters`);
    const { links, now, toleranceSeconds } = this.#options;
    try {
      if (decodeProtectedHeader(token).typ === LINK_TYPE) {
        return links === undefined ? unauthorized('this server knows no share links') : await links.verify(token);
      }
      const at = now();
      const { payload } = await jwtVerify(token, this.#getKey, { ...this.#checks, currentDate: new Date(at) });
      const principal = principalOf(payload, at, toleranceSeconds * 1_000);
      return typeof principal === 'string' ? unauthorized(principal) : principal;
    } catch (error) {
      return this.#refusalOf(error);
    }
  }

  #refusalOf(error: unknown): Refusal {
    if (error instanceof errors.JOSEError) return unauthorized(reasonOf(error));
    // The header is not JSON, or a part is not base64url.
    if (error instanceof TypeError || error instanceof SyntaxError) return unauthorized('the token is malformed');
    const now = performance.now();
    if (now >= this.#warnFrom) {
      this.#warnFrom = now + WARN_INTERVAL_MS;
      this.#options.logger.warn({ err: error instanceof KeysUnavailableError ? error.cause : error }, 'a token could not be checked');
    }
    return refuse('SERVICE_UNAVAILABLE', 'Tokens can’t be checked at the moment; try again');
  }
}

/**
 * The key for a token and the algorithms that it may be used with. The token's header, which an attacker may have
 * written, determines neither.
 */
function keyOf(key: TokenKey, logger: Logger): [JWTVerifyGetKey, string[]] {
  if ('secret' in key) {
    const secret = new TextEncoder().encode(key.secret);
    return [() => secret, ['HS256']];
  }
  if ('publicKey' in key) return [() => key.publicKey, key.algorithms];
  const keySet = keySetAt(key.jwksUrl, logger);
  const getKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (error) {
      const isOfToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      throw isOfToken ? error : new KeysUnavailableError('the key set is out of reach', { cause: error });
    }
  };
  return [getKey, JWKS_ALGORITHMS];
}

/** What is wrong with a token; the text contains nothing of it. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `the token's claim ${error.claim} is missing or not accepted`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token's algorithm is not accepted";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature is not valid";
  if (error instanceof errors.JWKSNoMatchingKey) return "the token's key is not known";
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'the token must name its key (kid)';
  return 'the token is malformed';
}
