/** The one error type of the SDK: refusals of the server, and failures on the way to it. */
import type { ErrorBody, ErrorCode, ErrorDetails } from './contract/index.ts';

/**
 * `NETWORK_ERROR`: there was no connection, or `disconnect` came before the answer. `TIMEOUT`: no answer in time, so
 * the outcome is unknown. All others come from the server.
 */
export type SyncKairosErrorCode = ErrorCode | 'NETWORK_ERROR' | 'TIMEOUT';

/** The details of an error by its code: those of the contract; codes that carry none have undefined. */
type DetailsOf<Code extends SyncKairosErrorCode> = Code extends keyof ErrorDetails ? ErrorDetails[Code] : undefined;

/** What an error is about. */
export interface ErrorSubject {
  /** The command, as the protocol calls it: `session:switch`. */
  command?: string | undefined;
  sessionId?: string | undefined;
  /** The address of the server. */
  url?: string | undefined;
}

/**
 * The error with which every method of the client rejects. `SyncKairosError.is(error, 'CONFLICT')` recognizes one and
 * narrows the type of its details.
 */
export class SyncKairosError extends Error implements ErrorSubject {
  override readonly name = 'SyncKairosError';
  readonly code: SyncKairosErrorCode;
  /** The details that the contract defines for this code, for example the present state of a CONFLICT. */
  readonly details: ErrorBody['details'];
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly command?: string;
  readonly sessionId?: string;
  readonly url?: string;

  constructor(
    code: SyncKairosErrorCode,
    message: string,
    { details, retryable, cause, ...subject }: { details?: ErrorBody['details']; retryable: boolean; cause?: unknown } & ErrorSubject,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
    this.retryable = retryable;
    Object.assign(this, subject);
  }

  /** Whether something thrown is an error of the client, with this code if one is given, also of another copy of it. */
  static is<C extends SyncKairosErrorCode>(thrown: unknown, code?: C): thrown is SyncKairosError & { code: C; details: DetailsOf<C> } {
    const { name, code: theirs } = (thrown ?? {}) as Partial<SyncKairosError>;
    return name === 'SyncKairosError' && (code === undefined || theirs === code);
  }
}

/**
 * The same error with what it is about. Made anew, so that its stack leads to the call: call this in the `async`
 * function that the caller awaits.
 */
export function about(error: SyncKairosError, subject: ErrorSubject): SyncKairosError {
  const { code, message, details, retryable, cause } = error;
  return new SyncKairosError(code, message, { details, retryable, cause, ...subject });
}

/** The error for a refusal the server sent. */
export function refusal(body: ErrorBody): SyncKairosError {
  const { code, message, details, retryable } = body;
  return new SyncKairosError(code, message, { details, retryable });
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
