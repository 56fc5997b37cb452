/** What `client.on` can listen for. Durations and offsets are milliseconds. */
import type { EventEnvelope, ExpiredEvent, MessageEvent, WarningEvent } from './contract/index.ts';
import type { SyncKairosError } from './errors.ts';

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'failed';

export interface ClientEvents {
  /** A session was joined, or joined again. */
  connected: { sessionId: string };
  /** Close code of the WebSocket (RFC 6455) and Socket.IO's word for the reason. */
  disconnected: { code: number; reason: string };
  /** The next try to connect follows in `delay`. */
  reconnecting: { attempt: number; delay: number };
  /** All tries failed; `connect()`, a command or a subscription begins anew. */
  connectionFailed: { attempts: number };
  timeSynced: { offset: number; rtt: number; bound: number };
  /** The device's wall clock is more than a minute off. Harmless here: the client does not rely on it. */
  clockSkewDetected: { offset: number };
  timeExpired: ExpiredEvent;
  timeWarning: WarningEvent;
  sessionDeleted: EventEnvelope;
  message: MessageEvent;
  /** A session could not be joined. */
  error: SyncKairosError;
}
