import { Ajv2020 } from 'ajv/dist/2020.js';
import { Ajv, type ValidateFunction } from 'ajv';
import { rest } from '../kit/rest.ts';
import { closed, formats } from '../kit/wire-check.ts';

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

/** Validates against a schema inside a document, of which objects take no further fields (`closed`). */
export function validator(document: Json, draft: '2020-12' | '7'): (schema: Json, value: unknown) => string | null {
  // Not in line, so that each schema of the document is compiled once, not once for each place that refers to it.
  const settings = { strict: false, formats, inlineRefs: false, validateSchema: false };
  const ajv = draft === '7' ? new Ajv(settings) : new Ajv2020(settings);
  ajv.addSchema({ components: { schemas: closed((document['components'] as Json)['schemas']) } }, 'document');
  const compiled = new Map<string, ValidateFunction>();
  return (schema, value) => {
    const key = JSON.stringify(schema);
    const validate =
      compiled.get(key) ??
      ajv.compile(JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/components/', '"document#/components/')) as Json);
    compiled.set(key, validate);
    return validate(value) ? null : `${ajv.errorsText(validate.errors)}: ${JSON.stringify(value).slice(0, 500)}`;
  };
}
