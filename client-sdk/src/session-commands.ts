/**
 * All commands on sessions as methods: they add what makes a command safe to repeat, and take states from the answers.
 */
import { expectThat } from './arguments.ts';
import type { DeviceClock } from './device-clock.ts';
import type {
  CodePayload,
  CommandName,
  CommandOptions,
  Commands,
  CompletePayload,
  CreatePayload,
  ExtendPayload,
  FinishPayload,
  EditPayload,
  BriefHistoryData,
  HistoryPayload,
  ItemInput,
  ItemState,
  JsonValue,
  SessionState,
  SchedulePayload,
  SharePayload,
  ShareLink,
  UndoPayload,
} from './contract/index.ts';
import { SyncKairosError } from './errors.ts';
import { freshId } from './ids.ts';
import type { RestCommand } from './rest.ts';
import type { Rooms } from './rooms.ts';
import { bankOf, type Who } from './who.ts';

/** Which part of a history to read. */
export type HistoryPage = Pick<CallOptions, 'signal'> &
  Pick<HistoryPayload, 'after_version' | 'limit' | 'event_types' | 'created_at' | 'snapshots'>;

type ClockCommand = 'session:start' | 'session:pause' | 'session:resume' | 'session:finish';
/**
 * What every method that asks the server takes as its last argument, beside what is its own. The spellings of the wire,
 * `expected_version` and `command_id`, are taken as well.
 */
export interface CallOptions extends CommandOptions {
  /** Apply the command to this version of the session only; it is a CONFLICT otherwise. */
  expectedVersion?: number | undefined;
  /** Idempotency key: the same command called twice with it takes effect once. Default: a fresh one for each call. */
  commandId?: string | undefined;
  /**
   * Gives up waiting: the call rejects with the reason of the signal. A command that was sent before may still take
   * effect.
   */
  signal?: AbortSignal | undefined;
  /** @deprecated `expectedVersion` is the same. */
  expected_version?: number | undefined;
  /** @deprecated `commandId` is the same. */
  command_id?: string | undefined;
}
/** The answer with which a participant finishes, and the cycle and version to which the finish applies. */
export type FinishOptions = CallOptions & Omit<FinishPayload, 'session_id' | 'participant_id'>;
/** How many turns to take back, whether the time that they used stays charged, and to which version this applies. */
export type UndoOptions = CallOptions & Omit<UndoPayload, 'session_id'>;
/** How a session came out. */
export type CompleteOptions = CallOptions & Omit<CompletePayload, 'session_id'>;
/** When a session starts by itself or its clocks are closed, and for which version that is meant. */
export type ScheduleOptions = CallOptions & Omit<SchedulePayload, 'session_id'>;
/** Who extends, why, and which cycle is meant. */
export type ExtendOptions = CallOptions & Omit<ExtendPayload, 'session_id'>;
/** As of `CallOptions`; `nextItem`: the item of the programme that begins, instead of the next one that waits. */
export type SwitchOptions = CallOptions & { nextItem?: string | undefined };
/** What to change of a session. Items may be those of a state. */
export type Edit = CallOptions & Omit<EditPayload, 'session_id' | 'items'> & { items?: readonly (ItemInput | ItemState)[] | undefined };
type Data<C extends CommandName> = Promise<Commands[C]['data']>;

/** These change nothing, so that they need no idempotency key. */
const READS: readonly RestCommand[] = ['session:get', 'session:history', 'session:links', 'code:open'];

/** The parts of the client that commands use. */
export interface CommandParts {
  request: <C extends RestCommand>(command: C, payload: Commands[C]['payload'], signal?: AbortSignal) => Data<C>;
  rooms: Rooms;
  clock: DeviceClock;
  /** The state after a switch now; null where a switch is not to be shown before it is answered. */
  predict: (state: SessionState, next: string | undefined, nextItem: string | undefined) => SessionState | null;
}

/**
 * The base of the client. Every method rejects with a SyncKairosError, or with a TypeError for a wrong argument: an id
 * that is missing or not a string, or a value that JSON can't hold.
 */
