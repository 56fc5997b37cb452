import { type FieldIssue, type JsonObject, TEXTS_MAX_BYTES } from '#contract';

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
}

/** Whether all names, titles and metadata of a session together are too large; the fault names `field`. */
export function checkTexts({ participants = [], items = [], metadata }: Texts, field: string): FieldIssue[] {
  let bytes = bytesOf(metadata);
  for (const entries of [participants, items]) {
    for (const { name, title, metadata: own } of entries) bytes += Buffer.byteLength(name ?? title ?? '') + bytesOf(own);
  }
  if (bytes <= TEXTS_MAX_BYTES) return [];
  const message = `All names, titles and metadata of a session must not exceed ${TEXTS_MAX_BYTES} bytes together; these have ${bytes}`;
  return [{ field, message, code: 'too_big' }];
}

function bytesOf(json: object | null | undefined): number {
  return json == null ? 0 : Buffer.byteLength(JSON.stringify(json));
}
