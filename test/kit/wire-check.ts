import { Ajv, type ValidateFunction } from 'ajv';
import { asyncApiDocument } from '../../server/transport/documents/asyncapi.ts';

type Json = Record<string, unknown>;
type Messages = Record<string, { payload: { oneOf?: Json[] } }>;

/**
 * ISO 8601 in UTC with milliseconds, as the contract writes every instant. The `exp` of a token may lie beyond the year
 * 9999.
 */
export const formats = { 'date-time': /^(\d{4}|\+\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ };

/**
 * A copy of a schema in which objects take no other fields than those it names. The documents allow more, since a later
 * version may add fields; a test wants every field that is sent today to be documented.
 */
export function closed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  // The schemas of an action and of metadata name no field but the type, because the application adds its own.
  const fields = Object.keys(copy['properties'] ?? {});
  const open = fields.length === 0 || fields.join() === 'type' || 'additionalProperties' in copy;
  return copy['type'] === 'object' && !open ? { ...copy, additionalProperties: false } : copy;
}

const MESSAGES = '#/components/messages';
const keyOf = (event: string) => event.replace(':', '.');

/** Checks what sockets receive against the AsyncAPI document, and keeps the differences until they are taken. */
class WireCheck {
  readonly #ajv = new Ajv({ strict: false, formats, inlineRefs: false, validateSchema: false });
  readonly #messages: Messages;
  readonly #validators = new Map<string, ValidateFunction>();
  #faults: string[] = [];

  constructor() {
    const document = closed(asyncApiDocument('', '')) as Json;
    this.#messages = (document['components'] as Json)['messages'] as Messages;
    this.#ajv.addSchema(document, 'wire');
    // Compiles the schemas ahead, so that no event of a test waits for that.
    for (const key of Object.keys(this.#messages)) {
      if (key.startsWith('room.')) this.#validator(`${MESSAGES}/${key}/payload`);
      if (key.endsWith('.reply')) this.#validator(`${MESSAGES}/${key}/payload/oneOf/0`);
    }
  }

  /** An event of this name was received. */
  event(name: string, body: unknown): void {
    const key = `room.${keyOf(name)}`;
    if (key in this.#messages) this.#check(`${MESSAGES}/${key}/payload`, name, body);
    else this.#faults.push(`${name} is not in the AsyncAPI document`);
  }

  /** A command of this name was answered. */
  reply(name: unknown, body: unknown): void {
    const { ok, error } = body as { ok?: boolean; error?: { code?: string } };
    const key = `${keyOf(String(name))}.reply`;
    const outcomes = this.#messages[key]?.payload.oneOf;
    // The answer to an unknown event has a schema of its own.
    const refusal = `#/components/schemas/Failure_${error?.code}`;
    if (ok === true && outcomes !== undefined) this.#check(`${MESSAGES}/${key}/payload/oneOf/0`, `the reply to ${String(name)}`, body);
    else if (outcomes === undefined || outcomes.some(({ $ref }) => $ref === refusal))
      this.#check(refusal, `the refusal of ${String(name)}`, body);
    else this.#faults.push(`${String(name)} may not be refused with ${error?.code}`);
  }

  /** Returns what differed since the last call. */
  take(): string[] {
    const faults = this.#faults;
    this.#faults = [];
    return faults;
  }

  #check(pointer: string, what: string, body: unknown): void {
    const validate = this.#validator(pointer);
    if (validate(body)) return;
    this.#faults.push(
      `${what} differs from the AsyncAPI document: ${this.#ajv.errorsText(validate.errors)}: ${JSON.stringify(body).slice(0, 500)}`,
    );
  }

  #validator(pointer: string): ValidateFunction {
    const known = this.#validators.get(pointer);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile({ $ref: `wire${pointer}` });
    this.#validators.set(pointer, validate);
    return validate;
  }
}

/** The check of this process, shared by all its clients. */
export const wireCheck = new WireCheck();
