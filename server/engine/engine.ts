import type { JsonValue } from '#contract';
import type { NewSession } from '../domain/create.ts';
import type { TimerCommand } from '../domain/decide.ts';
import type { Refusal } from '../domain/refusal.ts';
import { type Archive, isDormant } from './archive.ts';
import { checkVersion, clockUnusable, denied, notFound, repeated } from './checks.ts';
import type { CommandContext, Outcome } from './command-context.ts';
import { CommandInstant } from './command-instant.ts';
import { isLive } from './committer.ts';
import { type Around, createSession } from './create-session.ts';
import { type ExecuteOptions, Execution } from './execute.ts';
import type { SessionIncarnation } from './incarnation.ts';
import type { Liveness } from './liveness.ts';
import type { IdempotencyRecord, Rooms, StoredSession } from './ports.ts';
import { Together } from './together.ts';
import { SharedWork } from '../util/shared-work.ts';

export interface EngineOptions extends ExecuteOptions {
  liveness: Liveness;
  rooms: Rooms;
}

/**
 * Loads, decides, commits, publishes. Refusals are values; StoreUnavailableError and UnreadableStateError are thrown.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #together: Together;
  readonly #reads = new SharedWork<Awaited<ReturnType<Archive['find']>>>();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#together = new Together(options);
  }

  /**
   * Creates a session; refuses an id that is in use with SESSION_EXISTS and never overwrites it. An id that the server
   * has just generated (`fresh`) is not in use.
   */
  create(
    payload: NewSession,
    context: CommandContext,
    fresh = false,
    around: Around = async (_state, commit) => commit(),
  ): Promise<Outcome> {
    return createSession(this.#options, payload, context, fresh, around);
  }

  /** The incarnation of a session in the session cache; it may be over. */
  remembered(sessionId: string): SessionIncarnation | undefined {
    return this.#options.cache.get(sessionId)?.state;
  }

  /** Applies a command to a session, after everything that happened to it before the command arrived. */
  execute(sessionId: string, command: TimerCommand, context: CommandContext): Promise<Outcome> {
    const execution = new Execution(this.#options, sessionId, command, context);
    // In a concurrent session many command at once, and each but one would lose every race. Who loses one with an
    // extension would be recorded after those who bid later.
    const isCrowded =
      command.type === 'finish' || command.type === 'extend' || this.#options.cache.get(sessionId)?.state.concurrent === true;
    return isCrowded ? this.#together.run(sessionId, execution) : execution.run();
  }

  /**
   * The present state; what is overdue is committed first, unless its grace has not ended. Concurrent reads of one
   * session share a read of Redis that began after all of them had arrived: none gets a state older than what was
   * committed before it.
   */
  async get(sessionId: string, context: CommandContext): Promise<Outcome> {
    const { archive, liveness } = this.#options;
    await liveness.beSure();
    const { session } = await this.#reads.run(sessionId, () => archive.find(sessionId));
    context.read = session?.state;
    const admitted = await this.#admit(session, context);
    return 'ok' in admitted ? admitted : this.#read(admitted.session, sessionId, context);
  }

  /** Relays a message to the session's room. It makes no version. */
  async message(sessionId: string, message: JsonValue, context: CommandContext): Promise<Outcome> {
    const { archive, store, rooms } = this.#options;
    const { session, command } = await archive.find(sessionId, context.command);
    context.read = session?.state;
    const admitted = await this.#admit(session, context, command);
    if ('ok' in admitted) return admitted;
    if (command !== null) return repeated(command, admitted.session, sessionId, context);
    const outcome = await this.#read(admitted.session, sessionId, context);
    if (!outcome.ok) return outcome;
    const limited = context.limit?.admit() ?? null;
    const refused = limited === null ? null : await limited;
    if (refused !== null) return refused;
    // The message is acknowledged only after it was published.
    if (!(await store.relay(outcome.state, rooms.message(outcome.state, message, context.arrival, context.actor), context)))
      return this.message(sessionId, message, context);
    return outcome;
  }

  /**
   * The session, brought back if only the trail has it, for a sender who may see it; else the refusal. A refused
   * command has no effect.
   */
  async #admit(
    session: StoredSession | null,
    context: CommandContext,
    record: IdempotencyRecord | null = null,
  ): Promise<{ session: StoredSession | null } | Refusal> {
    const refusal = await denied(session, context, record);
    if (refusal !== null || !isDormant(session)) return refusal ?? { session };
    const woken = await this.#options.archive.wake(session);
    // Another session of that id may have been created meanwhile.
    return (await denied(woken, context, record)) ?? { session: woken };
  }

  async #read(stored: StoredSession | null, sessionId: string, context: CommandContext): Promise<Outcome> {
    const { expirer, overdue, graceMs } = this.#options;
    const instant = new CommandInstant(context.arrival, this.#options);
    let session = stored;
    while (isLive(session)) {
      const looked = await overdue.look(session, instant.at);
      if (overdue.next(looked, instant.at - graceMs) === undefined) break;
      const result = await expirer.catchUp(looked, instant.at);
      if (result.outcome !== 'clock') session = result.session;
      else if (!(await instant.redo())) return clockUnusable();
    }
    if (!isLive(session)) return notFound(sessionId);
    return checkVersion(session, context) ?? { ok: true, state: session.state };
  }
}
