import { SessionCache } from '../engine/session-cache.ts';
import { databaseOf } from '../redis-url.ts';
import { createIo } from '../transport/socket/gateway.ts';
import { createRooms } from '../transport/socket/rooms.ts';
import { channelPrefixOf, SessionAdapter } from '../transport/socket/session-adapter.ts';
import type { Base } from './base.ts';
import type { ClockPart } from './clock.ts';
import type { RedisPart } from './redis.ts';

export type RoomsPart = ReturnType<typeof openRooms>;

/**
 * Creates the Socket.IO server with its rooms over all instances, and the session cache, which messages of other
 * instances keep up to date. The gateway closes the server.
 */
export function openRooms({ config, schema, metrics }: Base, redis: RedisPart, { now }: ClockPart) {
  const cache = new SessionCache();
  const adapter = new SessionAdapter({
    publisher: redis.publisher,
    subscriber: redis.subscriber.redis,
    channelPrefix: channelPrefixOf(config.KEY_PREFIX, databaseOf(config.REDIS_URL)),
    schema,
    heard: (update, facts) => ('changes' in update ? cache.follow(update, facts) : cache.refresh({ ...update, ...facts })),
  });
  const io = createIo(adapter);
  return {
    io,
    adapter,
    cache,
    rooms: createRooms(io, { adapter, schema, now, metrics }),
    /** Resolves once Redis has confirmed the subscription to a room; null if it is confirmed already. */
    subscribed: (room: string) => redis.subscriber.subscribed(adapter.channelOf(room)),
  };
}
