/** What Socket.IO's untyped errors say. */
import type { ErrorBody } from './contract/index.ts';

/** 1006, "abnormal closure", where the close frame is not to be had. */
export function closeCode(description: unknown): number {
  const code = (description as { context?: { code?: unknown } | null } | null | undefined)?.context?.code;
  return typeof code === 'number' ? code : 1006;
}

/** What the server refused a handshake with, as the contract has it; undefined where it failed for another reason. */
export function refusalOf(error: Error): ErrorBody | undefined {
  const { data } = error as { data?: Partial<ErrorBody> | null };
  return typeof data?.code === 'string' ? { message: error.message, retryable: false, ...data, code: data.code } : undefined;
}
