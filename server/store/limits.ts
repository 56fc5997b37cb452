import type { Config } from '../config.ts';
import type { BurstLimit, OwnedSessions, SharedLimit, Switcher } from '../transport/limit-ports.ts';
import type { SessionStore } from '../engine/ports.ts';
import type { RedisClient } from './connection.ts';
import { createBurstLimit } from './burst-limit.ts';
import { createKeys } from './keys.ts';
import { createOwnedSessions } from './owned-sessions.ts';
import { createSharedLimit } from './shared-limit.ts';

/** How many seconds' worth of switches a player can save up: bullet chess and races come in bursts. */
const BURST_SECONDS = 4;

/** The limits that all instances share; those that are switched off are undefined. */
export interface StoreLimits {
  general: SharedLimit | undefined;
  switches: BurstLimit<Switcher> | undefined;
  owners: OwnedSessions | undefined;
}

/**
 * Creates the limits. `redis` must be the connection that loads sessions: Redis then answers a question of a limit
 * before a load that is asked after it.
 */
export function createLimits(redis: RedisClient, config: Config, { store, now }: { store: SessionStore; now(): number }): StoreLimits {
  const { KEY_PREFIX: keyPrefix, RATE_LIMIT_GENERAL: requests, RATE_LIMIT_SWITCH: switches, LIMIT_SESSIONS_PER_OWNER: owned } = config;
  const keys = createKeys(keyPrefix);
  return {
    general: requests === 0 ? undefined : createSharedLimit(redis, { uses: requests, seconds: 60, keyOf: keys.requests }),
    switches:
      switches === 0
        ? undefined
        : createBurstLimit<Switcher>(redis, {
            perSecond: switches,
            burst: BURST_SECONDS * switches,
            keyOf: ({ sessionId, sender }) => keys.session(sessionId).switches(sender),
          }),
    owners: owned === 0 ? undefined : createOwnedSessions(redis, { keyPrefix, limit: owned, store, now }),
  };
}
