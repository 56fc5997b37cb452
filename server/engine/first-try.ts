import { decide, type TimerCommand } from '../domain/decide.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { Archive } from './archive.ts';
import type { Arrival } from './arrival.ts';
import { checkCycle, checkVersion, clockUnusable, type CommandContext, denied, noteCommand, type Outcome } from './checks.ts';
import type { Committed, Committer } from './committer.ts';
import type { Hints } from './hints.ts';
import type { Overdue } from './overdue.ts';
import type { LiveSession, SessionStore } from './ports.ts';

interface Parts {
  archive: Archive;
  committer: Committer;
  hints: Hints;
  overdue: Overdue;
  graceMs: number;
}

type Found = Awaited<ReturnType<SessionStore['load']>>;

/**
 * Tries a command on what is remembered of its session, so that no read precedes the commit; where that does not go through, finds the session.
 * A commit that met another state than it was decided on has read it, so that is the first read then.
 */
export async function firstTry(
  parts: Parts,
  sessionId: string,
  command: TimerCommand,
  arrival: Arrival,
  context: CommandContext,
): Promise<Outcome | Found> {
  const base = parts.hints.get(sessionId);
  const tried = base === undefined ? null : await tryHint(parts, base, command, arrival, context);
  if (tried !== null && 'ok' in tried) return tried;
  if (base !== undefined && tried?.outcome === 'committed') return { ok: true, state: tried.session.state, before: base.state };
  if (tried?.outcome === 'clock' && !(await arrival.redo())) return clockUnusable();
  if (tried?.outcome === 'conflict') context.lost = 1;
  if (tried?.outcome === 'conflict' && tried.session !== null) return { session: tried.session, command: null };
  if (tried?.outcome === 'repeated' && tried.session !== null) return { session: tried.session, command: tried.command };
  const looked = context.limit?.look?.();
  // What Redis lacks, the trail may have.
  const found = await parts.archive.find(sessionId, context.command);
  await looked;
  return found;
}

/** Null where it would lead to anything but success: only what Redis says may refuse a command, or let a clock run out. */
async function tryHint(
  { committer, overdue, graceMs }: Parts,
  base: LiveSession,
  command: TimerCommand,
  arrival: Arrival,
  context: CommandContext,
): Promise<Committed | Refusal | null> {
  if (checkVersion(base, context) !== null) return null;
  if (overdue.next(base, arrival.instant) !== undefined) return null;
  if (context.authorize !== undefined && (await denied(base, context)) !== null) return null;
  const decision = decide(base.state, command, arrival.instant);
  if (!decision.ok) return null;
  if (command.type === 'adjust' && checkCycle(base, base, arrival.instant, graceMs, context) !== null) return null;
  const admitted = context.limit?.admit() ?? null;
  const refused = admitted === null ? null : await admitted;
  if (refused !== null) return refused;
  noteCommand(decision.event.metadata, context);
  return committer.commit({ base, events: [decision.event], instant: arrival.instant, command: context.command });
}
