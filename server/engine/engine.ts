import { clockHolder } from '#clock';
import type { JsonValue } from '#contract';
import type { NewSession } from '../domain/create.ts';
import { decide, type TimerCommand } from '../domain/decide.ts';
import type { Refusal } from '../domain/refusal.ts';
import { type Archive, isDormant } from './archive.ts';
import { Arrival } from './arrival.ts';
import { isLive } from './committer.ts';
import { type Around, createSession } from './create-session.ts';
import type { Expirer, ExpirerOptions } from './expirer.ts';
import { firstTry } from './first-try.ts';
import {
  checkCycle,
  checkSwitch,
  checkVersion,
  clockUnusable,
  type CommandContext,
  conflict,
  denied,
  expiredOnly,
  lostEveryRace,
  noteCommand,
  notFound,
  type Outcome,
  replay,
} from './checks.ts';
import type { SessionLife } from './life.ts';
import type { LiveSession, RememberedCommand, StoredSession } from './ports.ts';
import { SharedWork } from '../util/shared-work.ts';

export type { CommandContext, Outcome } from './checks.ts';

export interface EngineOptions extends Omit<ExpirerOptions, 'alarms'> {
  archive: Archive;
  expirer: Expirer;
}

type SwitchCommand = Extract<TimerCommand, { type: 'switch' }>;

/** Races that a command may lose before it gives up; each lost race means that somebody else's command went through. */
const ATTEMPTS = 100;

