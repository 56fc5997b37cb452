/** The one error type of the SDK: refusals of the server, and failures on the way to it. */
import type { ErrorBody, ErrorCode, ErrorDetails } from './contract/index.ts';

/**
 * `NETWORK_ERROR`: there was no connection, or `disconnect` came before the answer. `TIMEOUT`: no answer in time, so
 * the outcome is unknown. All others come from the server.
 */
export type SyncKairosErrorCode = ErrorCode | 'NETWORK_ERROR' | 'TIMEOUT';

/** The error with which every method of the client rejects. */
export class SyncKairosError extends Error {
  override readonly name = 'SyncKairosError';
  readonly code: SyncKairosErrorCode;
  /** The details that the contract defines for this code, for example the present state of a CONFLICT. */
  readonly details: ErrorBody['details'];
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(
    code: SyncKairosErrorCode,
    message: string,
    options: { details?: ErrorBody['details']; retryable: boolean; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryable = options.retryable;
  }
}

/** The error for a refusal the server sent. */
export function refusal(body: ErrorBody): SyncKairosError {
  return new SyncKairosError(body.code, body.message, body);
}

/** The error for a server that can't be reached. */
export function unreachable(message: string, cause?: unknown): SyncKairosError {
  return new SyncKairosError('NETWORK_ERROR', message, { retryable: true, cause });
}

/** The error for what was under way when the application closed the client. */
export function disconnected(): SyncKairosError {
  return unreachable('The client was disconnected');
}

/** The error for an answer that did not come within `ms` milliseconds. */
export function timedOut(what: string, ms: number): SyncKairosError {
  return new SyncKairosError('TIMEOUT', `No answer to ${what} within ${Math.round(ms)} ms`, { retryable: true });
}

/** Any thrown value as a SyncKairosError; any other error counts as a failure on the way to the server. */
export function asError(thrown: unknown): SyncKairosError {
  return thrown instanceof SyncKairosError ? thrown : unreachable('The server can’t be reached', thrown);
}

/**
 * Milliseconds until a limit of the server allows the call again; undefined for other errors, or where the server does
 * not say.
 */
export function retryAfter(error: { code: string; details?: ErrorBody['details'] } | undefined): number | undefined {
  if (error?.code !== 'RATE_LIMIT_EXCEEDED') return undefined;
  return (error.details as Partial<ErrorDetails['RATE_LIMIT_EXCEEDED']> | undefined)?.retry_after_ms;
}
