import { clockHolder, isSamePosition } from '#clock';
import { checkCycleCount } from '../domain/cycle-guard.ts';
import { decide, type Decision, type TimerCommand } from '../domain/decide.ts';
import type { SessionEvent } from '../domain/event.ts';
import { type Archive, isDormant } from './archive.ts';
import {
  checkCycle,
  checkSwitch,
  checkVersion,
  clockUnusable,
  conflict,
  denied,
  endedCycle,
  expiredOnly,
  lostEveryRace,
  noteOf,
  notFound,
  repeated,
  startedOnly,
} from './checks.ts';
import type { CommandContext, Outcome } from './command-context.ts';
import { CommandInstant, type CommandInstantParts } from './command-instant.ts';
import { type Committed, type Committer, isLive } from './committer.ts';
import type { Expirer } from './expirer.ts';
import type { Liveness } from './liveness.ts';
import type { Overdue } from './overdue.ts';
import type { CommandKey, LiveSession, IdempotencyRecord, SessionStore, StoredSession } from './ports.ts';
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

/** How many races a command may lose; each one means that another command was committed. */
const ATTEMPTS = 100;

type SwitchCommand = Extract<TimerCommand, { type: 'switch' }>;
type NotCommitted = Exclude<Committed, { outcome: 'committed' }>;

/** The session that a round works on. */
interface Candidate {
  session: StoredSession | null;
  /** Whether it comes from the session cache. Only what Redis has may refuse a command or let a clock expire. */
  isRemembered: boolean;
  /** Whether the sender's right was checked against it, or against this very session before. */
  isAuthorized: boolean;
}

/**
 * Executes one command in rounds: each decides on a session and commits that, until one ends the command. The first
 * works on the session cache, so that no read precedes the commit; the others on what Redis has.
 */
export class Execution {
  readonly #options: ExecuteOptions;
  readonly #sessionId: string;
  readonly #command: TimerCommand;
  readonly #context: CommandContext;
  readonly #instant: CommandInstant;
  /** The session as the command first read it: the version that it was sent for. */
  #first: StoredSession | null = null;
  #lost = 0;

  constructor(options: ExecuteOptions, sessionId: string, command: TimerCommand, context: CommandContext) {
    this.#options = options;
    this.#sessionId = sessionId;
    this.#command = command;
    this.#context = context;
    this.#instant = new CommandInstant(context.arrival, options);
  }

  /** The command's idempotency key; undefined if it has none. */
  get key(): CommandKey | undefined {
    return this.#context.command;
  }

