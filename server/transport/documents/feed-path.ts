import { z } from 'zod';
import { type ErrorCode, EVENT_TYPES, type JsonValue } from '#contract';
import type { FeedEvent } from '../feed-port.ts';
import { feedQuery } from '../feed-schema.ts';
import { type JsonSchema, type SchemaBook } from './json-schema.ts';
import { action, id, instant, ms, status, unixMs, version } from './session-schemas.ts';

const anything = z.custom<JsonValue>();
const event = z.object({
  cursor: z.string(),
  message_id: z.string(),
  session_id: id,
  epoch: z.int(),
  version,
  event_type: z.enum(EVENT_TYPES),
  timestamp: instant,
  participant_id: id.nullable(),
  group_id: id.nullable(),
  time_elapsed_ms: ms.nullable(),
  time_remaining_ms: ms.nullable(),
  status: status.nullable(),
  action_applied: action.exactOptional(),
  reason: anything.exactOptional(),
  command_id: anything.exactOptional(),
  actor: anything.exactOptional(),
}) satisfies z.ZodType<FeedEvent>;
const page = z.object({
  ok: z.literal(true),
  data: z.object({ events: z.array(event), next_after: z.string(), more: z.boolean() }),
  server_time_ms: unixMs,
});

const REFUSALS: ErrorCode[] = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'RATE_LIMIT_EXCEEDED',
  'INTERNAL_ERROR',
  'SERVICE_UNAVAILABLE',
];

/** The path of the feed in the OpenAPI document. */
export function feedPath(book: SchemaBook, refusals: (codes: ErrorCode[]) => object, headers: object): Record<string, object> {
  const fields = Object.entries(book.of(feedQuery)['properties'] as Record<string, JsonSchema>);
  const text = (description: string) => ({ schema: { type: 'string', description } });
  const content = {
    'application/json': { schema: book.of(page) },
    'application/x-ndjson': text('An event a line; the header X-Next-After says where to go on'),
    'text/event-stream': text('Events as they arrive; the id of each is its cursor'),
  };
  const get = {
    operationId: 'events',
    summary: 'What happened in all sessions since a cursor',
    tags: ['webhooks'],
    security: [{ operator: [] }, { bearer: [] }],
    parameters: fields.map(([name, schema]) => ({ name, in: 'query', style: 'form', explode: false, schema })),
    responses: { 200: { description: 'Done', headers, content }, ...refusals(REFUSALS) },
  };
  return { '/v1/events': { get } };
}
