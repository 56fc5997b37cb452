import { createHash, createHmac, createPublicKey, hkdfSync, type KeyObject, sign } from 'node:crypto';

const SECRET_BYTES = 32;
const CHECK_CHARACTERS = 16;

/** Derives the secrets of endpoints from one key, so that the database needs to hold none. */
export class Secrets {
  readonly #masterKey: string;

  constructor(masterKey: string) {
    this.#masterKey = masterKey;
  }

  /** The secret of an endpoint by its number, which each rotation raises (HKDF, RFC 5869). */
  of(endpointId: string, number: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#masterKey, '', `synckairos webhook ${endpointId} ${number}`, SECRET_BYTES));
  }
}

/** A secret in the form of Standard Webhooks. */
export function secretText(secret: Buffer): string {
  return `whsec_${secret.toString('base64')}`;
}

/** Shows whether a secret is the one that was given out, without telling it. */
export function checkOf(secret: Buffer): string {
  return createHash('sha256').update(secret).digest('base64url').slice(0, CHECK_CHARACTERS);
}

/** What a message is signed with. */
export interface SigningKeys {
  /** The present secret, and the one before it for as long as it is valid. */
  secrets: readonly Buffer[];
  /** Ed25519; undefined where there is none. */
  privateKey: KeyObject | undefined;
}

/**
 * The headers of a message (Standard Webhooks 1.0.0): `v1` by HMAC-SHA256 with each secret, `v1a` by Ed25519.
 * @param seconds Unix time of the attempt
 */
export function signedHeaders(id: string, seconds: number, body: string, { secrets, privateKey }: SigningKeys): Record<string, string> {
  const content = `${id}.${seconds}.${body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(content).digest('base64')}`);
  if (privateKey !== undefined) signatures.push(`v1a,${sign(null, Buffer.from(content), privateKey).toString('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': signatures.join(' ') };
}

/** A public key as a JSON Web Key (RFC 8037), and in the form of Standard Webhooks. */
export interface PublishedKey {
  kid: string;
  kty: 'OKP';
  crv: 'Ed25519';
  use: 'sig';
  alg: 'EdDSA';
  x: string;
  webhook_key: string;
}

/** The public keys by which `v1a` signatures are checked; empty without a key. */
export function publishedKeys(privateKey: KeyObject | undefined): { keys: PublishedKey[] } {
  if (privateKey === undefined) return { keys: [] };
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  // The thumbprint of RFC 7638.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');
  const webhook_key = `whpk_${Buffer.from(x, 'base64url').toString('base64')}`;
  return { keys: [{ kid, kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', x, webhook_key }] };
}
