import { NewerSchemaError } from '../domain/schema.ts';

/**
 * What a failed statement tells about the events in it:
 * - `refused`: the database answered and will never accept them;
 * - `unavailable`: nothing, since the database is away, busy or not set up;
 * - `unclear`: the error does not say which.
 */
export type Verdict = 'refused' | 'unavailable' | 'unclear';

/** SQLSTATE of a statement that took too long: the database is under load, or the statement is too big. */
const STATEMENT_TIMEOUT = '57014';

/**
 * Classes of SQLSTATE that do not concern the values of a statement: connection, transaction state, sign-in, catalog,
 * rollback (deadlocks), missing tables or rights, resources, locks, operator intervention, system.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const NOT_THE_EVENTS = ['08', '25', '26', '28', '3D', '3F', '40', '42', '53', '55', '57', '58'];

/**
 * Codes of class 42 that tell of a database which is not set up for this server: no right, no table, no column, no
 * function, no type. The others of that class tell of a fault in the statement itself.
 */
const NOT_SET_UP = ['42501', '42P01', '42703', '42883', '42704'];

/** The adapter's names for failures before PostgreSQL could answer with a SQLSTATE. */
const NOT_REACHED = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TlsConnectionError', 'TooManyConnections'];

/**
 * Messages of the driver about a connection that was lost or could not be opened; these errors have no code. Prisma may
 * put lines of its own before them.
 */
const NO_CONNECTION =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (has encountered a connection error|was closed)|Cannot use a pool after calling end|The server does not support SSL|There was an error establishing an SSL)/m;

/** The driver's message when a statement took longer than allowed. */
const NO_ANSWER = /^Query read timeout/m;

interface DatabaseFailure {
  kind?: string;
  originalCode?: string;
  originalMessage?: string;
  message?: string;
}

/** Classifies an error of a statement that was sent through Prisma. */
export function verdictOf(error: unknown): Verdict {
  const failure = failureOf(error);
  const state = failure?.originalCode;
  if (state === STATEMENT_TIMEOUT) return 'unclear';
  if (state !== undefined) return NOT_THE_EVENTS.includes(state.slice(0, 2)) ? 'unavailable' : 'refused';
  return NOT_REACHED.includes(failure?.kind ?? '') || isConnectionError(error) ? 'unavailable' : 'unclear';
}

/**
 * Whether a read failed because PostgreSQL cannot answer now: it is away, busy, not set up, or took too long. Any other
 * failure of a read shows a bug, since a read stores no values.
 */
export function isOutage(error: unknown): boolean {
  const state = failureOf(error)?.originalCode;
  if (state?.startsWith('42') === true && !NOT_SET_UP.includes(state)) return false;
  const tookTooLong = state === STATEMENT_TIMEOUT || (error instanceof Error && NO_ANSWER.test(error.message));
  return tookTooLong || verdictOf(error) === 'unavailable';
}

/** The cause of a failure in one line, in the database's own words if it gave any. */
export function causeOf(error: unknown): string {
  const failure = failureOf(error);
  const said = failure?.originalMessage ?? failure?.message ?? failure?.kind;
  if (said !== undefined) return failure?.originalCode === undefined ? said : `${said} (${failure.originalCode})`;
  return (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? 'unknown';
}

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || NO_CONNECTION.test(error.message);
}

/** Prisma wraps the adapter's error in one whose code says less (P2010 for all raw statements). */
function failureOf(error: unknown): DatabaseFailure | undefined {
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: DatabaseFailure } } };
  return meta?.driverAdapterError?.cause;
}

/** Whether rows cannot be read because a newer version of the server wrote their form or made their rules. */
export function isFromNewerVersion(error: unknown): error is NewerSchemaError {
  return error instanceof NewerSchemaError;
}
