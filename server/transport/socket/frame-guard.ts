import { CREATE_MAX_BYTES, EVENT_MAX_BYTES } from '#contract';
import { invalid, type Refusal, refuse } from '../../domain/refusal.ts';
import { type EngineConnection, filterFrames, webSocketOf } from '../../internals/engine.io.ts';
import { answerNoPings, limitMessages, type MessageLimits, reset, type WebSocket } from '../../internals/ws.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { CommandHandler } from '../command-handler.ts';
import { ConnectionCredits, type Verdict } from '../costs.ts';
import { limited } from '../limits.ts';
import { acknowledgement, ENGINE, isForOtherNamespace, readBinary, readEvent, SOCKET } from './packets.ts';
import { ReadingPause } from './pause-reading.ts';

/** Longest frame of a connected socket. */
export const FRAME_MAX_BYTES = 2 * 1024 * 1024;
/** Longest frame before that: a CONNECT with its token. */
export const FRAME_BEFORE_CONNECT_MAX_BYTES = 4 * 1024;
/** Frames of one message: 2 MiB in fragments of 2 KiB. The limit of ws is meant for 100 MiB. */
const FRAGMENTS_MAX = 1_024;
/** Pieces in which one frame arrives: 2 MiB in TCP segments of 512 bytes. */
const PIECES_MAX = 4_096;
const FAILED_CONNECTS_MAX = 5;
/** Pings are not answered while more than this waits to be sent. */
const UNSENT_PONGS_MAX_BYTES = 16 * 1024;
/** How long a closing handshake may take. */
const CLOSING_MS = 1_000;
/** The WebSocket close code for a violation of the server's rules (RFC 6455, section 7.4.1). */
const POLICY_VIOLATION = 1_008;

/** The phase of a connection. `asked`: a CONNECT is being checked; `over`: its frames are ignored. */
type Phase = 'new' | 'asked' | 'connected' | 'over';

export interface FrameGuardOptions {
  handler: Pick<CommandHandler, 'refuse'>;
  /** Frames of a connection in a second, and what they may cost (costs.ts); 0 for any number. */
  socketLimit: number;
  logger: Logger;
  metrics: Metrics;
}

/** The limits of one message. A frame that announces more ends the connection before the rest of it is read. */
export function messageLimits(bytes: number): MessageLimits {
  return { bytes, fragments: FRAGMENTS_MAX, pieces: PIECES_MAX };
}

const TOO_LARGE = refuse(
  'PAYLOAD_TOO_LARGE',
  `An event may have ${EVENT_MAX_BYTES} bytes, session:create and session:edit ${CREATE_MAX_BYTES}`,
);
const BINARY = invalid([{ field: 'payload', message: 'Must be JSON without binary attachments', code: 'invalid_type' }]);

/**
 * Looks at each frame of a connection before it is parsed. A connection has one socket: one CONNECT in the namespace
 * `/` succeeds on it, and no second one. Every frame counts, also pings and garbage. The first bytes and the length of
 * a frame tell whether it will be refused; then it is refused here. A frame that breaks the protocol ends the
 * connection.
 */
export class FrameGuard {
  /** The credits belong to the connection, so a new CONNECT does not reset them. */
  readonly credits: ConnectionCredits;
  readonly #connection: EngineConnection;
  readonly #webSocket: WebSocket;
  readonly #readingPause: ReadingPause;
  readonly #options: FrameGuardOptions;
  #phase: Phase = 'new';
  #failed = 0;
  /** The event whose attachments have not all arrived. */
  #binary: { ackId: string; attachments: number; bytes: number } | undefined;

