import { SignJWT } from 'jose';
import type { ErrorBody } from '#contract';
import { rest, type RestAnswer } from '../kit/rest.ts';
import type { Settings } from '../kit/server.ts';
import { TestClient } from '../kit/socket-client.ts';

export const SECRET = 'a secret of the tests, long enough for HS256';

/** An instance that asks who you are. */
export const JWT: Settings = { AUTH_MODE: 'jwt', JWT_SECRET: SECRET };

/** `sessions`, `participant_id` and whatever else a token may say. */
export type Claims = Record<string, unknown>;

/** The instant so many seconds from now, as Unix seconds. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

/** A token, good for an hour unless the claims say otherwise; `exp: undefined` leaves it out. */
export async function sign(
  claims: Claims,
  key: Parameters<SignJWT['sign']>[0] = bytes(SECRET),
  header: { alg: string; [name: string]: string } = { alg: 'HS256' },
): Promise<string> {
  return new SignJWT({ exp: inSeconds(3_600), ...claims }).setProtectedHeader(header).sign(key);
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A token with the role of an owner in every session. */
export const sovereign = (): Promise<string> => sign({ sessions: { '*': 'owner' } });

/** A request by whoever has this token. */
export async function as(token: string, instance: { url: string }, method: string, path: string, body?: unknown): Promise<RestAnswer> {
  return rest(instance, method, path, body, { authorization: `Bearer ${token}` });
}

/** What the handshake answers to somebody with this token: undefined lets them in. */
export async function knock(instance: { url: string }, token?: unknown, headers?: Record<string, string>): Promise<ErrorBody | undefined> {
  return TestClient.connect(instance.url, {
    auth: token === undefined ? {} : { token },
    ...(headers === undefined ? {} : { headers }),
  }).then(
    (client) => {
      client.close();
      return undefined;
    },
    (error: Error & { data?: ErrorBody }) => {
      if (error.data === undefined) throw error;
      return error.data;
    },
  );
}
