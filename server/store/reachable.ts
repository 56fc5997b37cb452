import { ReplyError } from 'ioredis';
import { StoreUnavailableError } from '../engine/ports.ts';

/**
 * Error replies by which Redis says that it cannot work now. Any other error reply shows a bug. See
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const CANNOT_WORK =
  /^(LOADING|READONLY|OOM|MISCONF|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|BUSY|UNBLOCKED|NOAUTH|WRONGPASS|ERR max number of clients)/;

/**
 * The library's error classes for a command that it gave up, a node that does not answer, and an unreadable reply. It
 * exports none of them.
 */
const GIVEN_UP: ReadonlySet<string> = new Set([
  'AbortError',
  'InterruptError',
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
  'ParserError',
  'RedisError',
]);

/**
 * Messages of plain Errors by which the library reports a connection that is lost, not open yet, or hangs; see also
 * patient-timeouts.ts.
 */
const NO_CONNECTION =
  /^(Connection is closed|Command timed out|Stream isn't writeable|Cluster isn't ready|Cluster is disconnect(ed|ing)|None of startup nodes is available|No master node is available|Node is disconnected|Too many Cluster redirections|Failed to refresh slots cache|All sentinels are unreachable|Socket timeout|no answer on a connection|connect ETIMEDOUT|timeout$|Unknown RESP type)/;

/** What the library adds to the error of a transaction: the errors of its single commands. */
interface Discarded {
  previousErrors?: unknown[];
}

/**
 * Runs work on Redis. Throws StoreUnavailableError for what is known to pass by itself or by an operator's hand: lost
 * connections, time-outs, a Redis that refuses. Throws any other error as it is, since it shows a bug.
 */
export async function reachable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isOutage(error)) throw new StoreUnavailableError('Redis is out of reach', { cause: error });
    throw error;
  }
}

function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ReplyError) {
    const { previousErrors = [] } = error as Discarded;
    return CANNOT_WORK.test(error.message) || previousErrors.some(isOutage);
  }
  // Errors of sockets and of name resolution have a `syscall`; those of TLS have the `code` of OpenSSL or of a
  // certificate.
  return GIVEN_UP.has(error.name) || 'syscall' in error || isTlsError(error) || NO_CONNECTION.test(error.message);
}

function isTlsError(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ECONN|EPIPE|ERR_STREAM_)/.test(code);
}

/**
 * The answers of all nodes that answer; a cluster's node that is away does not hold up the others. Rejects if none
 * answers.
 */
export async function whatAnswers<Answer>(questions: Promise<Answer>[]): Promise<Answer[]> {
  const outcomes = await Promise.allSettled(questions);
  const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (answers.length === 0) await Promise.all(questions);
  return answers;
}
