import type { z } from 'zod';
import { type CommandName, CONTRACT_HEADER, ERROR_CODES, type ErrorCode, HISTORY_LIMIT_DEFAULT } from '#contract';
import { REST_ROUTES, type RestRoute } from '../http/rest-table.ts';
import { HTTP_STATUS } from '../replies.ts';
import { schemas } from '../schemas.ts';
import { named, reach, successOf, successWith, time } from './reply-schemas.ts';
import { type JsonSchema, schemaBook } from './json-schema.ts';
import { notes, refusalsOf } from './notes.ts';
import { feedPath } from './feed-path.ts';
import { namedWebhooks, webhookPaths } from './webhook-paths.ts';

const json = (schema: JsonSchema, example?: unknown) => ({
  content: { 'application/json': example === undefined ? { schema } : { schema, example } },
});
const header = (description: string, type = 'integer') => ({ description, schema: { type } });

const LEFT = {
  'RateLimit-Limit': header('Requests of an address in a window'),
  'RateLimit-Remaining': header('Requests left in the present window'),
  'RateLimit-Reset': header('Seconds until the window ends'),
};
const EVERY = { 'X-Request-Id': header('Names the request in the log', 'string'), [CONTRACT_HEADER]: header('Version of the contract') };

/**
 * The REST interface as an OpenAPI 3.1 document, made from the schemas in use. See https://spec.openapis.org/oas/v3.1.1
 */
export function openApiDocument(serverVersion: string, basePath: string): object {
  const book = schemaBook({ ...named, ...namedWebhooks }, 'draft-2020-12');

  /** One response for each status; `error.code` tells the codes with the same status apart. */
  const refusals = (codes: ErrorCode[]) =>
    Object.fromEntries(
      [...new Set(codes.map((code) => HTTP_STATUS[code]))].map((status) => {
        const alike = codes.filter((code) => HTTP_STATUS[code] === status);
        const headers = status === 429 ? { ...EVERY, ...LEFT, 'Retry-After': header('Seconds to wait') } : EVERY;
        const oneOf = alike.map((code) => ({ $ref: `#/components/schemas/Failure_${code}` }));
        return [status, { description: alike.join(', '), headers, ...json({ oneOf }) }];
      }),
    );

  const operation = (name: CommandName, route: RestRoute) => {
    const { session_id: _id, ...fields } = propertiesOf(book.of(schemas[name] as z.ZodType));
    const codes = refusalsOf(name).filter((code) => route.method === 'post' || code !== 'PAYLOAD_TOO_LARGE');
    const success = route.status === 204 ? { description: 'Done' } : { description: 'Done', ...json(book.of(successOf(name))) };
    return {
      operationId: name.replace(':', '_'),
      summary: notes[name].summary,
      tags: ['sessions'],
      parameters: [
        ...(route.path.includes(':id') ? [{ $ref: '#/components/parameters/session' }] : []),
        ...(route.method === 'post' ? [] : fieldsOf(name, route, fields)),
      ],
      ...(route.method === 'post' ? { requestBody: bodyOf(name, route, book.of(schemas[name] as z.ZodType)) } : {}),
      responses: {
        [route.status]: { ...withLines(name, success), headers: { ...EVERY, ...LEFT } },
        ...refusals(route.method === 'post' ? [...codes, 'UNSUPPORTED_MEDIA_TYPE'] : codes),
      },
    };
  };

  const paths: Record<string, Record<string, unknown>> = systemPaths(
    book.of(time),
    book.of(successWith(reach)),
    refusals(['RATE_LIMIT_EXCEEDED']),
  );
  for (const [name, route] of Object.entries(REST_ROUTES) as [keyof typeof REST_ROUTES, RestRoute][]) {
    const path = route.path.replace(':id', '{session_id}').replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(name, route) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'SyncKairos',
      version: serverVersion,
      description:
        'Synchronized timers. In a payload `null` means absent, and a field that is not listed is refused. Any path may also be answered with ' +
        'NOT_FOUND or METHOD_NOT_ALLOWED. Events are described in /v1/asyncapi.json.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: basePath || '/' }],
    tags: [{ name: 'sessions' }, { name: 'webhooks' }, { name: 'system' }],
    security: [{}, { bearer: [] }],
    paths: { ...paths, ...webhookPaths(book, refusals, EVERY), ...feedPath(book, refusals, EVERY) },
    components: {
      schemas: book.components,
      parameters: {
        session: { name: 'session_id', in: 'path', required: true, schema: propertiesOf(book.of(schemas['session:get']))['session_id'] },
      },
      responses: refusals([...ERROR_CODES].filter((code) => code === 'NOT_FOUND' || code === 'METHOD_NOT_ALLOWED')),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Asked for where AUTH_MODE=jwt' },
        operator: { type: 'http', scheme: 'basic', description: 'ADMIN_USER and ADMIN_PASSWORD' },
      },
    },
  };
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema['properties'] ?? {}) as Record<string, JsonSchema>;
}

