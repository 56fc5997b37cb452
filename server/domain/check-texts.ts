import { type FieldIssue, type JsonObject, type JsonValue, type SessionState, TEXTS_MAX_BYTES } from '#contract';

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
/** The same of all entries of states, and of their metadata. */
const totals = new WeakMap<SessionState, number>();

/** Whether all names, titles, metadata and answers of a session together are too large; the fault names `field`. */
export function checkTexts(texts: Texts, field: string): FieldIssue[] {
  return tooMany(bytesIn(texts), field);
}

/** What is wrong with an answer that is added to a state, as `checkTexts`. */
export function checkAnswer(state: SessionState, answer: JsonValue): FieldIssue[] {
  const bytes = totals.get(state) ?? bytesIn(state);
  totals.set(state, bytes);
  return tooMany(bytes + bytesOf(answer), 'answer');
}

/** Counts the texts of a state that follows another one, to which `checkAnswer` let this answer be added. */
export function addAnswer(before: SessionState, after: SessionState, answer: JsonValue): void {
  const bytes = totals.get(before);
  // The answers of a cycle go with it.
  if (bytes !== undefined && before.cycle_count === after.cycle_count) totals.set(after, bytes + bytesOf(answer));
}

function bytesIn({ participants = [], items = [], metadata }: Texts): number {
  let bytes = bytesOf(metadata);
  for (const entries of [participants, items]) {
    for (const entry of entries) bytes += textsOf(entry);
  }
  return bytes;
}

function tooMany(bytes: number, field: string): FieldIssue[] {
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
