import { type Refusal, refuse } from '../domain/refusal.ts';
import type { BurstLimit, OwnedSessions, Quota, Switcher } from './limit-ports.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { MessageCredits } from './message-limit.ts';

/** When to try again if it is unknown how long a place stays taken. */
const PLACE_RETRY_MS = 5_000;

/** The limits of commands. Undefined ones are switched off. docs/PROTOCOL.md tells clients of them. */
export interface CommandLimits {
  /** Switches and extensions of a sender in a session. */
  switches: BurstLimit<Switcher> | undefined;
  /** What messages tell rooms. */
  messages: MessageCredits | undefined;
  /** Unfinished sessions of an owner. */
  owners: OwnedSessions | undefined;
}

export type LimitName =
  | 'general'
  | 'switch'
  | 'socket'
  | 'socket_work'
  | 'person_work'
  | 'messages'
  | 'connections'
  | 'session_sockets'
  | 'owner_sessions'
  | 'history'
  | 'sign_in'
  | 'codes'
  | 'wrong_codes';

const SENTENCES: Record<LimitName, string> = {
  general: 'Too many requests from this address',
  switch: 'Too many switches and extensions of this session by you',
  socket: 'Too many commands on this socket',
  socket_work: 'Too much data moved by this socket',
  person_work: 'Too much data moved by the sockets of this user',
  messages: 'Too many messages to this session',
  connections: 'Too many connections from this address',
  session_sockets: 'Too many sockets in this session',
  owner_sessions: 'Too many unfinished sessions of this owner',
  history: 'Too many histories are read at this moment',
  codes: 'Too many codes made by you',
  wrong_codes: 'Too many wrong codes; wait before you try another one',
  sign_in: 'Too many wrong passwords; wait before you sign in',
};

/** The refusal of a limit, counted. `retryAfterMs`: when there will be room again. */
export function limited(name: LimitName, metrics: Metrics, retryAfterMs: number = PLACE_RETRY_MS): Refusal {
  metrics.rateLimited.inc({ limit: name });
  return refuse('RATE_LIMIT_EXCEEDED', SENTENCES[name], { retry_after_ms: Math.ceil(retryAfterMs) });
}

/** The refusal for a quota; null if something is left. */
export function refusalOfQuota(name: LimitName, quota: Quota, metrics: Metrics): Refusal | null {
  return quota.allowed ? null : limited(name, metrics, quota.resetMs);
}
