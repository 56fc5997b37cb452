import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import { CONTRACT_HEADER, CONTRACT_VERSION, CREATE_MAX_BYTES, EVENT_MAX_BYTES, type Reply } from '#contract';
import { invalid, refuse } from '../../domain/refusal.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { addressOf, type TrustedProxies } from '../address.ts';
import { senderOf } from '../access/principal.ts';
import type { CommandHandler } from '../command-handler.ts';
import type { Callers } from '../origins.ts';
import type { Admission } from './admission.ts';
import { ConnectionCredits, personCredits } from '../costs.ts';
import { limited } from '../limits.ts';
import type { ConnectionLimit } from './connection-limit.ts';
import { createDoor } from './door.ts';
import { quieten } from './quieten.ts';
import { type AdapterOptions, createAdapter, noticeTold } from './adapter.ts';
import { batchWrites } from './batched-writes.ts';
import type { Healing } from './healing.ts';
import { type GatewaySocket, type IoServer, roomOf } from './rooms.ts';
import { type SeatOptions, seatOf, type SocketSeat } from './seats.ts';
import { frameOf, sizedParser } from './sized-parser.ts';
import { cutSlowReaders } from './slow-readers.ts';

const FRAME_MAX_BYTES = 2 * 1024 * 1024;
const HEARTBEAT_MS = 5_000;

export interface IoOptions extends AdapterOptions {
  callers: Callers;
  connectionLimit: ConnectionLimit;
}

/** The Socket.IO server: WebSocket only, so that no load balancer needs sticky sessions. */
export function createIo(http: HttpServer, options: IoOptions): IoServer {
  const door = createDoor();
  /** Why a handshake is answered with 400; undefined where it is let in. */
  const refusalOf = (request: IncomingMessage) => {
    // Engine.IO looks at it after the upgrade, when it is too late for an HTTP answer.
    if (!/[?&]EIO=4(&|$)/.test(request.url ?? '')) return 'Only version 4 of Engine.IO is spoken (EIO=4)';
    if (!options.callers.allowsHost(request)) return 'This server is not known by this name';
    if (!options.callers.allowsPage(request)) return 'Pages of this origin may not connect';
    return options.connectionLimit.admits(request) ? undefined : 'Too many connections from this address';
  };
  const io: IoServer = new Server(http, {
    adapter: createAdapter(options),
    transports: ['websocket'],
    perMessageDeflate: false,
    serveClient: false,
    parser: sizedParser,
    maxHttpBufferSize: FRAME_MAX_BYTES,
    pingInterval: HEARTBEAT_MS,
    pingTimeout: 2 * HEARTBEAT_MS,
    allowRequest: (request, answer) =>
      door(() => {
        // The HTTP answer and the first packet, which follows in the next microtask, leave together.
        request.socket.cork();
        const refusal = refusalOf(request);
        answer(refusal, refusal === undefined);
        queueMicrotask(() => request.socket.uncork());
      }),
  });
  // A refusal is written and the socket destroyed at once: what is corked would go with it.
  io.engine.on('connection_error', ({ req }: { req: IncomingMessage }) => req.socket.uncork());
  io.engine.on('headers', (headers: Record<string, string>) => (headers[CONTRACT_HEADER] = String(CONTRACT_VERSION)));
  return io;
}

