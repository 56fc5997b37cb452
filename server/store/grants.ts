import type { RedisClient } from './connection.ts';
import type { Grant, Grants } from '../transport/access/grant-ports.ts';
import { createKeys } from './keys.ts';
import { reachable } from './reachable.ts';
import { loadScript, runScript } from './script.ts';

const GRANT = loadScript('grant');

/**
 * Share links in Redis: one hash for each session id, which is gone with its last link. At most `most` links for each
 * session that has had the id.
 */
export function createGrants(redis: RedisClient, keyPrefix: string, most: number): Grants {
  const keys = createKeys(keyPrefix);
  const keyOf = (sessionId: string) => keys.session(sessionId).grants;
  return {
    add: (sessionId, linkId, grant) =>
      reachable(async () => {
        const added = await runScript(
          redis,
          GRANT,
          [keyOf(sessionId)],
          [linkId, JSON.stringify(grant), grant.expires, most, grant.created_at],
        );
        return added === 1;
      }),
    find: (sessionId, linkId) =>
      reachable(async () => {
        const json = await redis.hget(keyOf(sessionId), linkId);
        return json === null ? null : toGrant(json);
      }),
    list: (sessionId) =>
      reachable(async () => {
        const links = await redis.hgetall(keyOf(sessionId));
        return new Map(Object.entries(links).map(([linkId, json]) => [linkId, toGrant(json)]));
      }),
    remove: (sessionId, linkIds) => reachable(async () => linkIds.length > 0 && (await redis.hdel(keyOf(sessionId), ...linkIds)) > 0),
  };
}

function toGrant(json: string): Grant {
  return JSON.parse(json) as Grant;
}
