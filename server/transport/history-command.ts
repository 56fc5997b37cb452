import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Archive } from '../engine/archive.ts';
import type { Authorize, Judged } from '../engine/command-context.ts';
import { isSameIncarnation } from '../engine/incarnation.ts';
import type { SessionPosition } from '../engine/ports.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Gate } from '../util/gate.ts';
import type { Answer } from './answers.ts';
import type { Call } from './commands.ts';
import { HistoryAnswer } from './history-answer.ts';
import type { History, HistoryPage, TrailIncarnation } from './history-port.ts';
import { limited } from './limits.ts';
import type { Parsed } from './schemas.ts';

/**
 * How many pages an instance reads at a time, each about a megabyte and one for each sender; and how long others wait.
 */
const PAGES = { places: 2, patienceMs: 2_000 };
const RETRY_MS = 1_000;
/** What a page costs besides its bytes, since PostgreSQL searches the incarnations of the id and the versions. */
const PAGE_WORK_BYTES = 128 * 1024;

const NO_TRAIL: Refusal = { ...refuse('SERVICE_UNAVAILABLE', 'This server keeps no audit trail'), retryable: false };

export interface HistoryPorts {
  archive: Pick<Archive, 'position' | 'peek'>;
  trail: History | undefined;
  metrics: Metrics;
}

/**
 * `session:history`: reads the trail, a few pages at a time. Answers with one incarnation of an id, which the sender
 * may read: with `created_at` that one, without it the present one, else the newest that they owned. Commits nothing: a
 * session that only the trail has stays there.
 */
export function createHistoryCommand({ archive, trail, metrics }: HistoryPorts) {
  const pages = new Gate(PAGES);
  const read = async (from: History, payload: Parsed<'session:history'>, { permit }: Call): Promise<Answer> => {
    const { session_id, after_version, limit, event_types, created_at, snapshots } = payload;
    const { authorize, owner, answers } = permit ?? {};
    const position = await archive.position(session_id);
    const incarnationsOf = async (most?: number) => {
      const known = await withPresent(await from.incarnations(session_id, created_at, most), position, () => archive.peek(session_id));
      return created_at === undefined ? known : known.filter((one) => one.created_at === created_at);
    };
    let incarnations = await incarnationsOf(1);
    // Redis may have lost the newest incarnation.
    if (incarnations.length > 1) incarnations = await incarnationsOf();
    let incarnation = incarnations.at(-1);
    const refusal = await refusalOf(authorize, incarnation);
    if (refusal !== null) {
      // A sender who may not read that one may mean one of their own. Only then is it searched, which costs PostgreSQL
      // more.
      incarnation = owner === undefined ? undefined : (await incarnationsOf()).findLast((one) => one.owner_id === owner);
      if (incarnation === undefined) return refusal;
    }
    if (incarnation === undefined || incarnation.deleted) return refuse('SESSION_NOT_FOUND', `No session ${session_id}`);
    const nothing: HistoryPage = { events: [], next_after_version: after_version };
    const { epochs } = incarnation;
    if (epochs === null) return { ok: true, data: new HistoryAnswer(nothing) };
    const page = await from.history(session_id, after_version, limit, event_types, epochs, snapshots, answers);
    return { ok: true, data: new HistoryAnswer(typeof page === 'string' ? nothing : page) };
  };
  return async (payload: Parsed<'session:history'>, call: Call): Promise<Answer> => {
    const { authorize } = call.permit ?? {};
    if (trail === undefined) return (authorize && (await authorize(await archive.peek(payload.session_id), false))) ?? NO_TRAIL;
    call.moved = () => PAGE_WORK_BYTES;
    return (await pages.run(() => read(trail, payload, call), call.sender)) ?? limited('history', metrics, RETRY_MS);
  };
}

async function refusalOf(authorize: Authorize | undefined, incarnation: Judged | undefined): Promise<Refusal | null> {
  return authorize === undefined ? null : authorize(incarnation ?? null, false);
}

/**
 * The incarnations that the trail knows, the present one last. For that one Redis decides, because the trail may not
 * have its creation or its deletion yet.
 * @param read reads the present state; called only if Redis has an epoch that the trail does not know
 */
async function withPresent(
  known: TrailIncarnation[],
  position: SessionPosition | null,
  read: () => Promise<(Judged & object) | null>,
): Promise<TrailIncarnation[]> {
  if (position === null) return known;
  const { epoch, event_type } = position;
  if (event_type === 'session_deleted') {
    // The session that was deleted under this epoch was not created later.
    return known.map((incarnation, index) =>
      index === known.length - 1 && (incarnation.epochs?.begin ?? 0) <= epoch && epoch < (incarnation.epochs?.end ?? Infinity)
        ? { ...incarnation, deleted: true }
        : incarnation,
    );
  }
  let present = known.find(({ epochs }) => epochs !== null && epochs.begin <= epoch && epoch <= epochs.newest);
  if (present === undefined) {
    const state = await read();
    if (state === null) return known;
    const { created_at, owner_id } = state;
    const fresh: TrailIncarnation = { created_at, ...(owner_id === undefined ? {} : { owner_id }), epochs: null, deleted: false };
    present = known.find((incarnation) => isSameIncarnation(incarnation, state)) ?? fresh;
  }
  return [...known.filter((incarnation) => incarnation !== present), present];
}