/** The fields as parameters. History names its types `event_type`, once or as a list. */
function fieldsOf(name: CommandName, { path }: RestRoute, fields: Record<string, JsonSchema>): object[] {
  return Object.entries(fields).map(([field, schema]) => {
    if (path.includes(`:${field}`)) return { name: field, in: 'path', required: true, schema };
    if (name === 'session:history' && field === 'event_types') {
      return { name: 'event_type', in: 'query', style: 'form', explode: false, schema };
    }
    return { name: field, in: 'query', schema };
  });
}

/** The payload without the fields that the path has. */
function bodyOf(name: CommandName, route: RestRoute, schema: JsonSchema): object {
  const { session_id, ...example } = notes[name].example as { session_id: string };
  if (!route.path.includes(':id')) return { required: true, ...json(schema, { session_id, ...example }) };
  const required = ((schema['required'] ?? []) as string[]).filter((field) => field !== 'session_id');
  return {
    required: required.length > 0,
    ...json(required.length > 0 ? { ...schema, required } : { ...schema, required: undefined }, example),
  };
}

function withLines(name: CommandName, success: { description: string; content?: object }): object {
  if (name !== 'session:history') return success;
  const lines = {
    schema: {
      type: 'string',
      description: `A HistoryEvent (or BriefHistoryEvent, by \`snapshots\`) a line, ${HISTORY_LIMIT_DEFAULT} unless \`limit\` says otherwise`,
    },
  };
  return { ...success, content: { ...success.content, 'application/x-ndjson': lines } };
}

function systemPaths(timeSchema: JsonSchema, reachSchema: JsonSchema, limited: object): Record<string, Record<string, unknown>> {
  const get = (id: string, summary: string, responses: object) => ({
    get: { operationId: id, summary, tags: ['system'], security: [{}], responses },
  });
  const ok = (content: object) => ({ 200: { description: 'Done', headers: EVERY, ...content } });
  const document = json({ type: 'object' });
  const status = (word: string, more = {}) =>
    json({ type: 'object', required: ['status'], properties: { status: { const: word }, ...more } });
  const check = { enum: ['ok', 'degraded', 'down', 'off'] };
  const checks = { checks: { type: 'object', properties: { redis: check, database: check, audit: check } } };
  return {
    '/time': get('time', 'The time of the one clock', { ...ok(json(timeSchema)), ...limited }),
    '/v1/reach': get('reach', 'By which addresses other devices reach the server', { ...ok(json(reachSchema)), ...limited }),
    '/v1/time': get('time_v1', 'The time of the one clock', { ...ok(json(timeSchema)), ...limited }),
    '/health': get('health', 'Whether the process lives', ok(status('ok'))),
    '/ready': get('ready', 'Whether this instance should get traffic', {
      ...ok(status('ready', checks)),
      503: { description: 'Not now', headers: EVERY, ...status('not_ready', checks) },
    }),
    '/metrics': get('metrics', 'Prometheus text', ok({ content: { 'text/plain': { schema: { type: 'string' } } } })),
    '/.well-known/synckairos-keys.json': get('keys', 'The public keys by which signatures are checked', {
      ...ok(json({ type: 'object', required: ['keys'], properties: { keys: { type: 'array', items: { type: 'object' } } } })),
      ...limited,
    }),
    '/v1/openapi.json': get('openapi', 'This document', { ...ok(document), ...limited }),
    '/v1/asyncapi.json': get('asyncapi', 'The events, as AsyncAPI', { ...ok(document), ...limited }),
  };
}
