import type { CreatePayload, JsonValue, SessionState } from '#contract';
import { create } from '../domain/create.ts';
import { decide, type TimerCommand } from '../domain/decide.ts';
import type { SessionEvent } from '../domain/draft.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import { lifetimeOf, TOMBSTONE_MS } from './lifetime.ts';
import type { Commit, CommitResult, CommandKey, RememberedCommand, Rooms, SessionStore, StoredSession } from './ports.ts';

/** What surrounds a command: when it came, what it expects, and by which key a repetition is recognised. */
export interface CommandContext {
  /** Unix ms at which the command reached the server, whole. */
  arrival: number;
  expectedVersion?: number | undefined;
  command?: CommandKey | undefined;
}

/** What a command led to: the state after it, and whether it had its effect in an earlier call. */
export type Outcome = { ok: true; state: SessionState; appliedVersion?: number } | Refusal;

/** The clock as the engine needs it. */
export interface Clock {
  /** Unix ms with fractions. */
  now(): number;
  /** Follows the clock of Redis anew, now. */
  sample(): Promise<void>;
}

export interface EngineOptions {
  store: SessionStore;
  rooms: Rooms;
  clock: Clock;
  /** How long an idle session stays in Redis, ms. */
  idleMs: number;
  /** Whether events are written to the outbox. */
  audit: boolean;
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
    let epoch = context.arrival;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const decision = create(payload, context.arrival);
      if (!decision.ok) return decision;
      decision.event.state.epoch = epoch;
      const result = await this.#commit(null, decision.event, context);
      if (result.outcome === 'committed') return { ok: true, state: decision.event.state };
      if (result.outcome === 'repeated') return replay(result.command, result.session, payload.session_id, context);
      if (result.outcome === 'clock') return clockUnusable();
      if (result.session?.state) return refuse('SESSION_EXISTS', `Session ${payload.session_id} exists already`);
      epoch = (result.session?.epoch ?? epoch) + 1;
    }
    return lostEveryRace();
  }

  /** Applies a command to a session. */
  async execute(sessionId: string, command: TimerCommand, context: CommandContext): Promise<Outcome> {
    const loaded = await this.#options.store.load(sessionId, context.command?.id);
    if (loaded.command !== null) return replay(loaded.command, loaded.session, sessionId, context);
    let session = loaded.session;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const refusal = refusalBefore(session, sessionId, context);
      if (refusal !== null) return refusal;
      const state = (session as LiveSession).state;
      const decision = decide(state, command, context.arrival);
      if (!decision.ok) return decision;
      const result = await this.#commit(state, decision.event, context);
      if (result.outcome === 'committed') return { ok: true, state: decision.event.state };
      if (result.outcome === 'repeated') return replay(result.command, result.session, sessionId, context);
      if (result.outcome === 'clock') return clockUnusable();
      if (command.type === 'switch' && command.current_participant_id === undefined) return lostRace(state, result.session, sessionId);
      session = result.session;
    }
    return lostEveryRace();
  }

  /** The state as it is. */
  async get(sessionId: string, context: CommandContext): Promise<Outcome> {
    const { session } = await this.#options.store.load(sessionId);
    return refusalBefore(session, sessionId, context) ?? { ok: true, state: (session as LiveSession).state };
  }

  /** Relays a message to the session's room. It makes no version. */
  async message(sessionId: string, message: JsonValue, context: CommandContext): Promise<Outcome> {
    const { session, command } = await this.#options.store.load(sessionId, context.command?.id);
    if (command !== null) return replay(command, session, sessionId, context);
    const refusal = refusalBefore(session, sessionId, context);
    if (refusal !== null) return refusal;
    const { state } = session as LiveSession;
    if (context.command !== undefined && !(await this.#options.store.remember(sessionId, context.command, state.version))) {
      return this.message(sessionId, message, context);
    }
    this.#options.rooms.message(sessionId, message);
    return { ok: true, state };
  }

  /** Commits one event and tells the room. An instant that the store's clock contradicts is tried once more with a fresh sample. */
  async #commit(base: SessionState | null, event: SessionEvent, context: CommandContext): Promise<CommitResult> {
    const { store, rooms, clock, idleMs, audit } = this.#options;
    if (context.command !== undefined) event.metadata['command_id'] = context.command.id;
    const deleted = event.event_type === 'session_deleted';
    const commit: Commit = {
      base,
      events: [event],
      instant: context.arrival,
      lifetimeMs: deleted ? TOMBSTONE_MS : lifetimeOf(event.state, context.arrival, idleMs),
      command: context.command,
      audit,
    };
    let result = await store.commit(commit);
    if (result.outcome === 'clock') {
      await clock.sample();
      result = await store.commit(commit);
    }
    if (result.outcome === 'committed') rooms.publish([event]);
    return result;
  }
}

type LiveSession = StoredSession & { state: SessionState };

/** The checks that come before a command's own: existence, then `expected_version`. */
function refusalBefore(session: StoredSession | null, sessionId: string, context: CommandContext): Refusal | null {
  if (!session?.state) return refuse('SESSION_NOT_FOUND', `No session ${sessionId}`);
  const expected = context.expectedVersion;
  if (expected === undefined || expected === session.state.version) return null;
  return conflict(`Session is at version ${session.state.version}, not ${expected}`, expected, session.state);
}

function replay(memory: RememberedCommand, session: StoredSession | null, sessionId: string, context: CommandContext): Outcome {
  if (memory.fingerprint !== context.command?.fingerprint) {
    return refuse('IDEMPOTENCY_MISMATCH', `command_id ${context.command?.id ?? ''} was used for another command`);
  }
  if (!session?.state) return refuse('SESSION_NOT_FOUND', `No session ${sessionId}`);
  return { ok: true, state: session.state, appliedVersion: memory.version };
}

function lostRace(state: SessionState, session: StoredSession | null, sessionId: string): Refusal {
  if (!session?.state) return refuse('SESSION_NOT_FOUND', `No session ${sessionId}`);
  return conflict('Another command was faster', state.version, session.state);
}

function conflict(message: string, expected: number, state: SessionState): Refusal {
  return refuse('CONFLICT', message, { expected_version: expected, actual_version: state.version, state });
}

function clockUnusable(): Refusal {
  return refuse('SERVICE_UNAVAILABLE', 'The clock of this instance is not in step; try again');
}

function lostEveryRace(): Refusal {
  return refuse('SERVICE_UNAVAILABLE', 'Too many commands at once on this session; try again');
}
