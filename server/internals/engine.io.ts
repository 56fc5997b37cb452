import type { Socket as TcpSocket } from 'node:net';
import type { Server, Socket } from 'socket.io';
import type { FrameListener, WebSocket } from './ws.ts';

/** A connection of engine.io 6.6.12, beneath one or more sockets of Socket.IO. */
export type EngineConnection = Socket['conn'];

type Engine = Server['engine'];

interface PrivateEngine {
  ws: WebSocketServer;
}

interface PrivateConnection {
  flush(): void;
  writeBuffer: readonly { data?: string | Buffer }[];
}

/** The server of WebSockets (ws) that Engine.IO makes. */
export interface WebSocketServer {
  options: object;
  /** A handshake whose headers are refused. Without a listener ws answers in a form of its own. */
  on(event: 'wsClientError', listener: (error: Error, socket: TcpSocket) => void): void;
}

/** The private `ws` of an Engine.IO server. */
export function webSocketServerOf(engine: Engine): WebSocketServer {
  return (engine as unknown as PrivateEngine).ws;
}

/** The WebSocket of a connection: the private `socket` of its transport. */
export function webSocketOf(connection: EngineConnection): WebSocket {
  return (connection.transport as unknown as { socket: WebSocket }).socket;
}

/**
 * Packets that wait behind those under way: the private `writeBuffer` of a connection. The array is another one after
 * each flush.
 */
export function unsentOf(connection: EngineConnection): readonly { data?: string | Buffer }[] {
  return (connection as unknown as PrivateConnection).writeBuffer;
}

/**
 * Calls `due` where Engine.IO would write what waits. Returns what writes it. Replaces the private method `flush` of
 * the connection.
 */
export function deferFlush(connection: EngineConnection, due: () => void): () => void {
  const inside = connection as unknown as PrivateConnection;
  const flush = inside.flush.bind(connection);
  inside.flush = due;
  return flush;
}

/**
 * Calls `admits` for each frame, in place of Engine.IO, which is given those that are admitted. Takes the one listener
 * of `message` that Engine.IO's transport has.
 */
export function filterFrames(webSocket: WebSocket, admits: (frame: Buffer, isBinary: boolean) => boolean): void {
  const [deliver] = webSocket.listeners('message') as [FrameListener];
  webSocket.removeAllListeners('message');
  webSocket.on('message', (frame, isBinary) => {
    if (admits(frame, isBinary)) deliver.call(webSocket, frame, isBinary);
  });
}
