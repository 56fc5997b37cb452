import { type FieldIssue, type JsonObject, type JsonValue, TEXTS_MAX_BYTES } from '#contract';

/** The parts of a session that have texts of the application: those of a create, or of a state. */
interface Texts {
  participants?: readonly Entry[] | undefined;
  items?: readonly Entry[] | undefined;
  metadata?: JsonObject | undefined;
}
interface Entry {
  name?: string | undefined;
  title?: string | null | undefined;
  metadata?: JsonObject | null | undefined;
  answer?: JsonValue | undefined;
}

/** The bytes of the texts of an entry. A state shares its entries with the one before, so most are counted once. */
const counted = new WeakMap<Entry, number>();

/**
 * Whether all names, titles, metadata and answers of a session together are too large, with an answer that is `added`;
 * the fault names `field`.
 */
export function checkTexts({ participants = [], items = [], metadata }: Texts, field: string, added?: JsonValue): FieldIssue[] {
  let bytes = bytesOf(metadata) + bytesOf(added);
  for (const entries of [participants, items]) {
    for (const entry of entries) bytes += textsOf(entry);
  }
  if (bytes <= TEXTS_MAX_BYTES) return [];
  const message = `All names, titles, metadata and answers of a session must not exceed ${TEXTS_MAX_BYTES} bytes together; these have ${bytes}`;
  return [{ field, message, code: 'too_big' }];
}

function textsOf(entry: Entry): number {
  let bytes = counted.get(entry);
  if (bytes === undefined) {
    const { name, title, metadata, answer } = entry;
    bytes = Buffer.byteLength(name ?? title ?? '') + bytesOf(metadata) + bytesOf(answer);
    counted.set(entry, bytes);
  }
  return bytes;
}

function bytesOf(json: JsonValue | undefined): number {
  return json == null ? 0 : Buffer.byteLength(JSON.stringify(json));
}
