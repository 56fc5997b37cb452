import { createHash } from 'node:crypto';

/** What identifies an event of a session. */
export interface EventKey {
  session_id: string;
  epoch: number | bigint;
  version: number;
  event_type: string;
}

/**
 * The id of a message, the same at every attempt and for every endpoint. It has no dot, which would part what is
 * signed.
 */
export function messageId({ session_id, epoch, version, event_type }: EventKey): string {
  return `evt_${createHash('sha256').update(`${session_id}\n${epoch}\n${version}\n${event_type}`).digest('base64url')}`;
}