export interface GatewayOptions extends SeatOptions {
  handler: CommandHandler;
  now(): number;
  healing: Healing;
  /** Undefined where nobody is asked who they are. */
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
  const { handler, now, logger, metrics, socketLimit, admission, healing } = options;
  batchWrites(io, cutSlowReaders(io, options));
  options.connectionLimit.attach(io, handler);
  const namespace = io.of('/');
  const seats = new WeakMap<GatewaySocket, SocketSeat>();
  // Of the connection and not of the Socket: a DISCONNECT and a CONNECT make another one of those.
  const credits = new WeakMap<GatewaySocket['conn'], ConnectionCredits>();
  const people = personCredits(socketLimit);
  io.engine.on('connection', (connection: GatewaySocket['conn']) => credits.set(connection, new ConnectionCredits(socketLimit)));
  noticeTold(namespace, (event, payload) => {
    if (event === 'session:update') healing.told(payload);
    if (event !== 'session:deleted') return;
    // Each instance lets its sockets go when it tells them: a message of its own could come when they have joined a new session of that id.
    for (const id of namespace.adapter.rooms.get(roomOf(payload.session_id)) ?? []) {
      const socket = namespace.sockets.get(id);
      if (socket !== undefined) seats.get(socket)?.deleted(payload);
    }
  });
  io.on('connection', (socket) => {
    metrics.connectedSockets.inc();
    logger.debug({ socket: socket.id }, 'socket connected');
    socket.on('disconnect', (reason) => {
      metrics.connectedSockets.dec();
      logger.debug({ socket: socket.id, reason }, 'socket disconnected');
    });
    socket.on('error', (error: Error) => logger.debug({ socket: socket.id, err: error.message }, 'not a Socket.IO frame'));
    admission?.watch(socket);
    const seat = seatOf(socket, options);
    seats.set(socket, seat);
    const address = addressOf(socket.request, options.proxies);
    const own = credits.get(socket.conn) ?? new ConnectionCredits(socketLimit);
    const { principal: person } = socket.data;
    const sender = senderOf(person, address);
    if (person !== undefined) own.belongsTo(people, sender);
    const refresh = admission && ((token: string) => admission.refresh(socket, token, { seat, address }));
    // The one middleware takes every event, known or not, and passes none on.
    socket.use((event) => {
      const arrival = now();
      const frame = frameOf(event);
      const last: unknown = event.at(-1);
      const acknowledge = typeof last === 'function' ? (last as Acknowledge) : () => {};
      const name: unknown = event[0];
      const payload: unknown = event[1] === last && typeof last === 'function' ? {} : event[1];
      const refused = own.frame(performance.now(), frame.bytes);
      if (refused !== null) {
        acknowledge(handler.refuse(limited(refused.limit, metrics, refused.waitMs)));
        if (refused.quietMs > 0) quieten(socket, refused.quietMs);
      } else if (frame.bytes > (name === 'session:create' ? CREATE_MAX_BYTES : EVENT_MAX_BYTES)) {
        acknowledge(
          handler.refuse(refuse('PAYLOAD_TOO_LARGE', `An event may have ${EVENT_MAX_BYTES} bytes, session:create ${CREATE_MAX_BYTES}`)),
        );
      } else if (frame.binary) {
        acknowledge(
          handler.refuse(invalid([{ field: 'payload', message: 'Must be JSON without binary attachments', code: 'invalid_type' }])),
        );
      } else {
        const { principal } = socket.data;
        const ids = { socket: socket.id };
        void handler.handle({ name, payload, principal, arrival, address, sender, seat, refresh, ids }).then(acknowledge);
      }
    });
  });
}

/** Tells every socket of this instance that it will be sent away, and when to come back: each at another moment, so that they don't all come at once. */
export function announceClosing(io: IoServer): void {
  const tell = (socket: GatewaySocket) => socket.emit('server:closing', { reconnect_in_ms: 100 + Math.floor(Math.random() * 900) });
  io.of('/').sockets.forEach(tell);
  // Whose handshake is just ending.
  io.on('connection', tell);
}

/** Sends every socket of this instance away: closes the transport without a Socket.IO DISCONNECT, after which a stock client reconnects by itself. */
export function closeIo(io: IoServer): void {
  for (const socket of io.of('/').sockets.values()) socket.conn.close();
  // Not waited for: the subscriptions end with the connection to Redis at the latest, and Redis may hang.
  void io.of('/').adapter.close();
  io.engine.close();
}
