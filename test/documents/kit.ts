import { Ajv2020 } from 'ajv/dist/2020.js';
import { Ajv, type ValidateFunction } from 'ajv';
import { rest } from '../kit/rest.ts';

const formats = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ };

export type Json = Record<string, unknown>;

/** The document that an instance serves. */
export async function documentOf(app: { url: string }, path: string): Promise<Json> {
  const answer = await rest(app, 'GET', path);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** What a path of keys leads to in a document, through references. */
export function at(document: Json, ...path: (string | number)[]): Json {
  let found: Json = document;
  for (const key of path) {
    const next = found[String(key)] as Json | undefined;
    if (next === undefined) throw new Error(`no ${String(key)} in ${path.join('/')}`);
    found = typeof next['$ref'] === 'string' ? at(document, ...next['$ref'].replace('#/', '').split('/')) : next;
  }
  return found;
}

/**
 * Validates against a schema inside a document. Objects are taken as closed: the documents let a reader meet fields of a later version, but what is sent today
 * must be written there.
 */
export function validator(document: Json, draft: '2020-12' | '7'): (schema: Json, value: unknown) => string | null {
  const ajv = draft === '7' ? new Ajv({ strict: false, formats, allErrors: false }) : new Ajv2020({ strict: false, formats });
  const schemas = closed((document['components'] as Json)['schemas']);
  const compiled = new Map<string, ValidateFunction>();
  return (schema, value) => {
    const key = JSON.stringify(schema);
    const validate = compiled.get(key) ?? ajv.compile({ ...(closed(schema) as Json), components: { schemas } });
    compiled.set(key, validate);
    return validate(value) ? null : `${ajv.errorsText(validate.errors)}: ${JSON.stringify(value).slice(0, 500)}`;
  };
}

function closed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  // An action and metadata are open by nature; their schemas name no fields but the type.
  const fields = Object.keys(copy['properties'] ?? {});
  const open = fields.length === 0 || fields.join() === 'type' || 'additionalProperties' in copy;
  return copy['type'] === 'object' && !open ? { ...copy, additionalProperties: false } : copy;
}
