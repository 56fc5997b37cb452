import { create, type NewSession } from '../domain/create.ts';
import { nextEpoch } from '../domain/recover.ts';
import { refuse } from '../domain/refusal.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Archive } from './archive.ts';
import { Arrival } from './arrival.ts';
import { clockUnusable, type CommandContext, denied, lostEveryRace, noteCommand, type Outcome, replay } from './checks.ts';
import type { Clock } from './clock.ts';
import { type Committer, isLive } from './committer.ts';
import type { RememberedCommand, StoredSession } from './ports.ts';

export interface CreatorOptions {
  committer: Committer;
  archive: Archive;
  clock: Clock;
  metrics: Metrics;
  logger: Logger;
}

/** Races that a create may lose to others that created and deleted the same id. */
const ATTEMPTS = 100;

/** Creates a session; an id in use is refused with SESSION_EXISTS and never overwritten. An id that was just made up (`fresh`) is in use nowhere. */
export async function createSession(
  options: CreatorOptions,
  payload: NewSession,
  context: CommandContext,
  fresh: boolean,
): Promise<Outcome> {
  const { archive, committer } = options;
  const arrival = new Arrival(context.arrival, options);
  // Whoever repeats a create is shown the session, which by now may be somebody else's.
  const repeated = async (memory: RememberedCommand, session: StoredSession | null) =>
    (await denied(session, context, memory)) ?? replay(memory, session, payload.session_id, context);
  const exists = refuse('SESSION_EXISTS', `Session ${payload.session_id} exists already`);
  const first = create(payload, arrival.instant);
  if (!first.ok) return first;
  const known = fresh ? null : await archive.ask(payload.session_id);
  let spent = known?.epoch ?? 0;
  if (known?.unfinished === true) {
    const { session, command } = await archive.find(payload.session_id, context.command?.id);
    if (command !== null) return repeated(command, session);
    if (isLive(session)) return exists;
    // Deleted, which the trail has yet to hear.
    spent = Math.max(spent, session?.epoch ?? 0);
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const decision = create(payload, arrival.instant);
    if (!decision.ok) return decision;
    const { event } = decision;
    event.state.epoch = nextEpoch(spent, arrival.instant);
    noteCommand(event.metadata, context);
    const result = await committer.commit({ base: null, events: [event], instant: arrival.instant, command: context.command });
    if (result.outcome === 'committed') return { ok: true, state: event.state };
    // A finished session may have left Redis before the memory of its create.
    if (result.outcome === 'repeated') return repeated(result.command, result.session ?? (await archive.find(payload.session_id)).session);
    if (result.outcome === 'conflict') {
      if (isLive(result.session)) return exists;
      spent = Math.max(spent, result.session?.epoch ?? 0);
    } else if (!(await arrival.redo())) return clockUnusable();
  }
  return lostEveryRace();
}
