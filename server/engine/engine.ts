import type { CreatePayload, JsonValue } from '#contract';
import { create } from '../domain/create.ts';
import { decide, type TimerCommand } from '../domain/decide.ts';
import { isDue } from '../domain/expire.ts';
import { ruleOf } from '../domain/clock-rule.ts';
import { refuse } from '../domain/refusal.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Arrival } from './arrival.ts';
import {
  checkSwitch,
  checkVersion,
  clockUnusable,
  type CommandContext,
  conflict,
  expiredOnly,
  lostEveryRace,
  noteCommand,
  notFound,
  type Outcome,
  replay,
} from './checks.ts';
import type { Clock } from './clock.ts';
import type { Committer } from './committer.ts';
import { type Expirer, isLive } from './expirer.ts';
import type { LiveSession, Rooms, SessionStore, StoredSession } from './ports.ts';

export type { CommandContext, Outcome } from './checks.ts';

export interface EngineOptions {
  store: SessionStore;
  rooms: Rooms;
  committer: Committer;
  expirer: Expirer;
  clock: Clock;
  graceMs: number;
  metrics: Metrics;
  logger: Logger;
}

/** Races that a command may lose before it gives up; each lost race means that somebody else's command went through. */
const ATTEMPTS = 100;

/** Load, decide, commit, publish. Refusals are values; StoreUnavailableError and UnreadableStateError are thrown. */
export class Engine {
  readonly #options: EngineOptions;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Creates a session; an id in use is refused with SESSION_EXISTS and never overwritten. */
  async create(payload: CreatePayload & { session_id: string }, context: CommandContext): Promise<Outcome> {
    const arrival = new Arrival(context.arrival, this.#options);
    let epoch = 0;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const decision = create(payload, arrival.instant);
      if (!decision.ok) return decision;
      const { event } = decision;
      event.state.epoch = Math.max(epoch, event.state.epoch);
      noteCommand(event.metadata, context);
      const result = await this.#options.committer.commit({
        base: null,
        events: [event],
        instant: arrival.instant,
        command: context.command,
      });
      switch (result.outcome) {
        case 'committed':
          return { ok: true, state: event.state };
        case 'repeated':
          return replay(result.command, result.session, payload.session_id, context);
        case 'clock':
          if (!(await arrival.redo())) return clockUnusable();
          break;
        case 'conflict':
          if (isLive(result.session)) return refuse('SESSION_EXISTS', `Session ${payload.session_id} exists already`);
          epoch = (result.session?.epoch ?? 0) + 1;
      }
    }
    return lostEveryRace();
  }

  /** Applies a command to a session, after whatever ran out before it arrived. */
  async execute(sessionId: string, command: TimerCommand, context: CommandContext): Promise<Outcome> {
    const { store, committer, expirer } = this.#options;
    const { session: first, command: memory } = await store.load(sessionId, context.command?.id);
    if (memory !== null) return replay(memory, first, sessionId, context);
    const arrival = new Arrival(context.arrival, this.#options);
    let session = first;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!isLive(session) || !isLive(first)) return notFound(sessionId);
      const due = isDue(session.state, arrival.instant);
      if (command.type === 'switch') {
        if (!due && expiredOnly(first, session)) return this.#switchAfterExpiry(first, session, command.current_participant_id, context);
        // Replaced by another's command: only the guard makes it safe to try again.
        if (session.version !== first.version && command.current_participant_id === undefined && !expiredOnly(first, session)) {
          return conflict('Another command was faster', first.version, session.state);
        }
      }
      if (!due) {
        const refusal = checkVersion(session, context);
        if (refusal !== null) return refusal;
      }
      const decision = due ? null : decide(session.state, command, arrival.instant);
      if (decision?.ok === false) return decision;
      if (decision !== null) noteCommand(decision.event.metadata, context);
      const endsHere = command.type === 'switch' && checkSwitch(first, first, command.current_participant_id, context) === null;
      const result =
        decision === null
          ? await expirer.expire(session, arrival.instant, endsHere ? context.command : undefined)
          : await committer.commit({ base: session, events: [decision.event], instant: arrival.instant, command: context.command });
      if (result.outcome === 'repeated') return replay(result.command, result.session, sessionId, context);
      if (result.outcome === 'committed' && decision !== null) return { ok: true, state: decision.event.state };
      if (result.outcome !== 'clock') session = result.session;
      else if (!(await arrival.redo())) return clockUnusable();
    }
    return lostEveryRace();
  }

  /** The state as it is; what ran out is committed first, unless its grace has not ended. */
  async get(sessionId: string, context: CommandContext): Promise<Outcome> {
    const { session } = await this.#options.store.load(sessionId);
    return this.#read(session, sessionId, context);
  }

  /** Relays a message to the session's room. It makes no version. */
  async message(sessionId: string, message: JsonValue, context: CommandContext): Promise<Outcome> {
    const { store, rooms } = this.#options;
    const { session, command } = await store.load(sessionId, context.command?.id);
    if (command !== null) return replay(command, session, sessionId, context);
    const outcome = await this.#read(session, sessionId, context);
    if (!outcome.ok) return outcome;
    if (context.command !== undefined && !(await store.remember(sessionId, context.command, outcome.state.version))) {
      return this.message(sessionId, message, context);
    }
    rooms.message(sessionId, message);
    return outcome;
  }

  async #read(stored: StoredSession | null, sessionId: string, context: CommandContext): Promise<Outcome> {
    const { expirer, graceMs } = this.#options;
    const arrival = new Arrival(context.arrival, this.#options);
    let session = stored;
    while (isLive(session) && isDue(session.state, arrival.instant - graceMs)) {
      const result = await expirer.expire(session, arrival.instant);
      if (result.outcome !== 'clock') session = result.session;
      else if (!(await arrival.redo())) return clockUnusable();
    }
    if (!isLive(session)) return notFound(sessionId);
    return checkVersion(session, context) ?? { ok: true, state: session.state };
  }

  /** A switch that came too late for its own clock does nothing further, so it can't skip whoever is next. */
  async #switchAfterExpiry(
    first: LiveSession,
    session: LiveSession,
    current: string | undefined,
    context: CommandContext,
  ): Promise<Outcome> {
    const refusal = checkSwitch(first, session, current, context);
    if (refusal !== null) return refusal;
    if (context.command !== undefined) await this.#options.store.remember(session.state.session_id, context.command, session.version);
    const { participant_id } = ruleOf(first.state).holder(first.state);
    return { ok: true, state: session.state, expired: { participant_id, action: session.state.action_on_timeout } };
  }
}