  /**
   * Decides the command on top of other commands that are to be committed with it: `first` is the remembered session
   * before all of them, `session` the one after them. Returns the event and the instant that was judged, Unix ms. Null
   * if the command must run alone: because it concerns more than the clock of one participant, or would be refused,
   * which only the state in Redis may decide.
   */
  async decideAfter(first: LiveSession, session: LiveSession): Promise<{ event: SessionEvent; instant: number } | null> {
    const { authorize, limit } = this.#context;
    if (!isAboutOneClock(this.#command)) return null;
    if (authorize !== undefined && (await denied(session, this.#context)) !== null) return null;
    if (this.#options.overdue.next(session, this.#instant.at) !== undefined) return null;
    const decision = this.#decide(first, session);
    if (!decision.ok || ((await limit?.admit()) ?? null) !== null) return null;
    return { event: decision.event, instant: this.#instantOf(decision.event) };
  }

  /** @throws StoreUnavailableError, UnreadableStateError */
  async run(): Promise<Outcome> {
    await this.#options.liveness.beSure();
    // Whoever takes turns back means those that Redis has when the command arrives, and no later ones.
    const session = this.#command.type === 'undo' ? undefined : this.#options.cache.get(this.#sessionId);
    let next: Outcome | Candidate;
    if (session === undefined) next = await this.#load();
    else next = await this.#round({ session: (this.#first = session), isRemembered: true, isAuthorized: false });
    while (!('ok' in next)) {
      if (this.#lost >= ATTEMPTS) return lostEveryRace();
      next = await this.#round(next);
    }
    return next;
  }

  /**
   * Decides on a session and commits. Returns the outcome if that ends the command, else what the next round works on.
   */
  async #round(candidate: Candidate): Promise<Outcome | Candidate> {
    const { overdue } = this.#options;
    const { session, isRemembered } = candidate;
    // Awaited only if there is something to check: most commands pass here once, and each await costs a turn of the
    // microtask queue.
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
    const lostRace = this.#command.type === 'undo' && !isSamePosition(session, this.#first) && !expiredOnly(this.#first, session);
    if (lostRace) return conflict('Another command was faster', this.#first.version, session.state);
    const decision = this.#decide(this.#first, session);
    if (!decision.ok) return isRemembered ? this.#load() : decision;
    const admitted = this.#context.limit?.admit() ?? null;
    const limited = admitted === null ? null : await admitted;
    if (limited !== null) return limited;
    const { event } = decision;
    const proposal = { base: session, events: [event], instant: this.#instantOf(event), command: this.#context.command };
    const result = await this.#options.committer.commit(proposal);
    if (result.outcome === 'committed') return { ok: true, state: event.state, before: session.state };
    return this.#failed(result, candidate);
  }

  /** A finish keeps its arrival however long it has waited for others. */
  #instantOf({ at }: SessionEvent): number {
    return this.#command.type === 'finish' ? at : this.#instant.at;
  }

  #decide(first: LiveSession, session: LiveSession): Decision {
    const context = this.#context;
    const refusal = checkVersion(session, context);
    if (refusal !== null) return refusal;
    const decision = decide(session.state, this.#command, this.#instant.at, { note: noteOf(context), history: session.undo });
    if (!decision.ok || !isForPresentCycle(this.#command)) return decision;
    return checkCycle(first, session, this.#instant.at, this.#options.graceMs, context) ?? decision;
  }

  /** Handles a commit that failed. On a conflict it has read the present session. */
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

  /** Loads the session from Redis, or else from the trail. */
  async #load(): Promise<Outcome | Candidate> {
    const { limit, command } = this.#context;
    const looked = limit?.look?.();
    const found = await this.#options.archive.find(this.#sessionId, command);
    await looked;
    return this.#begin(found.session, found.command);
  }

  /**
   * Begins with a session as it was first read, and with the idempotency record of the command. A refused command has
   * no effect.
   */
  async #begin(session: StoredSession | null, record: IdempotencyRecord | null): Promise<Outcome | Candidate> {
    this.#context.read = session?.state;
    const refusal = await denied(session, this.#context, record);
    if (refusal !== null) return refusal;
    if (record !== null) return repeated(record, session, this.#sessionId, this.#context);
    const wasDormant = isDormant(session);
    this.#first = wasDormant ? await this.#options.archive.wake(session) : session;
    // Meanwhile it may have been deleted, and the id taken by somebody else.
    return { session: this.#first, isRemembered: false, isAuthorized: !wasDormant };
  }

  /**
   * Applies what happened to a session before the command arrived. However many commits that takes, they count as no
   * lost race.
   */
  async #catchUp(session: LiveSession, first: LiveSession, candidate: Candidate): Promise<Outcome | Candidate> {
    const command = this.#command;
    // A clock of a concurrent session that falls does not yet end the cycle.
    const mayEndHere = command.type === 'switch' && session.state.concurrent !== true;
    const isTheirs = mayEndHere && checkCycleCount(first.state, command.cycle_count) === null;
    const endsHere = isTheirs && checkSwitch(first, first, command.current_participant_id, this.#context) === null;
    const result = await this.#options.expirer.catchUp(session, this.#instant.at, endsHere ? this.#context.command : undefined);
    switch (result.outcome) {
      case 'clock':
        return (await this.#instant.redo()) ? candidate : clockUnusable();
      case 'repeated':
        return repeated(result.command, result.session, this.#sessionId, this.#context);
      case 'committed':
        // A start by itself or an outage is neither an expiry nor another command, so the command goes on from there.
        if (result.session.expiredSince === null) this.#first = result.session;
        return { ...candidate, session: result.session };
      case 'conflict':
        this.#lost += 1;
        // If another instance or an alarm has just started the session, the command goes on as if this one had.
        if (isLive(result.session) && startedOnly(first, result.session)) this.#first = result.session;
        return { ...candidate, session: result.session, isAuthorized: false };
    }
  }

  /**
   * The outcome of a switch whose session has changed since it was first read; null if the switch may go on. If the
   * clock expired, the switch does nothing more, so that it never skips the next participant. If another command was
   * faster, only a guard makes it safe to try again.
   */
  async #switchReplaced(first: LiveSession, session: LiveSession, command: SwitchCommand): Promise<Outcome | null> {
    const context = this.#context;
    if (session.state.concurrent === true && !endedCycle(first, session)) {
      const isGuarded = command.cycle_count !== undefined || command.current_participant_id !== undefined;
      return isGuarded || expiredOnly(first, session) ? null : conflict('Another command was faster', first.version, session.state);
    }
    if (!expiredOnly(first, session)) {
      if (command.cycle_count !== undefined) return null;
      return command.current_participant_id === undefined ? conflict('Another command was faster', first.version, session.state) : null;
    }
    const otherCycle = checkCycleCount(first.state, command.cycle_count);
    if (otherCycle !== null) return conflict(otherCycle.message, first.version, session.state);
    const refusal = checkSwitch(first, session, command.current_participant_id, context);
    if (refusal !== null) return refusal;
    if (context.command !== undefined) await this.#options.store.remember(session.state, context.command);
    const { participant_id } = clockHolder(first.state);
    return { ok: true, state: session.state, expired: { participant_id, action: session.state.action_on_timeout } };
  }
}

/** Whether a command concerns the clock of one participant of a concurrent session. */
function isAboutOneClock(command: TimerCommand): boolean {
  const { type } = command;
  return type === 'finish' || ((type === 'start' || type === 'pause' || type === 'resume') && command.participant_id !== undefined);
}

/** Whether a command that names no cycle is meant for the one that its sender sees. */
function isForPresentCycle(command: TimerCommand): boolean {
  const { type } = command;
  return type === 'adjust' || ((type === 'extend' || type === 'finish') && command.cycle_count === undefined);
}
