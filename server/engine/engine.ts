import type { CreatePayload, JsonValue } from '#contract';
import { nextOverdue } from '../domain/catch-up.ts';
import { ruleOf } from '../domain/clock-rule.ts';
import { create } from '../domain/create.ts';
import { checkGuard, decide, type TimerCommand } from '../domain/decide.ts';
import { nextEpoch } from '../domain/recover.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Archive } from './archive.ts';
import type { Clock } from './clock.ts';
import type { Committer } from './committer.ts';
import type { Expirer } from './expirer.ts';
import type { Liveness } from './liveness.ts';
import { checkVersion, clockUnusable, type CommandContext, conflict, isLive, lostEveryRace, noteCommand, notFound, type Outcome, replay } from './outcome.ts';
import type { LiveSession, Rooms, SessionStore, StoredSession } from './ports.ts';

export interface EngineOptions {
  store: SessionStore;
  rooms: Rooms;
  committer: Committer;
  archive: Archive;
  expirer: Expirer;
  liveness: Liveness;
  clock: Clock;
  graceMs: number;
  metrics: Metrics;
}

type SwitchCommand = Extract<TimerCommand, { type: 'switch' }>;

/** Races that a command may lose before it gives up; each lost race means that somebody else's command went through. */
const ATTEMPTS = 100;
/** An instant further in the past than this is not judged any more. */
const ARRIVAL_AGE_MAX_MS = 3_000;

