/** The events of `client.on`. Durations and offsets are milliseconds. */
import type { EventEnvelope, ExpiredEvent, MessageEvent, Notice, WarningEvent } from './contract/index.ts';
import type { SyncKairosError } from './errors.ts';
import type { ClockPhaseEvent } from './phase-watch.ts';

/**
 * `reconnecting`: the connection is lost, or could not be made, and is tried again. `fallback`: the same, and meanwhile
 * sessions with listeners are read over REST every few seconds. `failed`: the server refuses this client's token;
 * `connect()`, a command or a subscription tries again.
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'fallback' | 'failed';

export interface ClientEvents {
  /** A session was joined, or joined again. */
  connected: { sessionId: string };
  /** Close code of the WebSocket (RFC 6455) and Socket.IO's word for the reason. */
  disconnected: { code: number; reason: string };
  /** The next try to connect follows in `delay`. */
  reconnecting: { attempt: number; delay: number };
  /** So many tries have failed; the client goes on trying, unless the server refuses its token. */
  connectionFailed: { attempts: number };
  timeSynced: { offset: number; rtt: number; bound: number };
  /** The device's wall clock is more than a minute off. Harmless here: the client does not rely on it. */
  clockSkewDetected: { offset: number };
  /** A clock has run out: at zero, or where it goes on below zero at the end of its overrun. */
  timeExpired: ExpiredEvent;
  /** A clock has crossed a threshold. Where clocks go on below zero, the threshold 0 says that time is up. */
  timeWarning: WarningEvent;
  /**
   * The running clock of a session with a time control, which somebody listens to, has begun another phase, period or
   * stage. The client computes this by itself; the server sends nothing.
   */
  clockPhase: ClockPhaseEvent;
  sessionDeleted: EventEnvelope;
  message: MessageEvent;
  /**
   * A remark of the server beside the success of a command on that session: the result may not be what was meant. It is
   * written to the console, too.
   */
  notice: Notice & { session_id: string };
  /** A session could not be joined. */
  error: SyncKairosError;
}

/**
 * All events, and whether listening for one is waiting for something. A program that only wants to hear of trouble may
 * end.
 */
export const AWAITED: Record<keyof ClientEvents, boolean> = {
  connected: true,
  disconnected: false,
  reconnecting: false,
  connectionFailed: false,
  timeSynced: true,
  clockSkewDetected: false,
  timeExpired: true,
  timeWarning: true,
  clockPhase: true,
  sessionDeleted: true,
  message: true,
  notice: true,
  error: false,
};