/** Load, decide, commit, publish. Refusals are values; StoreUnavailableError and UnreadableStateError are thrown. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #reads = new SharedWork<Awaited<ReturnType<Archive['find']>>>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Creates a session; an id in use is refused with SESSION_EXISTS and never overwritten. An id that was just made up (`fresh`) is in use nowhere. */
  create(
    payload: NewSession,
    context: CommandContext,
    fresh = false,
    around: Around = async (_state, commit) => commit(),
  ): Promise<Outcome> {
    return createSession(this.#options, payload, context, fresh, around);
  }

  /** A life of a session that this instance remembers, which may be over. */
  remembered(sessionId: string): SessionLife | undefined {
    return this.#options.hints.get(sessionId)?.state;
  }

  /** Applies a command to a session, after whatever happened to it before the command arrived. */
  async execute(sessionId: string, command: TimerCommand, context: CommandContext): Promise<Outcome> {
    const { archive, committer, expirer, liveness, overdue, graceMs } = this.#options;
    await liveness.beSure();
    const arrival = new Arrival(context.arrival, this.#options);
    const found = await firstTry(this.#options, sessionId, command, arrival, context);
    if ('ok' in found) return found;
    context.read = found.session?.state;
    if (context.authorize !== undefined) {
      const refusal = await denied(found.session, context, found.command);
      if (refusal !== null) return refusal;
    }
    if (found.command !== null) return replay(found.command, found.session, sessionId, context);
    let { session: first, session } = found;
    const wasDormant = isDormant(session);
    if (wasDormant) first = session = await archive.wake(session);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // Whatever came between may have been a deletion, and somebody else's session of that id.
      if ((attempt > 0 || wasDormant) && context.authorize !== undefined) {
        const refusal = await denied(session, context);
        if (refusal !== null) return refusal;
      }
      if (!isLive(session) || !isLive(first)) return notFound(sessionId);
      const looked = await overdue.look(session, arrival.instant);
      if (overdue.next(looked, arrival.instant) !== undefined) {
        const endsHere = command.type === 'switch' && checkSwitch(first, first, command.current_participant_id, context) === null;
        const result = await expirer.catchUp(looked, arrival.instant, endsHere ? context.command : undefined);
        if (result.outcome === 'clock') {
          if (await arrival.redo()) continue;
          return clockUnusable();
        }
        if (result.outcome === 'repeated') return replay(result.command, result.session, sessionId, context);
        // To catch up is to lose no race, however many commits it takes.
        if (result.outcome === 'committed') attempt -= 1;
        // An outage is no expiry, and nobody else's doing either: the command goes on from there.
        if (result.outcome === 'committed' && result.session.expiredSince === null) first = result.session;
        session = result.session;
        continue;
      }
      const ended = command.type === 'switch' ? await this.#switchReplaced(first, session, command, context) : null;
      if (ended !== null) return ended;
      const refusal = checkVersion(session, context);
      if (refusal !== null) return refusal;
      const decision = decide(session.state, command, arrival.instant);
      if (!decision.ok) return decision;
      const gone = command.type === 'adjust' ? checkCycle(first, session, arrival.instant, graceMs, context) : null;
      if (gone !== null) return gone;
      const admitted = context.limit?.admit() ?? null;
      const refused = admitted === null ? null : await admitted;
      if (refused !== null) return refused;
      noteCommand(decision.event.metadata, context);
      const result = await committer.commit({
        base: session,
        events: [decision.event],
        instant: arrival.instant,
        command: context.command,
      });
      if (result.outcome === 'committed') return { ok: true, state: decision.event.state, before: session.state };
      if (result.outcome === 'repeated') return replay(result.command, result.session, sessionId, context);
      if (result.outcome === 'conflict') {
        context.lost = (context.lost ?? 0) + 1;
        session = result.session;
      } else if (!(await arrival.redo())) return clockUnusable();
    }
    return lostEveryRace();
  }

  /**
   * The state as it is; what is overdue is committed first, unless its grace has not ended. Reads of one session that come at once share one of Redis, which
   * began after all of them came: nobody gets a state that is older than what was committed before.
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
    if (command !== null) return replay(command, admitted.session, sessionId, context);
    const outcome = await this.#read(admitted.session, sessionId, context);
    if (!outcome.ok) return outcome;
    const limited = context.limit?.admit() ?? null;
    const refused = limited === null ? null : await limited;
    if (refused !== null) return refused;
    // Acknowledged is what has been published.
    if (!(await store.relay(outcome.state, rooms.message(outcome.state, message, context.arrival, context.actor), context)))
      return this.message(sessionId, message, context);
    return outcome;
  }

  /** The session, brought back where only the trail has it, for a sender who may; else why they may not. What they may not has no effect. */
  async #admit(
    session: StoredSession | null,
    context: CommandContext,
    memory: RememberedCommand | null = null,
  ): Promise<{ session: StoredSession | null } | Refusal> {
    const refusal = await denied(session, context, memory);
    if (refusal !== null || !isDormant(session)) return refusal ?? { session };
    const woken = await this.#options.archive.wake(session);
    // Who was faster may have created another session of that id.
    return (await denied(woken, context, memory)) ?? { session: woken };
  }

  async #read(stored: StoredSession | null, sessionId: string, context: CommandContext): Promise<Outcome> {
    const { expirer, overdue, graceMs } = this.#options;
    const arrival = new Arrival(context.arrival, this.#options);
    let session = stored;
    while (isLive(session)) {
      const looked = await overdue.look(session, arrival.instant);
      if (overdue.next(looked, arrival.instant - graceMs) === undefined) break;
      const result = await expirer.catchUp(looked, arrival.instant);
      if (result.outcome !== 'clock') session = result.session;
      else if (!(await arrival.redo())) return clockUnusable();
    }
    if (!isLive(session)) return notFound(sessionId);
    return checkVersion(session, context) ?? { ok: true, state: session.state };
  }

  /**
   * What becomes of a switch whose session is not the one it first read any more; null where it may go on. If its clock ran out, it does nothing further,
   * so it can't skip whoever is next. If another command was faster, only its guard makes it safe to try again.
   */
  async #switchReplaced(
    first: LiveSession,
    session: LiveSession,
    command: SwitchCommand,
    context: CommandContext,
  ): Promise<Outcome | null> {
    if (session.epoch === first.epoch && session.version === first.version) return null;
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
