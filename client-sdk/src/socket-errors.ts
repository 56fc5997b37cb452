/** What Socket.IO's untyped errors say. */
import type { ErrorCode } from './contract/index.ts';

/** 1006, "abnormal closure", where the close frame is not to be had. */
export function closeCode(description: unknown): number {
  const context = typeof description === 'object' && description !== null && 'context' in description ? description.context : undefined;
  return typeof context === 'object' && context !== null && 'code' in context && typeof context.code === 'number' ? context.code : 1006;
}

/** The code that a refused handshake names, as the contract has it; undefined where the handshake failed for another reason. */
export function refusalCode(data: unknown): ErrorCode | undefined {
  return typeof data === 'object' && data !== null && 'code' in data ? (data.code as ErrorCode) : undefined;
}
