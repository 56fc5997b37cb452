import { ReplyError } from 'ioredis';
import { NewerSchemaError } from '../domain/schema.ts';
import { StoreUnavailableError, UnreadableStateError } from '../engine/ports.ts';

/** Replies by which Redis says that it can't work now. Any other error reply is a mistake of ours. See https://redis.io/docs/latest/develop/reference/protocol-spec/ */
const CANNOT_WORK =
  /^(LOADING|READONLY|OOM|MISCONF|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|UNBLOCKED|NOAUTH|WRONGPASS|ERR max number of clients)/;

/** Runs something on Redis. Throws StoreUnavailableError for everything that time or an operator can mend: lost connections, time-outs, a Redis that refuses. */
export async function reachable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnreadableStateError || error instanceof NewerSchemaError || error instanceof TypeError) throw error;
    if (error instanceof ReplyError && !CANNOT_WORK.test((error as Error).message)) throw error;
    throw new StoreUnavailableError('Redis is out of reach', { cause: error });
  }
}

/** A node of a cluster that is away must not keep the others from being looked after. Rejects when none answers. */
export async function whatAnswers<Answer>(questions: Promise<Answer>[]): Promise<Answer[]> {
  const outcomes = await Promise.allSettled(questions);
  const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (answers.length === 0) await Promise.all(questions);
  return answers;
}