export class SessionCommands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  /** Creates a session; without a `session_id` it gets a UUIDv7. From then on the client gets its updates. */
  async createSession(config: CreatePayload, options?: CallOptions): Data<'session:create'> {
    expectThat(typeof config === 'object' && config !== null, 'The session', 'be an object like { sync_mode: … }', config);
    const state = await this.command('session:create', { ...config, session_id: config.session_id ?? this.#freshId() }, options);
    // The server has put the creating socket into the room, if there was one; joining again is harmless.
    this.#parts.rooms.room(state.session_id).store.hold();
    return state;
  }

  /** Starts the clock of `activeParticipantId`, or of the participant that the session names. */
  async startSession(id: string, activeParticipantId?: string, options?: CallOptions): Data<'session:start'> {
    return this.command('session:start', { session_id: id, active_participant_id: activeParticipantId }, options);
  }

  /**
   * Ends the turn of `current` and begins that of `next`, by default the next in order. The command is guarded by
   * `current` or, without it, by the participant last seen to be active, or with fewer than two participants by the
   * version last seen, so that a double click can't skip a player. With an `expectedVersion` the client adds no guard
   * of its own. In a programme it ends the item, and `nextItem` or the next one begins; the cycle last seen guards it.
   */
  async switchCycle(id: string, current?: string, next?: string, options: SwitchOptions = {}): Data<'session:switch'> {
    const { nextItem: next_item_id, ...common } = options;
    const guard = this.#guard(id, current, common);
    const takeBack = this.#predict(id, current, next, next_item_id);
    try {
      const payload = { session_id: id, next_participant_id: next, next_item_id, ...guard };
      const result = await this.command('session:switch', payload, common);
      this.#parts.rooms.room(id).store.note(result);
      // No update will come, so the ended turn must not stay on the screen.
      if (this.#parts.rooms.known(id)?.isStale) await this.getSession(id).catch(() => undefined);
      return result;
    } catch (error) {
      takeBack();
      throw error;
    }
  }

  /** Reads a session without joining it. */
  async getSession(id: string, options?: Pick<CallOptions, 'signal'>): Data<'session:get'> {
    return this.command('session:get', { session_id: id }, options);
  }

  /** Stops the clock; what is left stays. */
  async pauseSession(id: string, options?: CallOptions): Data<'session:pause'> {
    return this.command('session:pause', { session_id: id }, options);
  }

  /** Starts the clock again with what was left at the pause. */
  async resumeSession(id: string, options?: CallOptions): Data<'session:resume'> {
    return this.command('session:resume', { session_id: id }, options);
  }

  /** Starts the clock of one participant of a concurrent session. While that is paused it runs from the resume. */
  async startParticipant(id: string, participantId: string, options?: CallOptions): Data<'session:finish'> {
    return this.#one('session:start', id, participantId, options);
  }

  /**
   * Stops the clock of one participant of a concurrent session. It stays paused when the session is paused and resumed.
   */
  async pauseParticipant(id: string, participantId: string, options?: CallOptions): Data<'session:finish'> {
    return this.#one('session:pause', id, participantId, options);
  }

  /** Resumes the clock of one participant. */
  async resumeParticipant(id: string, participantId: string, options?: CallOptions): Data<'session:finish'> {
    return this.#one('session:resume', id, participantId, options);
  }

  /**
   * Stops the clock of one participant of a concurrent session for good, as of the instant at which this reaches the
   * server: a hand-in, an answer, the end of a race. `finished_at` of the result names that instant.
   */
  async finish(id: string, participantId: string, options?: FinishOptions): Data<'session:finish'> {
    return this.#one('session:finish', id, participantId, options);
  }

  /**
   * Adds `deltaMs` (may be negative) to a clock: a participant's or group's by its id, the session's without. Rejects
   * with PARTICIPANT_NOT_FOUND for an unknown id.
   */
  async adjustTime(id: string, deltaMs: number, who?: Who, reason?: string, options?: CallOptions): Data<'session:adjust'> {
    const payload = { session_id: id, delta_ms: deltaMs, reason };
    if (who == null) return this.command('session:adjust', payload, options);
    // The state says whether an id is a participant's or a group's.
    const owner = bankOf(this.#parts.rooms.state(id) ?? (await this.getSession(id)), who);
    const target = typeof owner === 'object' ? owner : {};
    return this.command('session:adjust', { ...payload, ...target }, options);
  }

  /**
   * Extends the running cycle or countdown of a session that was created with an `extension`. The answer says by how
   * much: 0 outside its window and beyond its maxima, null where the server had done it in an earlier try. In
   * `per_cycle` it is meant for the cycle that was last seen, or for that of `cycle_count`: a CONFLICT if another one
   * runs by then.
   */
  async extend(id: string, options: ExtendOptions = {}): Data<'session:extend'> {
    return this.command('session:extend', { session_id: id, cycle_count: this.#openCycle(id, options) }, options);
  }

  /**
   * Takes back the last turns of a session that was created with an `undo_depth`: one, or as many as `turns`. Clocks
   * get back the time that these turns used, or stay charged with it (`clock: 'charge'`). Rejects with CONFLICT where
   * another command came first.
   */
  async undo(id: string, { turns, clock, ...options }: UndoOptions = {}): Data<'session:undo'> {
    return this.command('session:undo', { session_id: id, turns, clock }, options);
  }

  /**
   * Plans when a pending session starts by itself, by the server's clock: `starts_at` as states have instants,
   * `date.toISOString()`. Without it the plan is taken away. `closes_at` says when the clocks of a concurrent session
   * are closed, or that of `participant_id`.
   */
  async schedule(id: string, plan: ScheduleOptions = {}): Data<'session:schedule'> {
    return this.command('session:schedule', { session_id: id }, plan);
  }

  /**
   * Changes what has not begun of a programme, who takes part, and metadata by its top-level keys; null removes one.
   * `items` is the whole list: items that have begun come first and unchanged, the others replace those that wait.
   * `participants` whose ids are new join, as a create would have them; those who are there get a name, metadata, or
   * `withdrawn: true`, which takes them out of the order.
   */
  async edit(id: string, { items, ...changes }: Edit): Data<'session:edit'> {
    return this.command('session:edit', { session_id: id, items: items?.map(inputOf) }, changes);
  }

  /** Ends a session as planned. `outcome`, any JSON up to 1 KiB, stays in its state: a result, a draw, a price. */
  async completeSession(id: string, options?: CompleteOptions): Data<'session:complete'> {
    return this.command('session:complete', { session_id: id }, options);
  }

  /** Ends a session that should not count. */
  async cancelSession(id: string, reason?: string, options?: CallOptions): Data<'session:cancel'> {
    return this.command('session:cancel', { session_id: id, reason }, options);
  }

  /** Deletes a session; one that does not exist counts as deleted. */
  async deleteSession(id: string, options?: CallOptions): Data<'session:delete'> {
    const done = await this.command('session:delete', { session_id: id }, options);
    this.#parts.rooms.known(id)?.vanished();
    return done;
  }

  /**
   * Leaves a session: every subscription to it ends, and the client gets no more updates although it created it. The
   * session itself goes on.
   */
  leave(id: string): void {
    this.#parts.rooms.known(id)?.store.leave();
  }

  /** @deprecated `leave` is the same. */
  leaveSession(id: string): void {
    this.leave(id);
  }

  /** Sends any JSON up to 4 KiB to everybody in the session's room. */
  async sendMessage(id: string, message: JsonValue, options?: CallOptions): Data<'session:message'> {
    return this.command('session:message', { session_id: id, message }, options);
  }

  /**
   * Makes a link for somebody else: its token gives its holder `role` for `expires_in` seconds (default a day). A
   * `participant` may end the turns of `participant_id`. The token can't be read again later.
   */
  async shareSession(id: string, share: Omit<SharePayload, 'session_id'>, options?: CallOptions): Data<'session:share'> {
    return this.command('session:share', { session_id: id, ...share }, options);
  }

  /** The valid links of a session, without their tokens. */
  async getShareLinks(id: string, options?: Pick<CallOptions, 'signal'>): Promise<ShareLink[]> {
    return (await this.command('session:links', { session_id: id }, options)).links;
  }

  /** Revokes a link; its holders are disconnected. */
  async revokeShare(id: string, linkId: string, options?: CallOptions): Data<'session:revoke'> {
    return this.command('session:revoke', { session_id: id, link_id: linkId }, options);
  }

  /**
   * A short code for others, to be read aloud: to watch, to say who one is, or to play as `participant_id`; for two
   * hours unless `expires_in` seconds say otherwise. Asked again for the same, it may be the same code.
   */
  async createCode(id: string, code: Omit<CodePayload, 'session_id'>, options?: CallOptions): Data<'session:code'> {
    return this.command('session:code', { session_id: id, ...code }, options);
  }

  /** What a join code leads to, with a token of its own on servers with roles. */
  async openCode(code: string, options?: Pick<CallOptions, 'signal'>): Data<'code:open'> {
    return this.command('code:open', { code }, options);
  }

  /**
   * A page of the audit trail after a version, oldest first: at most `limit` events and a megabyte. Ask again with
   * `next_after_version`, until it stays as it was. With `event_types` it holds events of these types only; a page may
   * then be empty before the end. `created_at` asks for an earlier session of the same id. With `snapshots: 'changes'`
   * events hold what they changed in place of the whole state, except the first of a page; with `'none'` neither.
   */
  getHistory(id: string, page?: HistoryPage & { snapshots?: 'all' | undefined }): Data<'session:history'>;
  getHistory(id: string, page: HistoryPage): Promise<BriefHistoryData>;
  async getHistory(id: string, page: HistoryPage = {}): Data<'session:history'> {
    return this.command('session:history', { session_id: id }, page);
  }

  /**
   * Any command by its name and payload in the protocol, for example one that is newer than the methods. It is as safe
   * to repeat as they are, but has no guard of its own. The client takes the state that the answer or a refusal brings.
   */
  async command<C extends RestCommand>(name: C, payload: Commands[C]['payload'], options: CallOptions = {}): Data<C> {
    const { expectedVersion, commandId, signal, ...fields } = options;
    const sent = { ...payload, ...fields };
    if (expectedVersion !== undefined) sent.expected_version = expectedVersion;
    if (!READS.includes(name)) sent.command_id = commandId ?? sent.command_id ?? this.#freshId();
    try {
      const data = await this.#parts.request(name, sent, signal);
      this.#learn(data);
      return data;
    } catch (error) {
      // Some refusals bring the state that caused them, which may be newer than the known one.
      if (SyncKairosError.is(error)) this.#learn(error.details);
      throw error;
    }
  }

  /** A command on the clock of one participant. */
  async #one(command: ClockCommand, id: string, participant_id: string, options?: FinishOptions): Data<'session:finish'> {
    const cycle_count = command === 'session:finish' ? this.#cycle(id, options) : undefined;
    const result = await this.command(command, { session_id: id, participant_id, cycle_count }, options);
    if (this.#parts.rooms.known(id)?.isStale) await this.getSession(id).catch(() => undefined);
    return result;
  }

  /** Takes the state that an answer or the details of a refusal are or hold, if any. */
  #learn(told: object | undefined): void {
    const { state = told } = (told ?? {}) as { state?: object };
    if (isState(state)) this.#parts.rooms.room(state.session_id).store.offer(state);
  }

  /**
   * Shows a switch before it is answered, if the client was given `optimistic`; the returned function takes it back.
   */
  #predict(id: string, current: string | null | undefined, next: string | undefined, nextItem: string | undefined): () => void {
    const store = this.#parts.rooms.known(id)?.store;
    const state = store?.known;
    // Without `current` the guard is the active participant by the server, so a second click on a predicted turn is
    // refused.
    const isTheirTurn = current == null ? state === store?.seen : current === state?.active_participant_id;
    const predicted = state != null && isTheirTurn ? this.#parts.predict(state, next, nextItem) : null;
    if (store === undefined || predicted === null) return () => undefined;
    store.predict(predicted);
    return () => store.known === predicted && store.predict(null);
  }

  #guard(
    id: string,
    current: string | null | undefined,
    options: CallOptions | undefined,
  ): { current_participant_id?: string; expected_version?: number; cycle_count?: number } {
    if (current != null) return { current_participant_id: current };
    const cycle = this.#cycle(id, options);
    if (cycle !== undefined) return { cycle_count: cycle };
    if (namesVersion(options)) return {};
    const seen = this.#parts.rooms.known(id)?.store.seen;
    if (seen === undefined) return {};
    if (seen.item_index !== undefined) return { cycle_count: seen.cycle_count ?? 0 };
    if (seen.participants.length < 2) return { expected_version: seen.version };
    return seen.active_participant_id === null ? {} : { current_participant_id: seen.active_participant_id };
  }

  /** The cycle last seen of a concurrent session, for which a command is meant that names no version. */
  #cycle(id: string, options: CallOptions | undefined): number | undefined {
    const state = this.#parts.rooms.state(id);
    return state?.concurrent && !namesVersion(options) ? state.cycle_count : undefined;
  }

  /** The cycle last seen of a session whose cycles have clocks of their own, unless it is known to be over. */
  #openCycle(id: string, options: CallOptions): number | undefined {
    const store = this.#parts.rooms.known(id)?.store;
    const state = store?.known;
    const isOpen = state === store?.seen && state?.sync_mode === 'per_cycle';
    return isOpen && !namesVersion(options) ? state.cycle_count : undefined;
  }

  #freshId(): string {
    return freshId(this.#parts.clock.wall());
  }
}

function namesVersion(options: CallOptions | undefined): boolean {
  return (options?.expectedVersion ?? options?.expected_version) !== undefined;
}

function isState(told: object | undefined): told is SessionState {
  return told !== undefined && 'sync_mode' in told;
}

/** An item of a state as it can be sent. */
function inputOf({ item_id, title, time_ms, participant_id, auto_advance, metadata }: ItemInput | ItemState): ItemInput {
  return { item_id, title, time_ms, participant_id, auto_advance, metadata };
}
