import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { CONTRACT_HEADER, CONTRACT_VERSION, type Reply } from '#contract';
import type { Refusal } from '../../domain/refusal.ts';
import { type EngineConnection, webSocketServerOf } from '../../internals/engine.io.ts';
import { limitNewMessages } from '../../internals/ws.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { addressOf, type TrustedProxies } from '../address.ts';
import { senderOf } from '../access/principal.ts';
import type { LiveSession } from '../../engine/ports.ts';
import { type CommandHandler, type Request, sessionIn } from '../command-handler.ts';
import type { ConnectionLimit } from '../connection-limit.ts';
import { Deposits } from '../work.ts';
import type { Admission } from './admission.ts';
import { personCredits } from '../costs.ts';
import { FRAME_BEFORE_CONNECT_MAX_BYTES, FRAME_MAX_BYTES, FrameGuard, messageLimits } from './frame-guard.ts';
import { batchWrites } from './batched-writes.ts';
import type { Healing } from './healing.ts';
import { lengthOfReply } from './prepared-encoder.ts';
import type { GatewaySocket, IoServer } from './rooms.ts';
import { type MembershipOptions, membershipOf, type SocketMembership } from './room-membership.ts';
import { parser } from './parser.ts';
import type { SessionAdapter } from './session-adapter.ts';
import { cutSlowReaders } from './slow-readers.ts';
import { StandingRooms } from './standing-rooms.ts';

const HEARTBEAT_MS = 5_000;
/** How long a connection may stay without a successful CONNECT. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Creates the Socket.IO server: WebSocket only, so that no load balancer needs sticky sessions. It is attached to a
 * server that never listens, since Engine.IO would answer requests and handshakes in forms of its own; handshake.ts
 * passes it the handshakes that are accepted.
 */
export function createIo(adapter: SessionAdapter): IoServer {
  const io: IoServer = new Server(createServer(), {
    adapter: adapter.create(),
    transports: ['websocket'],
    perMessageDeflate: false,
    serveClient: false,
    parser,
    maxHttpBufferSize: FRAME_MAX_BYTES,
    pingInterval: HEARTBEAT_MS,
    pingTimeout: 2 * HEARTBEAT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
  });
  // From the first byte on: a frame that comes with the handshake is read before the connection has a guard.
  limitNewMessages(webSocketServerOf(io.engine), messageLimits(FRAME_BEFORE_CONNECT_MAX_BYTES));
  io.engine.on('headers', (headers: Record<string, string>) => (headers[CONTRACT_HEADER] = String(CONTRACT_VERSION)));
  return io;
}

export interface GatewayOptions extends Omit<MembershipOptions, 'standing'> {
  adapter: SessionAdapter;
  handler: CommandHandler;
  now(): number;
  healing: Healing;
  /** A session in the session cache. */
  remembered(sessionId: string): LiveSession | undefined;
  /** Undefined with AUTH_MODE=none. */
  admission: Admission | undefined;
  logger: Logger;
  metrics: Metrics;
  connectionLimit: ConnectionLimit;
  proxies: TrustedProxies;
  /** Frames of a connection in a second, and what they may cost (costs.ts); 0 for any number. */
  socketLimit: number;
}

type Acknowledge = (reply: Reply<unknown>) => void;

