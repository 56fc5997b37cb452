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

/** The WebSocket server (ws) that Engine.IO creates. */
export interface WebSocketServer {
  options: object;
  /** Emitted for a handshake whose headers ws refuses. Without a listener ws answers in a form of its own. */
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

/** Packets that are not written yet: the private `writeBuffer` of a connection. Each flush replaces the array. */
export function unsentOf(connection: EngineConnection): readonly { data?: string | Buffer }[] {
  return (connection as unknown as PrivateConnection).writeBuffer;
}

/**
 * Calls `due` when Engine.IO would write waiting packets. Returns the function that writes them. Replaces the private
 * method `flush` of the connection.
 */
export function deferFlush(connection: EngineConnection, due: () => void): () => void {
  const inside = connection as unknown as PrivateConnection;
  const flush = inside.flush.bind(connection);
  inside.flush = due;
  return flush;
}

/**
 * Calls `admits` for each frame and passes to Engine.IO only those that it admits. Replaces the one listener of
 * `message` that Engine.IO's transport has.
 */
export function filterFrames(webSocket: WebSocket, admits: (frame: Buffer, isBinary: boolean) => boolean): void {
  const [deliver] = webSocket.listeners('message') as [FrameListener];
  webSocket.removeAllListeners('message');
  webSocket.on('message', (frame, isBinary) => {
    if (admits(frame, isBinary)) deliver.call(webSocket, frame, isBinary);
  });
}
