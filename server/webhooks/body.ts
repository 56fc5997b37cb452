import { asTold } from '#clock';
import type { JsonObject, SessionState } from '#contract';
import type { EventRow } from '../audit/event-rows.ts';
import { columnsOf } from '../audit/history-event.ts';
import { shownTo, toldOfEvent } from '../domain/told.ts';

/** The longest body of a message, bytes. */
const BODY_MAX_BYTES = 16_000;
const PARTICIPANTS_NAMED = 100;

/** The body of a message of another kind than an event of the trail. */
export function messageBody(type: string, at: Date, data: string): string {
  return `{"type":${JSON.stringify(type)},"timestamp":"${at.toISOString()}","data":${data}}`;
}

/**
 * The body of the message of an event, of at most 16,000 bytes: what does not fit is left out, `state` first, and
 * `omitted` names it.
 * @param kept the state after the event; null where the trail does not have it
 */
export function eventBody(row: EventRow, kept: SessionState | null, includeState: boolean): string {
  const { event_type, timestamp: _timestamp, ...columns } = columnsOf(row);
  const noted = JSON.parse(row.metadata) as JsonObject;
  // Whoever manages an endpoint may be a viewer of its sessions, so hidden answers stay hidden.
  const state = kept === null ? null : shownTo(asTold(kept), undefined);
  const ids = state?.participants.map(({ participant_id }) => participant_id) ?? [];
  const data: Record<string, unknown> = {
    ...columns,
    ...toldOfEvent(noted),
    status: state?.status ?? null,
    active_participant_id: state?.active_participant_id ?? null,
    active_group_id: state?.active_group_id ?? null,
    deadline_at: state?.deadline_at ?? null,
    participant_count: ids.length,
    participant_ids: ids.slice(0, PARTICIPANTS_NAMED),
    metadata: state?.metadata ?? {},
    ...(includeState ? { state } : {}),
  };
  const omitted: string[] = [];
  for (const name of ['', 'state', 'action_applied', 'metadata', 'participant_ids']) {
    if (name !== '' && name in data) {
      omitted.push(name);
      delete data[name];
    }
    const told = omitted.length === 0 ? data : { ...data, omitted };
    const body = messageBody(event_type, row.timestamp, JSON.stringify(told));
    if (Buffer.byteLength(body) <= BODY_MAX_BYTES) return body;
  }
  // What is left has known fields of limited length only.
  return messageBody(event_type, row.timestamp, JSON.stringify({ ...columns, omitted: [...omitted, 'reason', 'actor'] }));
}
