import type { Redis } from 'ioredis';

/**
 * Knows which life of Redis a connection talks to: its `run_id`, asked for at each connect. A server that came back under another one may have lost
 * its last moments. Until the answer is there, whoever needs it waits, so that nothing is committed under the id of the life before.
 */
export function followRunId(redis: Redis): () => Promise<string> {
  let current: Promise<string> | undefined;
  redis.on('close', () => {
    current = undefined;
  });
  return () => {
    current ??= askRunId(redis).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
}

async function askRunId(redis: Redis): Promise<string> {
  const info = await redis.info('server');
  const runId = /^run_id:(\w+)/m.exec(info)?.[1];
  if (runId === undefined) throw new Error('Redis tells no run_id');
  return runId;
}