/** Answers every event of every socket. */
export function attachGateway(io: IoServer, options: GatewayOptions): void {
  const { adapter, handler, now, logger, metrics, socketLimit, admission, healing } = options;
  batchWrites(io, cutSlowReaders(io, options));
  const guards = guardFrames(io, options);
  const namespace = io.of('/');
  const membershipOptions: MembershipOptions = { ...options, standing: new StandingRooms(io) };
  const memberships = new WeakMap<GatewaySocket, SocketMembership>();
  const people = personCredits(socketLimit);
  adapter.onTold((room, event, payload) => {
    if (event === 'session:update') healing.told(room, payload);
    if (event !== 'session:deleted') return;
    // Each instance removes its own sockets from the room.
    for (const id of namespace.adapter.rooms.get(room) ?? []) {
      const socket = namespace.sockets.get(id);
      if (socket !== undefined) memberships.get(socket)?.dissolved(room);
    }
  });
  const deposits = new Deposits((sessionId) => options.remembered(sessionId)?.state);
  io.on('connection', (socket) => {
    const guard = guards.of(socket);
    guard.connected();
    metrics.connectedSockets.inc();
    logger.debug({ socket: socket.id }, 'socket connected');
    socket.on('disconnect', (reason) => {
      metrics.connectedSockets.dec();
      logger.debug({ socket: socket.id, reason }, 'socket disconnected');
      // A connection is of no use without its socket.
      if (reason === 'client namespace disconnect') socket.conn.close();
    });
    socket.on('error', (error: Error) => logger.debug({ socket: socket.id, err: error.message }, 'not a Socket.IO frame'));
    admission?.watch(socket);
    const membership = membershipOf(socket, membershipOptions);
    memberships.set(socket, membership);
    const address = addressOf(socket.request, options.proxies);
    const { principal: person } = socket.data;
    const sender = senderOf(person, address);
    if (person !== undefined) guard.credits.belongsTo(people, sender);
    const moved = (bytes: number) => guard.credits.moved(performance.now(), bytes);
    const refresh = admission && ((token: string) => admission.refresh(socket, token, { membership, address, moved }));
    // The one middleware takes every event, known or not, and passes none on.
    socket.use((event) => {
      const arrival = now();
      const last: unknown = event.at(-1);
      const acknowledge = typeof last === 'function' ? (last as Acknowledge) : () => {};
      const name: unknown = event[0];
      const payload: unknown = event[1] === last && typeof last === 'function' ? {} : event[1];
      const { principal } = socket.data;
      const ids = { socket: socket.id };
      const request: Request = { name, payload, principal, arrival, address, sender, membership, refresh, ids };
      const sessionId = socketLimit === 0 ? undefined : sessionIn(payload);
      const deposit = sessionId === undefined ? undefined : deposits.take(sessionId, sender);
      if (deposit !== undefined) guard.credits.moved(performance.now(), deposit.bytes);
      void handler.handle(request).then((reply) => {
        acknowledge(reply);
        if (socketLimit === 0) return;
        deposit?.done();
        guard.credits.moved(performance.now(), (request.moved?.() ?? 0) + lengthOfReply(reply) - (deposit?.bytes ?? 0));
      });
    });
  });
}

/**
 * Guards each connection, and checks the token of each CONNECT. A refusal reaches the client as `connect_error`, with
 * the contract's error as its `data`.
 */
function guardFrames(io: IoServer, options: GatewayOptions): { of(socket: GatewaySocket): FrameGuard } {
  const { handler, connectionLimit, admission } = options;
  const guards = new WeakMap<EngineConnection, FrameGuard>();
  const guardOf = (connection: EngineConnection): FrameGuard => {
    const guard = guards.get(connection) ?? new FrameGuard(connection, options);
    guards.set(connection, guard);
    return guard;
  };
  io.engine.on('connection', guardOf);
  const refusalOf = async (socket: GatewaySocket): Promise<Refusal | undefined> => {
    if (!connectionLimit.isOver(socket.conn.request.socket)) return admission?.admit(socket);
    // After the refusal is sent.
    setTimeout(() => socket.conn.close());
    return connectionLimit.refusal();
  };
  const admit = async (socket: GatewaySocket, next: (error?: Error) => void) => {
    const refusal = await refusalOf(socket);
    if (refusal === undefined) {
      next();
      return;
    }
    guardOf(socket.conn).failed();
    const { error } = handler.refuse(refusal);
    next(Object.assign(new Error(error.message), { data: error }));
  };
  io.use((socket, next) => void admit(socket, next));
  return { of: (socket) => guardOf(socket.conn) };
}

/**
 * Tells every socket of this instance that it will be disconnected, and when to reconnect: each at another moment, so
 * that they do not all come at once.
 */
export function announceClosing(io: IoServer): void {
  const tell = (socket: GatewaySocket) => socket.emit('server:closing', { reconnect_in_ms: 100 + Math.floor(Math.random() * 900) });
  io.of('/').sockets.forEach(tell);
  // Sockets whose handshake is just ending.
  io.on('connection', tell);
}

/**
 * Disconnects every socket of this instance: closes the transport without a Socket.IO DISCONNECT, after which a
 * standard client reconnects by itself.
 */
export function closeIo(io: IoServer): void {
  for (const socket of io.of('/').sockets.values()) socket.conn.close();
  // Not awaited, because Redis may hang; the subscriptions end with the connection at the latest.
  void io.of('/').adapter.close();
  io.engine.close();
}
