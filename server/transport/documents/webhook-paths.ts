import { z } from 'zod';
import { ERROR_CODES, type ErrorCode, EVENT_TYPES } from '#contract';
import { type Delivery, DELIVERY_STATUSES, type Endpoint } from '../webhook-port.ts';
import { webhookSchemas } from '../webhook-schemas.ts';
import { type JsonSchema, type SchemaBook } from './json-schema.ts';
import { id, instant, unixMs, version } from './session-schemas.ts';

const webhookId = z.string().meta({ examples: ['we_1fq7Vb0MZ6cG2hXe'] });
const anytime = instant.nullable();
const endpoint = z.object({
  webhook_id: webhookId,
  url: z.string(),
  event_types: z.array(z.enum([...EVENT_TYPES, 'endpoint_disabled'])),
  session_prefix: z.string(),
  ordered: z.boolean(),
  include: z.literal('state').nullable(),
  description: z.string(),
  status: z.enum(['enabled', 'disabled']),
  disabled_reason: z.string().nullable(),
  disabled_at: anytime,
  failing_since: anytime,
  last_failure_at: anytime,
  last_failure: z.string().nullable(),
  pending: z.int(),
  rotated_until: anytime,
  created_at: instant,
  updated_at: instant,
}) satisfies z.ZodType<Endpoint>;
const delivery = z.object({
  delivery_id: z.string(),
  message_id: z.string(),
  type: z.string(),
  session_id: id.nullable(),
  epoch: z.int().nullable(),
  version: version.nullable(),
  status: z.enum(DELIVERY_STATUSES),
  attempts: z.int(),
  next_attempt_at: anytime,
  last_attempt_at: anytime,
  last_status: z.int().nullable(),
  last_error: z.string().nullable(),
  last_took_ms: z.int().nullable(),
  event_at: instant,
  recorded_at: instant,
}) satisfies z.ZodType<Delivery>;
/** The endpoint is disabled, or somebody else rotated its secret just then. There is no version to tell of. */
const conflict = z.object({
  ok: z.literal(false),
  error: z.object({ code: z.literal('CONFLICT'), message: z.string(), retryable: z.boolean() }),
  server_time_ms: unixMs,
});
const withSecret = endpoint.extend({ secret: z.string().meta({ examples: ['whsec_…'] }) });

/** Schemas with a name of their own in the OpenAPI document. */
export const namedWebhooks = { Webhook: endpoint, WebhookDelivery: delivery };

/** The refusals of every route. */
const ANY: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'RATE_LIMIT_EXCEEDED',
  'INTERNAL_ERROR',
  'SERVICE_UNAVAILABLE',
];
const WITH_BODY: readonly ErrorCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

interface Route {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Beyond `/v1/webhooks`. */
  path: string;
  id: string;
  summary: string;
  data?: z.ZodType;
  /** Of the body, or of the query of a GET. */
  takes?: z.ZodType;
  example?: object;
  status?: number;
  conflicts?: boolean;
}

const EXAMPLE = { url: 'https://shop.example/kairos', event_types: ['participant_expired'], session_prefix: 'lot-' };
const SPAN = { from: '2026-12-01T12:00:00.000Z', to: '2026-12-01T13:00:00.000Z' };
const replayed = z.object({ replayed: z.int(), more: z.boolean(), until: z.string() });
const page = z.object({ deliveries: z.array(delivery), next_after: z.string().nullable() });
const ONE = '/{webhook_id}';

const ROUTES: readonly Route[] = [
  {
    method: 'post',
    path: '',
    id: 'webhook_create',
    summary: 'Have a URL called',
    takes: webhookSchemas.create,
    example: EXAMPLE,
    data: withSecret,
    status: 201,
  },
  { method: 'get', path: '', id: 'webhook_list', summary: 'Who is called', data: z.object({ webhooks: z.array(endpoint) }) },
  { method: 'get', path: ONE, id: 'webhook_get', summary: 'One endpoint', data: endpoint },
  {
    method: 'patch',
    path: ONE,
    id: 'webhook_change',
    summary: 'Change an endpoint, disable or enable it',
    takes: webhookSchemas.change,
    example: { disabled: false },
    data: endpoint,
  },
  { method: 'delete', path: ONE, id: 'webhook_delete', summary: 'Delete an endpoint and what is pending for it', status: 204 },
  {
    method: 'post',
    path: `${ONE}/test`,
    id: 'webhook_test',
    summary: 'Send a message `webhook_test`',
    data: delivery,
    status: 201,
    conflicts: true,
  },
  { method: 'post', path: `${ONE}/rotate`, id: 'webhook_rotate', summary: 'Make a new secret', data: withSecret, conflicts: true },
  {
    method: 'get',
    path: `${ONE}/deliveries`,
    id: 'webhook_deliveries',
    summary: 'Messages to an endpoint, the newest first',
    takes: webhookSchemas.deliveries,
    data: page,
  },
  {
    method: 'post',
    path: `${ONE}/deliveries/{delivery_id}/retry`,
    id: 'webhook_retry',
    summary: 'Have a delivery tried now',
    data: delivery,
    conflicts: true,
  },
  {
    method: 'post',
    path: `${ONE}/replay`,
    id: 'webhook_replay',
    summary: 'Have what happened in a time delivered again',
    takes: webhookSchemas.replay,
    example: SPAN,
    data: replayed,
    conflicts: true,
  },
];

/** The paths of webhooks in the OpenAPI document. */
export function webhookPaths(book: SchemaBook, refusals: (codes: ErrorCode[]) => object, headers: object): Record<string, object> {
  const json = (schema: JsonSchema, example?: object) => ({
    content: { 'application/json': example === undefined ? { schema } : { schema, example } },
  });
  const operation = ({ method, path, id: operationId, summary, data, takes, example, status = 200, conflicts }: Route) => {
    const hasBody = method === 'post' || method === 'patch';
    const codes = new Set([...ANY, ...(path === '' ? [] : (['NOT_FOUND'] as const)), ...(hasBody ? WITH_BODY : [])]);
    const success = data && book.of(z.object({ ok: z.literal(true), data, server_time_ms: unixMs }));
    const query = method === 'get' && takes !== undefined ? (book.of(takes)['properties'] as Record<string, JsonSchema>) : {};
    return {
      operationId,
      summary,
      tags: ['webhooks'],
      security: [{ operator: [] }, { bearer: [] }],
      parameters: [
        ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
        ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
      ],
      ...(hasBody
        ? { requestBody: { required: takes !== undefined, ...json(book.of(takes ?? webhookSchemas.nothing), example ?? {}) } }
        : {}),
      responses: {
        [status]: { description: 'Done', headers, ...(success === undefined ? {} : json(success)) },
        ...refusals(ERROR_CODES.filter((code) => codes.has(code))),
        ...(conflicts === true ? { 409: { description: 'CONFLICT', headers, ...json(book.of(conflict)) } } : {}),
      },
    };
  };
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES) {
    const path = `/v1/webhooks${route.path}`;
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return paths;
}
