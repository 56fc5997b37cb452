import type { Socket } from 'node:net';

export type FrameListener = (frame: Buffer, isBinary: boolean) => void;

/** A WebSocket of ws 8.21.3, the version beneath Engine.IO: its public parts that this service uses. */
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
  /** Bytes that wait to be sent, with those that the kernel has not taken. */
  readonly bufferedAmount: number;
}

/** What is taken of one message. */
export interface MessageLimits {
  bytes: number;
  /** Frames of a fragmented message. */
  fragments: number;
  /** Pieces of one frame, as they arrive. */
  pieces: number;
}

interface Private {
  _autoPong: boolean;
  _receiver: { _maxPayload: number; _maxFragments: number; _maxBufferedChunks: number };
  _socket: Socket;
}

const inside = (webSocket: WebSocket) => webSocket as unknown as Private;

/**
 * Limits the messages of all WebSockets that a server of ws opens from now on, from their first byte. Sets `options` of
 * the server, which are private.
 */
export function limitNewMessages(server: { options: object }, { bytes, fragments, pieces }: MessageLimits): void {
  Object.assign(server.options, { maxPayload: bytes, maxFragments: fragments, maxBufferedChunks: pieces });
}

/**
 * Limits later messages of an open WebSocket. Sets `_maxPayload`, `_maxFragments` and `_maxBufferedChunks` of its
 * private `_receiver`.
 */
export function limitMessages(webSocket: WebSocket, { bytes, fragments, pieces }: MessageLimits): void {
  Object.assign(inside(webSocket)._receiver, { _maxPayload: bytes, _maxFragments: fragments, _maxBufferedChunks: pieces });
}

/**
 * Leaves the answers to pings to listeners of `ping`. Sets the private `_autoPong`, whose option belongs to the server
 * that Engine.IO makes.
 */
export function answerNoPings(webSocket: WebSocket): void {
  inside(webSocket)._autoPong = false;
}

/**
 * Frees all that a WebSocket holds at once, the kernel's buffers too, by the private `_socket`: a closing handshake
 * would need a peer who reads.
 */
export function reset(webSocket: WebSocket): void {
  inside(webSocket)._socket.resetAndDestroy();
}
