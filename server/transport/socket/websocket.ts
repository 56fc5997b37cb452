import type { Socket } from 'node:net';
import type { GatewaySocket } from './rooms.ts';

/** An Engine.IO connection. */
export type Connection = GatewaySocket['conn'];

export type FrameListener = (frame: Buffer, isBinary: boolean) => void;

/** Of one message. A frame of 2 MiB in fragments of 2 KiB; the library's own limit is meant for 100 MiB. */
const FRAGMENTS_MAX = 1_024;
/** Of one frame, as they arrive. A frame of 2 MiB in TCP segments of 512 bytes. */
const PIECES_MAX = 4_096;

/** A `ws` WebSocket, of which Engine.IO's types tell nothing. The names with an underscore are `ws`' own; tests of one-socket and frames fail when they change. */
export interface WebSocket {
  on(event: 'ping' | 'pong', listener: (data: Buffer) => void): void;
  on(event: 'message', listener: FrameListener): void;
  listeners(event: 'message'): unknown[];
  removeAllListeners(event: 'message'): void;
  pause(): void;
  resume(): void;
  pong(data: Buffer): void;
  close(code: number, reason: string): void;
  terminate(): void;
  /** What waits to be sent, with what the kernel has not taken. */
  readonly bufferedAmount: number;
  /** Whether it answers pings before anybody else hears of them. */
  _autoPong: boolean;
  _receiver: { _maxPayload: number; _maxFragments: number; _maxBufferedChunks: number };
  _socket: Socket;
}

/** The WebSocket that a connection uses. */
export function webSocketOf(connection: Connection): WebSocket {
  return (connection.transport as unknown as { socket: WebSocket }).socket;
}

/** The part of Engine.IO's server that its types keep to themselves. */
interface Internals {
  ws: { options: { maxPayload: number; maxFragments: number; maxBufferedChunks: number } };
}

/** Limits messages from the first byte on: a frame that comes with the handshake is read before the connection has a guard. */
export function limitFirstMessages(engine: unknown, bytes: number): void {
  Object.assign((engine as Internals).ws.options, { maxPayload: bytes, maxFragments: FRAGMENTS_MAX, maxBufferedChunks: PIECES_MAX });
}

/** Limits what is taken of one message: a frame that says it is longer ends the connection before the rest of it is read. */
export function limitMessages({ _receiver }: WebSocket, bytes: number): void {
  Object.assign(_receiver, { _maxPayload: bytes, _maxFragments: FRAGMENTS_MAX, _maxBufferedChunks: PIECES_MAX });
}

/** Frees everything that a connection holds at once, the kernel's buffers too: a closing handshake would need a peer who reads. */
export function reset(connection: Connection): void {
  webSocketOf(connection)._socket.resetAndDestroy();
}
