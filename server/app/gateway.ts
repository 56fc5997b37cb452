import { setImmediate } from 'node:timers/promises';
import { LINKS_MAX } from '#contract';
import type { SessionIncarnation } from '../engine/incarnation.ts';
import { createGrants } from '../store/grants.ts';
import { createBurstLimit } from '../store/burst-limit.ts';
import { createCodes } from '../store/codes.ts';
import { createKeys } from '../store/keys.ts';
import { createLimits } from '../store/limits.ts';
import { JoinCodes } from '../transport/access/codes.ts';
import { openAccess } from '../transport/access/open.ts';
import { CommandHandler } from '../transport/command-handler.ts';
import { MessageCredits } from '../transport/message-limit.ts';
import { Admission } from '../transport/socket/admission.ts';
import { PresenceMarker } from '../transport/socket/presence-marker.ts';
import { ChangeRelay } from '../transport/socket/change-relay.ts';
import { announceClosing, attachGateway, closeIo } from '../transport/socket/gateway.ts';
import { acceptHandshakes } from '../transport/socket/handshake.ts';
import { Healing } from '../transport/socket/healing.ts';
import { audienceOf } from '../transport/socket/rooms.ts';
import type { AuditPart } from './audit.ts';
import type { Base } from './base.ts';
import type { ClockPart } from './clock.ts';
import type { EnginePart } from './engine.ts';
import type { HttpPart } from './http.ts';
import type { RedisPart } from './redis.ts';
import type { RoomsPart } from './rooms.ts';

export type GatewayPart = ReturnType<typeof openGateway>;

/** How many join codes a sender may make: for all tables of a tournament at once, then one every ten seconds. */
const CODES_MADE = { perSecond: 0.1, burst: 60 };

interface GatewayNeeds {
  redis: RedisPart;
  clock: ClockPart;
  audit: AuditPart;
  rooms: RoomsPart;
  engine: EnginePart;
  http: HttpPart;
}

/** Creates the command handler and the limits, and begins to answer commands of sockets. */
export function openGateway({ config, logger, metrics }: Base, needs: GatewayNeeds) {
  const { redis, audit, http } = needs;
  const { clock, now } = needs.clock;
  const { io, adapter, cache, subscribed } = needs.rooms;
  const { engine, archive, store, presence, idleRunMs } = needs.engine;
  const { connectionLimit, callers, proxies } = http;
  const { RATE_LIMIT_SOCKET: socketLimit, LIMIT_SOCKETS_PER_SESSION: sessionSocketLimit, BASE_PATH: basePath } = config;

  const { general, ...limits } = createLimits(redis.commands, config, { store, now });
  const asked = openAccess(config, createGrants(redis.commands, config.KEY_PREFIX, LINKS_MAX), now, logger);
  const codes = new JoinCodes({
    store: createCodes(redis.commands, config.KEY_PREFIX),
    makers: createBurstLimit(redis.commands, { ...CODES_MADE, keyOf: createKeys(config.KEY_PREFIX).codesBy }),
    metrics,
    now,
  });
  const messages = socketLimit === 0 ? undefined : new MessageCredits(socketLimit, metrics);
  const evict = (linkId: string) => admission?.evict(linkId);
  const audience = (session: SessionIncarnation) => audienceOf(io, session);
  const handler = new CommandHandler(
    { engine, archive, clock, trail: audit.trail, limits: { ...limits, messages }, access: asked?.access, codes, evict, audience, metrics },
    logger,
  );
  const admission = asked && new Admission({ ...asked, io, handler, now, logger });
  const healing = new Healing({ io, store, archive, now, logger, metrics });
  const remembered = (sessionId: string) => cache.get(sessionId)?.state;
  const presenceMarker = new PresenceMarker({ io, store, presence, idleRunMs, remembered, now, logger });
  const load = async (sessionId: string) => (await store.load(sessionId)).session?.state ?? null;
  const changes = new ChangeRelay({ io, adapter, load, told: (room, event) => healing.told(room, event), logger });
  acceptHandshakes(http.server, io, { basePath, handler, callers, connectionLimit });
  attachGateway(io, {
    adapter,
    handler,
    remembered: (sessionId) => cache.get(sessionId),
    changes,
    now,
    subscribed,
    healing,
    admission,
    logger,
    metrics,
    proxies,
    connectionLimit,
    socketLimit,
    sessionSocketLimit,
  });
  healing.start();
  presenceMarker.start();
  admission?.start();
  return {
    handler,
    /** Undefined with AUTH_MODE=none. */
    tokens: asked?.tokens,
    /** The limit of HTTP requests; undefined if there is none. */
    requestLimit: general,
    /**
     * Tells every socket that the instance closes; resolves when running commands are answered and all sockets are
     * closed.
     */
    async drain(): Promise<void> {
      announceClosing(io);
      await handler.close();
      // After one turn of the event loop the last answers are on their way.
      await setImmediate();
      closeIo(io);
    },
    /** Resolves when no work for sockets is left. */
    async close(): Promise<void> {
      await Promise.all([healing.close(), presenceMarker.close(), admission?.close()]);
    },
  };
}
