import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Archive } from '../engine/archive.ts';
import type { Authorize, Judged } from '../engine/checks.ts';
import { isSameLife } from '../engine/life.ts';
import type { SessionPosition } from '../engine/ports.ts';
import type { HistoryPage, Trail, TrailLife } from '../engine/trail-ports.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Gate } from '../util/gate.ts';
import type { Answer } from './answers.ts';
import type { Call } from './commands.ts';
import { HistoryAnswer } from './history-answer.ts';
import { limited } from './limits.ts';
import type { Parsed } from './schemas.ts';

/** Pages that an instance reads at a time, each about a megabyte, and how long others wait for their turn. */
const PAGES = { places: 2, patienceMs: 2_000 };
const RETRY_MS = 1_000;

const NO_TRAIL: Refusal = { ...refuse('SERVICE_UNAVAILABLE', 'This server keeps no audit trail'), retryable: false };

export interface HistoryPorts {
  archive: Pick<Archive, 'position' | 'peek'>;
  trail: Trail | undefined;
  metrics: Metrics;
}

/**
 * `session:history`: reads the trail, a few pages at a time. It answers one life of an id, which its asker may read: without `created_at` the present one, else
 * the newest that they owned. Nothing is committed: a session that only the trail has stays there.
 */
export function createHistoryCommand({ archive, trail, metrics }: HistoryPorts) {
  const pages = new Gate(PAGES);
  return async ({ session_id, after_version, limit, event_types, created_at }: Parsed<'session:history'>, call: Call): Promise<Answer> => {
    const { authorize, owner } = call.permit ?? {};
    if (trail === undefined) return (authorize && (await authorize(await archive.peek(session_id), false))) ?? NO_TRAIL;
    const position = await archive.position(session_id);
    const lives = await withPresent(await trail.lives(session_id, created_at), position, () => archive.peek(session_id));
    const known = created_at === undefined ? lives : lives.filter((life) => life.created_at === created_at);
    const asked = known.at(-1);
    const refusal = await refusalOf(authorize, asked);
    const life = refusal === null ? asked : known.findLast((one) => owner !== undefined && one.owner_id === owner);
    if (refusal !== null && life === undefined) return refusal;
    if (life === undefined || life.deleted) return refuse('SESSION_NOT_FOUND', `No session ${session_id}`);
    const nothing: HistoryPage = { events: [], next_after_version: after_version };
    const { epochs } = life;
    if (epochs === null) return { ok: true, data: new HistoryAnswer(nothing) };
    const page = await pages.run(() => trail.history(session_id, after_version, limit, event_types, epochs));
    if (page === null) return limited('history', metrics, RETRY_MS);
    return { ok: true, data: new HistoryAnswer(typeof page === 'string' ? nothing : page) };
  };
}

async function refusalOf(authorize: Authorize | undefined, life: Judged | undefined): Promise<Refusal | null> {
  return authorize === undefined ? null : authorize(life ?? null, false);
}

/**
 * The lives that the trail knows, the present one last. Of that, Redis has the word: the trail may not have heard of its creation or its deletion.
 * @param read reads the present state; asked only where Redis has an epoch that the trail does not know
 */
async function withPresent(
  known: TrailLife[],
  position: SessionPosition | null,
  read: () => Promise<(Judged & object) | null>,
): Promise<TrailLife[]> {
  if (position === null) return known;
  const { epoch, event_type } = position;
  if (event_type === 'session_deleted') {
    // What was deleted under this epoch was not created after it.
    return known.map((life, index) =>
      index === known.length - 1 && (life.epochs?.begin ?? 0) <= epoch ? { ...life, deleted: true } : life,
    );
  }
  let present = known.find(({ epochs }) => epochs !== null && epochs.begin <= epoch && epoch <= epochs.newest);
  if (present === undefined) {
    const state = await read();
    if (state === null) return known;
    const { created_at, owner_id } = state;
    const fresh: TrailLife = { created_at, ...(owner_id === undefined ? {} : { owner_id }), epochs: null, deleted: false };
    present = known.find((life) => isSameLife(life, state)) ?? fresh;
  }
  return [...known.filter((life) => life !== present), present];
}