/** Load, decide, commit, publish. Refusals are values; StoreUnavailableError and UnreadableStateError are thrown. */
export class Engine {
  readonly #options: EngineOptions;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Creates a session; an id in use is refused with SESSION_EXISTS and never overwritten. An id that was just made up (`fresh`) is in use nowhere. */
  async create(payload: CreatePayload & { session_id: string }, context: CommandContext, fresh = false): Promise<Outcome> {
    const { archive, committer } = this.#options;
    const arrival = this.#arrivalOf(context);
    const exists = refuse('SESSION_EXISTS', `Session ${payload.session_id} exists already`);
    const known = fresh ? null : await archive.ask(payload.session_id);
    if (known?.unfinished === true) {
      const { session, command } = await archive.find(payload.session_id, context.command?.id);
      return command === null ? exists : replay(command, session, payload.session_id, context);
    }
    let epoch = nextEpoch(known?.epoch ?? 0, arrival.instant);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const decision = create(payload, arrival.instant);
      if (!decision.ok) return decision;
      const { event } = decision;
      event.state.epoch = epoch;
      noteCommand(event.metadata, context);
      const result = await committer.commit({ base: null, events: [event], instant: arrival.instant, command: context.command });
      if (result.outcome === 'committed') return { ok: true, state: event.state };
      if (result.outcome === 'repeated') return replay(result.command, result.session, payload.session_id, context);
      if (result.outcome === 'conflict') {
        if (isLive(result.session)) return exists;
        epoch = nextEpoch(result.session?.epoch ?? 0, epoch);
      } else if (!(await arrival.redo())) return clockUnusable();
    }
    return lostEveryRace();
  }

  /** Applies a command to a session, after whatever happened to it before the command arrived. */
  async execute(sessionId: string, command: TimerCommand, context: CommandContext): Promise<Outcome> {
    const { archive, committer, expirer, liveness } = this.#options;
    await liveness.beSure();
    const found = await archive.find(sessionId, context.command?.id);
    if (found.command !== null) return replay(found.command, found.session, sessionId, context);
    const arrival = this.#arrivalOf(context);
    let { session: first, session } = found;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!isLive(session) || !isLive(first)) return notFound(sessionId);
      if (nextOverdue(session.state, arrival.instant, liveness.outages) !== undefined) {
        const endsHere = command.type === 'switch' && checkSwitch(first, first, command, context) === null;
        const result = await expirer.catchUp(session, arrival.instant, endsHere ? context.command : undefined);
        if (result.outcome === 'clock') return clockUnusable();
        if (result.outcome === 'repeated') return replay(result.command, result.session, sessionId, context);
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
      noteCommand(decision.event.metadata, context);
      const result = await committer.commit({ base: session, events: [decision.event], instant: arrival.instant, command: context.command });
      if (result.outcome === 'committed') return { ok: true, state: decision.event.state };
      if (result.outcome === 'repeated') return replay(result.command, result.session, sessionId, context);
      if (result.outcome === 'conflict') session = result.session;
      else if (!(await arrival.redo())) return clockUnusable();
    }
    return lostEveryRace();
  }

  /** The state as it is; what is overdue is committed first, unless its grace has not ended. */
  async get(sessionId: string, context: CommandContext): Promise<Outcome> {
    const { archive, liveness } = this.#options;
    await liveness.beSure();
    const { session } = await archive.find(sessionId);
    return this.#read(session, sessionId, context);
  }

  /** Relays a message to the session's room. It makes no version. */
  async message(sessionId: string, message: JsonValue, context: CommandContext): Promise<Outcome> {
    const { archive, store, rooms } = this.#options;
    const { session, command } = await archive.find(sessionId, context.command?.id);
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
    const { expirer, liveness, graceMs } = this.#options;
    let session = stored;
    while (isLive(session) && nextOverdue(session.state, context.arrival - graceMs, liveness.outages) !== undefined) {
      const result = await expirer.catchUp(session, context.arrival);
      if (result.outcome === 'clock') return clockUnusable();
      session = result.session;
    }
    if (!isLive(session)) return notFound(sessionId);
    return checkVersion(session, context) ?? { ok: true, state: session.state };
  }

  /**
   * What becomes of a switch whose session is not the one it first read any more; null where it may go on. If its clock ran out, it does nothing further,
   * so it can't skip whoever is next. If another command was faster, only its guard makes it safe to try again.
   */
  async #switchReplaced(first: LiveSession, session: LiveSession, command: SwitchCommand, context: CommandContext): Promise<Outcome | null> {
    if (session.epoch === first.epoch && session.version === first.version) return null;
    if (!expiredOnly(first, session)) {
      return command.current_participant_id === undefined ? conflict('Another command was faster', first.version, session.state) : null;
    }
    const refusal = checkSwitch(first, session, command, context);
    if (refusal !== null) return refusal;
    if (context.command !== undefined) await this.#options.store.remember(session.state.session_id, context.command, session.version);
    const { participant_id } = ruleOf(first.state).holder(first.state);
    return { ok: true, state: session.state, expired: { participant_id, action: session.state.action_on_timeout } };
  }

  /** The instant a command is judged at, which may be corrected once: a fresh sample of the clock, and the present where it is too old. */
  #arrivalOf(context: CommandContext) {
    const { clock, metrics } = this.#options;
    let redone = false;
    return {
      instant: context.arrival,
      async redo(): Promise<boolean> {
        metrics.clockRefusals.inc();
        if (redone) return false;
        redone = true;
        this.instant = Math.floor(this.instant + (await clock.sample()));
        if (clock.now() - this.instant > ARRIVAL_AGE_MAX_MS) this.instant = Math.floor(clock.now());
        return true;
      },
    };
  }
}

/** Whether nothing but expiries happened between two versions of a session. */
function expiredOnly(first: LiveSession, session: LiveSession): boolean {
  return session.version > first.version && session.expiredSince !== null && session.expiredSince <= first.version;
}

/** The checks of a switch that ran into an expiry, against the version that it was sent for; refusals show the present state. */
function checkSwitch(first: LiveSession, session: LiveSession, command: SwitchCommand, { expectedVersion }: CommandContext): Refusal | null {
  if (expectedVersion !== undefined && expectedVersion !== first.version) {
    return conflict(`Session was at version ${first.version}, not ${expectedVersion}`, expectedVersion, session.state);
  }
  const refusal = checkGuard(first.state, command.current_participant_id);
  if (refusal?.code !== 'NOT_ACTIVE_PARTICIPANT') return refusal;
  return { ...refusal, details: { active_participant_id: session.state.active_participant_id, state: session.state } };
}
