import { hash } from 'node:crypto';
import { z } from 'zod';
import { type CommandName, ERROR_CODES } from '#contract';
import { canonicalJson } from '../../server/domain/canonical.ts';
import { refusalsOf } from '../../server/transport/documents/notes.ts';
import { failureOf, roomEvents, successOf, time } from '../../server/transport/documents/reply-schemas.ts';
import { REST_ROUTES, type RestRoute } from '../../server/transport/http/rest-table.ts';
import { HTTP_STATUS } from '../../server/transport/replies.ts';
import { schemas } from '../../server/transport/schemas.ts';

/** SHA-256 of everything that the schemas say of the wire. Texts for readers and the order of fields do not count. */
export function wireHash(): string {
  const routes: { [Name in CommandName]?: RestRoute } = REST_ROUTES;
  return hashOf({
    commands: mapped(schemas, (schema: z.ZodType, name) => ({
      payload: shapeOf(schema),
      reply: shapeOf(successOf(name)),
      refusals: refusalsOf(name).toSorted(),
      route: routes[name] ?? null,
    })),
    events: mapped(roomEvents, (schema: z.ZodType) => shapeOf(schema)),
    failures: Object.fromEntries(ERROR_CODES.map((code) => [code, { status: HTTP_STATUS[code], body: shapeOf(failureOf(code)) }])),
    time: shapeOf(time),
  });
}

/** SHA-256 of a value, whatever the order of its fields. */
export function hashOf(value: unknown): string {
  return hash('sha256', canonicalJson(value));
}

/** The JSON Schema of what a sender may write, without texts for readers. */
export function shapeOf(schema: z.ZodType): unknown {
  return withoutTexts(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

const TEXTS = new Set(['$schema', 'description', 'examples']);

function withoutTexts(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(withoutTexts);
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) => {
      if (TEXTS.has(keyword)) return [];
      // The keys of `properties` are names of fields, any of which may be called `description`.
      if (keyword === 'properties') return [[keyword, mapped(value as Record<string, unknown>, withoutTexts)]];
      if (keyword === 'required' || keyword === 'enum') return [[keyword, (value as unknown[]).toSorted()]];
      return [[keyword, withoutTexts(value)]];
    }),
  );
}

function mapped<Key extends string, From, To>(from: { readonly [K in Key]: From }, to: (value: From, key: Key) => To): Record<string, To> {
  return Object.fromEntries(Object.entries<From>(from).map(([key, value]) => [key, to(value, key as Key)]));
}
