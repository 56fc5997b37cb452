/** Reads Socket.IO's untyped errors. */
import type { ErrorBody } from './contract/index.ts';

/** The code of a WebSocket's close frame; 1006, "abnormal closure", if there is none. */
export function closeCode(description: unknown): number {
  const code = (description as { context?: { code?: unknown } | null } | null | undefined)?.context?.code;
  return typeof code === 'number' ? code : 1006;
}

/** The server's refusal of a handshake; undefined if it failed for another reason. */
export function refusalOf(error: Error): ErrorBody | undefined {
  const { data } = error as { data?: Partial<ErrorBody> | null };
  return typeof data?.code === 'string' ? { message: error.message, retryable: false, ...data, code: data.code } : undefined;
}