  /** Guards a connection that was just opened, before its first frame is read. */
  constructor(connection: EngineConnection, options: FrameGuardOptions) {
    const webSocket = webSocketOf(connection);
    this.#connection = connection;
    this.#webSocket = webSocket;
    this.#readingPause = new ReadingPause(webSocket);
    this.#options = options;
    this.credits = new ConnectionCredits(options.socketLimit);
    filterFrames(webSocket, (frame, isBinary) => this.#admits(frame, isBinary));
    answerNoPings(webSocket);
    webSocket.on('ping', (data) => {
      // Pongs do not pass through Engine.IO, which watches slow readers: they must not pile up for a peer that does not
      // read.
      if (this.#count(data) === null && webSocket.bufferedAmount < UNSENT_PONGS_MAX_BYTES) webSocket.pong(data);
    });
    webSocket.on('pong', (data) => this.#count(data));
    connection.on('close', (reason: string) => this.#closed(reason));
  }

  /** A CONNECT succeeded. */
  connected(): void {
    this.#phase = 'connected';
    limitMessages(this.#webSocket, messageLimits(FRAME_MAX_BYTES));
  }

  /** A CONNECT was refused. A client may try again a few times. */
  failed(): void {
    if (this.#isOver()) return;
    this.#phase = 'new';
    this.#failed += 1;
    // After the refusal is sent.
    if (this.#failed === FAILED_CONNECTS_MAX) setImmediate(() => this.#end(`${FAILED_CONNECTS_MAX} CONNECTs failed`));
  }

  /** Whether a frame is passed to Engine.IO. */
  #admits(frame: Buffer, isBinary: boolean): boolean {
    if (this.#isOver()) return false;
    const [kind, type] = frame;
    // Not counted, since only a few are allowed.
    if (this.#phase === 'new' && kind === ENGINE.message && type === SOCKET.connect && !isBinary) return this.#connect(frame);
    const verdict = this.#count(frame);
    if (this.#isOver()) return false;
    if (isBinary || kind === ENGINE.base64) return this.#attachment(frame, verdict);
    if (kind === ENGINE.pong) return true;
    if (kind !== ENGINE.message) return this.#end('this is no packet of an Engine.IO client');
    if (this.#binary !== undefined) return this.#end('binary attachments are missing');
    if (type === SOCKET.connect) return this.#end('a connection is one socket: there was a CONNECT before');
    if (this.#phase !== 'connected') return this.#end('CONNECT comes first');
    if (type === SOCKET.event) return verdict === null && frame.length <= EVENT_MAX_BYTES ? true : this.#odd(frame, verdict);
    // The server never asks for an acknowledgement.
    if (type === SOCKET.ack) return false;
    if (type === SOCKET.binaryEvent || type === SOCKET.binaryAck) return this.#announced(frame, type === SOCKET.binaryEvent);
    if (type !== SOCKET.disconnect) return this.#end('this is no Socket.IO packet');
    this.#phase = 'over';
    return true;
  }

  #isOver(): boolean {
    return this.#phase === 'over';
  }

  #connect(frame: Buffer): boolean {
    this.#phase = 'asked';
    // Socket.IO refuses it.
    if (isForOtherNamespace(frame)) this.failed();
    return true;
  }

  /**
   * Handles an event beyond a limit, or larger than most may be. Passes it only if it begins like one that may be
   * large.
   */
  #odd(frame: Buffer, verdict: Verdict): boolean {
    const event = readEvent(frame);
    if (event === null) return this.#end('this is no Socket.IO event');
    if (verdict === null && event.mayBeLarge && frame.length <= CREATE_MAX_BYTES) return true;
    this.#refuse(event.ackId, verdict, TOO_LARGE);
    return false;
  }

  #announced(frame: Buffer, isEvent: boolean): boolean {
    const binary = readBinary(frame);
    if (binary === null) return this.#end('this is no Socket.IO packet with attachments');
    this.#binary = { ...binary, ackId: isEvent ? binary.ackId : '', bytes: frame.length };
    return false;
  }

  /** Counts attachments and discards them. The refusal is sent after the last one. */
  #attachment(frame: Buffer, verdict: Verdict): boolean {
    const binary = this.#binary;
    if (binary === undefined) return this.#end('no binary attachment was announced');
    binary.bytes += frame.length;
    binary.attachments -= 1;
    if (binary.attachments === 0) {
      this.#binary = undefined;
      this.#refuse(binary.ackId, verdict, binary.bytes > EVENT_MAX_BYTES ? TOO_LARGE : BINARY);
    }
    return false;
  }

  /**
   * Answers an event that was not parsed, if it wants an answer: by the limit that it met, else by what is wrong with
   * it.
   */
  #refuse(ackId: string, verdict: Verdict, otherwise: Refusal): void {
    const { handler, metrics } = this.#options;
    const refusal = verdict === null ? otherwise : limited(verdict.limit, metrics, verdict.waitMs);
    if (ackId !== '') this.#connection.write(acknowledgement(ackId, JSON.stringify(handler.refuse(refusal))));
  }

  /** Counts a frame, and pauses reading if the sender goes on beyond the limit. */
  #count(frame: Buffer): Verdict {
    const now = performance.now();
    const verdict = this.credits.frame(now, frame.length);
    if (verdict !== null && verdict.pauseMs > 0 && !this.#readingPause.begin(now, verdict.pauseMs))
      this.#end('too many frames, for too long');
    return verdict;
  }

  /** Ends the connection without waiting for its peer, which may read the reason. */
  #end(reason: string): false {
    if (this.#isOver()) return false;
    this.#phase = 'over';
    this.#options.logger.debug({ remote: this.#connection.remoteAddress, reason }, 'a connection was closed for what it sent');
    this.#webSocket.close(POLICY_VIOLATION, reason);
    // So that Socket.IO forgets it at once, and a socket that is just being created.
    this.#connection.close(true);
    this.#webSocket.terminate();
    return false;
  }

  #closed(reason: string): void {
    this.#phase = 'over';
    // A peer that missed the heartbeat does not answer a closing handshake either.
    if (reason === 'ping timeout') reset(this.#webSocket);
    else setTimeout(() => this.#webSocket.terminate(), CLOSING_MS).unref();
  }
}
