import { ReplyError } from 'ioredis';
import { StoreUnavailableError } from '../engine/ports.ts';

/**
 * Replies by which Redis says that it can't work now. Any other error reply is a mistake of ours. See
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const CANNOT_WORK =
  /^(LOADING|READONLY|OOM|MISCONF|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|BUSY|UNBLOCKED|NOAUTH|WRONGPASS|ERR max number of clients)/;

/**
 * The library's own classes for a command that was given up, nodes that don't answer and replies that are none. It
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
 * What the library says in a plain Error while a connection is lost, not there yet, or hangs; see also
 * patient-timeouts.ts.
 */
const NO_CONNECTION =
  /^(Connection is closed|Command timed out|Stream isn't writeable|Cluster isn't ready|Cluster is disconnect(ed|ing)|None of startup nodes is available|No master node is available|Node is disconnected|Too many Cluster redirections|Failed to refresh slots cache|All sentinels are unreachable|Socket timeout|no answer on a connection|connect ETIMEDOUT|timeout$|Unknown RESP type)/;

/** What the library adds to the error of a transaction: why its commands were refused. */
interface Discarded {
  previousErrors?: unknown[];
}

/**
 * Runs something on Redis. Throws StoreUnavailableError for what is known to mend with time or by an operator: lost
 * connections, time-outs, a Redis that refuses. Any other error is thrown as it is: it is a mistake of ours, which no
 * repetition mends.
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
  // Errors of sockets and name look-ups have a `syscall`, those of TLS the `code` of OpenSSL or of a certificate.
  return GIVEN_UP.has(error.name) || 'syscall' in error || isTlsError(error) || NO_CONNECTION.test(error.message);
}

function isTlsError(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ECONN|EPIPE|ERR_STREAM_)/.test(code);
}

/** A node of a cluster that is away must not keep the others from being looked after. Rejects when none answers. */
export async function whatAnswers<Answer>(questions: Promise<Answer>[]): Promise<Answer[]> {
  const outcomes = await Promise.allSettled(questions);
  const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (answers.length === 0) await Promise.all(questions);
  return answers;
}
