import type { Socket } from 'node:net';

export type FrameListener = (frame: Buffer, isBinary: boolean) => void;

/** A WebSocket of ws 8.21.3, the version that Engine.IO uses: those of its public members that this service uses. */
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
  /** Bytes that wait to be sent, with those that the kernel has not taken yet. */
  readonly bufferedAmount: number;
}

/** The largest message that is accepted. */
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
 * Limits the messages of all WebSockets that a ws server opens from now on. Sets the private `options` of the server.
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
 * Leaves answering pings to listeners of `ping`. Sets the private `_autoPong`, because the public option belongs to the
 * server, which Engine.IO creates.
 */
export function answerNoPings(webSocket: WebSocket): void {
  inside(webSocket)._autoPong = false;
}

/**
 * Frees at once all that a WebSocket holds, the kernel's buffers too, by the private `_socket`. A closing handshake
 * would need a peer that reads.
 */
export function reset(webSocket: WebSocket): void {
  inside(webSocket)._socket.resetAndDestroy();
}
