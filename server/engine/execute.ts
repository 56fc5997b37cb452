import { clockHolder } from '#clock';
import { decide, type Decision, type TimerCommand } from '../domain/decide.ts';
import { isSamePosition } from '../domain/position.ts';
import { type Archive, isDormant } from './archive.ts';
import {
  checkCycle,
  checkSwitch,
  checkVersion,
  clockUnusable,
  conflict,
  denied,
  expiredOnly,
  lostEveryRace,
  noteOf,
  notFound,
  repeated,
} from './checks.ts';
import type { CommandContext, Outcome } from './command-context.ts';
import { CommandInstant, type CommandInstantParts } from './command-instant.ts';
import { type Committed, type Committer, isLive } from './committer.ts';
import type { Expirer } from './expirer.ts';
import type { Liveness } from './liveness.ts';
import type { Overdue } from './overdue.ts';
import type { LiveSession, IdempotencyRecord, SessionStore, StoredSession } from './ports.ts';
import type { SessionCache } from './session-cache.ts';

export interface ExecuteOptions extends CommandInstantParts {
  archive: Archive;
  cache: SessionCache;
  committer: Committer;
  expirer: Expirer;
  liveness: Pick<Liveness, 'beSure'>;
  overdue: Overdue;
  store: SessionStore;
  /** How long after a deadline an expiry waits for commands that came before it, ms. */
  graceMs: number;
}

/** Races that a command may lose before it gives up; each lost race means that somebody else's command went through. */
const ATTEMPTS = 100;

type SwitchCommand = Extract<TimerCommand, { type: 'switch' }>;
type NotCommitted = Exclude<Committed, { outcome: 'committed' }>;

/** What a round works on. */
interface Candidate {
  session: StoredSession | null;
  /** Whether it is what this instance remembers: only what Redis says may refuse a command, or let a clock run out. */
  isRemembered: boolean;
  /** Whether its sender may has been asked of it, or of this very session before. */
  isAuthorized: boolean;
}

/**
 * One command on its way to its effect: rounds of deciding on a session and committing that, until a round ends it. The
 * first works on what this instance remembers, so that no read precedes the commit; the others on what Redis has.
 */
export class Execution {
  readonly #options: ExecuteOptions;
  readonly #sessionId: string;
  readonly #command: TimerCommand;
  readonly #context: CommandContext;
  readonly #instant: CommandInstant;
  /** The session as the command met it first: the version that it was sent for. */
  #first: StoredSession | null = null;
  #lost = 0;

  constructor(options: ExecuteOptions, sessionId: string, command: TimerCommand, context: CommandContext) {
    this.#options = options;
    this.#sessionId = sessionId;
    this.#command = command;
    this.#context = context;
    this.#instant = new CommandInstant(context.arrival, options);
  }

