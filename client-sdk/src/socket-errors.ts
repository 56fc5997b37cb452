/** What Socket.IO's untyped errors say. */
import type { ErrorCode } from './contract/index.ts';

/** 1006, "abnormal closure", where the close frame is not to be had. */
export function closeCode(description: unknown): number {
  const code = (description as { context?: { code?: unknown } | null } | null | undefined)?.context?.code;
  return typeof code === 'number' ? code : 1006;
}

/** The code that a refused handshake names, as the contract has it; undefined where the handshake failed for another reason. */
export function refusalCode(error: Error): ErrorCode | undefined {
  return (error as { data?: { code?: ErrorCode } | null }).data?.code;
}