  /** @throws StoreUnavailableError, UnreadableStateError */
  async run(): Promise<Outcome> {
    await this.#options.liveness.beSure();
    const session = this.#options.cache.get(this.#sessionId);
    let next: Outcome | Candidate;
    if (session === undefined) next = await this.#load();
    else next = await this.#round({ session: (this.#first = session), isRemembered: true, isAuthorized: false });
    while (!('ok' in next)) {
      if (this.#lost >= ATTEMPTS) return lostEveryRace();
      next = await this.#round(next);
    }
    return next;
  }

  /** Decides on a session and commits it: where that ends the command, how; else what the next round works on. */
  async #round(candidate: Candidate): Promise<Outcome | Candidate> {
    const { overdue } = this.#options;
    const { session, isRemembered } = candidate;
    // Awaited only where there is something to ask: most commands pass here once, and each wait is a turn of the queue.
    if (this.#context.authorize !== undefined && !candidate.isAuthorized) {
      const refusal = await denied(session, this.#context);
      if (refusal !== null) return isRemembered ? this.#load() : refusal;
    }
    if (!isLive(session) || !isLive(this.#first)) return notFound(this.#sessionId);
    const looked = isRemembered ? session : await overdue.look(session, this.#instant.at);
    if (overdue.next(looked, this.#instant.at) !== undefined) {
      return isRemembered ? this.#load() : this.#catchUp(looked, this.#first, candidate);
    }
    if (this.#command.type === 'switch' && !isSamePosition(session, this.#first)) {
      const ended = await this.#switchReplaced(this.#first, session, this.#command);
      if (ended !== null) return ended;
    }
    const decision = this.#decide(this.#first, session);
    if (!decision.ok) return isRemembered ? this.#load() : decision;
    const admitted = this.#context.limit?.admit() ?? null;
    const limited = admitted === null ? null : await admitted;
    if (limited !== null) return limited;
    const { event } = decision;
    const proposal = { base: session, events: [event], instant: this.#instant.at, command: this.#context.command };
    const result = await this.#options.committer.commit(proposal);
    if (result.outcome === 'committed') return { ok: true, state: event.state, before: session.state };
    return this.#failed(result, candidate);
  }

  #decide(first: LiveSession, session: LiveSession): Decision {
    const context = this.#context;
    const refusal = checkVersion(session, context);
    if (refusal !== null) return refusal;
    const decision = decide(session.state, this.#command, this.#instant.at, { note: noteOf(context) });
    if (!decision.ok || this.#command.type !== 'adjust') return decision;
    return checkCycle(first, session, this.#instant.at, this.#options.graceMs, context) ?? decision;
  }

  /** After a commit that did not go through. One that met another state than it was decided on has read it. */
  async #failed(result: NotCommitted, { session, isRemembered }: Candidate): Promise<Outcome | Candidate> {
    if (result.outcome === 'clock') {
      if (!(await this.#instant.redo())) return clockUnusable();
      return isRemembered ? this.#load() : { session, isRemembered, isAuthorized: true };
    }
    if (result.outcome === 'conflict') this.#context.lost = ++this.#lost;
    const record = result.outcome === 'repeated' ? result.command : null;
    if (isRemembered) return result.session === null ? this.#load() : this.#begin(result.session, record);
    if (record !== null) return repeated(record, result.session, this.#sessionId, this.#context);
    return { session: result.session, isRemembered, isAuthorized: false };
  }

  /** Finds the session wherever it is: what Redis lacks, the trail may have. */
  async #load(): Promise<Outcome | Candidate> {
    const { limit, command } = this.#context;
    const looked = limit?.look?.();
    const found = await this.#options.archive.find(this.#sessionId, command);
    await looked;
    return this.#begin(found.session, found.command);
  }

  /**
   * Begins with a session as it was first read, and what its command_id is remembered for. What its sender may not has
   * no effect.
   */
  async #begin(session: StoredSession | null, record: IdempotencyRecord | null): Promise<Outcome | Candidate> {
    this.#context.read = session?.state;
    const refusal = await denied(session, this.#context, record);
    if (refusal !== null) return refusal;
    if (record !== null) return repeated(record, session, this.#sessionId, this.#context);
    const wasDormant = isDormant(session);
    this.#first = wasDormant ? await this.#options.archive.wake(session) : session;
    // Whatever came between may have been a deletion, and somebody else's session of that id.
    return { session: this.#first, isRemembered: false, isAuthorized: !wasDormant };
  }

  /**
   * Applies what happened to a session before the command arrived. To catch up is to lose no race, however many commits
   * it takes.
   */
  async #catchUp(session: LiveSession, first: LiveSession, candidate: Candidate): Promise<Outcome | Candidate> {
    const command = this.#command;
    const endsHere = command.type === 'switch' && checkSwitch(first, first, command.current_participant_id, this.#context) === null;
    const result = await this.#options.expirer.catchUp(session, this.#instant.at, endsHere ? this.#context.command : undefined);
    switch (result.outcome) {
      case 'clock':
        return (await this.#instant.redo()) ? candidate : clockUnusable();
      case 'repeated':
        return repeated(result.command, result.session, this.#sessionId, this.#context);
      case 'committed':
        // An outage is no expiry, and nobody else's doing either: the command goes on from there.
        if (result.session.expiredSince === null) this.#first = result.session;
        return { ...candidate, session: result.session };
      case 'conflict':
        this.#lost += 1;
        return { ...candidate, session: result.session, isAuthorized: false };
    }
  }

  /**
   * What becomes of a switch whose session is not the one it first met any more; null where it may go on. If its clock
   * ran out, it does nothing further, so it can't skip whoever is next. If another command was faster, only its guard
   * makes it safe to try again.
   */
  async #switchReplaced(first: LiveSession, session: LiveSession, command: SwitchCommand): Promise<Outcome | null> {
    const context = this.#context;
    if (!expiredOnly(first, session)) {
      return command.current_participant_id === undefined ? conflict('Another command was faster', first.version, session.state) : null;
    }
    const refusal = checkSwitch(first, session, command.current_participant_id, context);
    if (refusal !== null) return refusal;
    if (context.command !== undefined) await this.#options.store.remember(session.state, context.command);
    const { participant_id } = clockHolder(first.state);
    return { ok: true, state: session.state, expired: { participant_id, action: session.state.action_on_timeout } };
  }
}
