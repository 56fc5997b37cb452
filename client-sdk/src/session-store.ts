/** The newest state of one session that a client knows, whatever the order in which messages arrive. */
import { applyChanges } from './clock/changes.ts';
import { toldWhenSeen } from './clock/concurrent.ts';
import { isAfter, type Position } from './clock/position.ts';
import type { ChangesEvent, EventEnvelope, EventType, ExpiredEvent, SessionState, SwitchData } from './contract/index.ts';
import { callAll } from './emitter.ts';
import { SyncKairosError } from './errors.ts';
import { expiryBetween } from './expiry.ts';

/** How many expiries are remembered, so that each is reported once. */
const REMEMBERED_EXPIRIES = 64;

/** The part of a session's newest version that orders others against it and guards a switch. */
interface Seen extends Position {
  active_participant_id: string | null;
  participants: readonly unknown[];
  cycle_count?: number;
  /** Present only in a session with a programme. */
  item_index?: number | null;
}

export interface StoreHooks {
  /** Called when somebody begins or ceases to want updates. */
  onDemandChange: () => void;
  /** Called with each other state of a session that updates are wanted of, null where there is none. */
  onState?: (state: SessionState | null) => void;
  /** Called once for each expiry. */
  onExpired: (event: Omit<ExpiredEvent, 'server_time_ms'>) => void;
  /** Why there is no connection to the server; null if there is one. */
  connectionError: () => SyncKairosError | null;
}

/**
 * The store of one session for React's `useSyncExternalStore`: `subscribe` joins the session, and `getSnapshot` changes
 * only with the state.
 */
export class SessionStore {
  readonly sessionId: string;
  readonly #listeners = new Set<() => void>();
  readonly #hooks: StoreHooks;
  #expiries: string[] = [];
  /** The state predicted for a command that is not answered yet. */
  #predicted: SessionState | null = null;
  /** As changes lead to it: of a large concurrent session the entries that no event changed are as they were. */
  #state: SessionState | null = null;
  /** The same as it is shown. */
  #shown: SessionState | null = null;
  #seen: Seen | undefined;
  #error: SyncKairosError | null = null;
  #held = false;

  constructor(sessionId: string, hooks: StoreHooks) {
    this.sessionId = sessionId;
    this.#hooks = hooks;
  }

  /**
   * Calls `listener` after each change. The session stays joined, over reconnects too, until the last listener's
   * returned function is called.
   */
  readonly subscribe = (listener: () => void): (() => void) => {
    const entry = (): void => listener();
    this.#listeners.add(entry);
    this.#hooks.onDemandChange();
    return () => {
      // Calling it twice must not end other subscriptions.
      if (this.#listeners.delete(entry) && !this.listened) this.release();
    };
  };

  /**
   * The newest state, or the one predicted by an optimistic switch or a planned start; null before the first one and
   * after the session was deleted.
   */
  readonly getSnapshot = (): SessionState | null => this.#predicted ?? this.#shown;

  /** As `getSnapshot`, for readers of clocks alone: `time_remaining_ms` and `is_active` may be those of before. */
  get known(): SessionState | null {
    return this.#predicted ?? this.#state;
  }

  /**
   * Why there are no updates: the session does not exist, joining it failed, or there is no connection. Null otherwise.
   */
  readonly getError = (): SyncKairosError | null => this.#error ?? this.#hooks.connectionError();

  /** Whether updates are wanted. */
  get wanted(): boolean {
    return this.#held || this.listened;
  }

  /** Whether anybody listens. */
  get listened(): boolean {
    return this.#listeners.size > 0;
  }

  /** Whether the session is over: completed, cancelled or deleted. */
  get over(): boolean {
    return this.#isGone || this.#state?.status === 'completed' || this.#state?.status === 'cancelled';
  }

  get #isGone(): boolean {
    return !this.#state && this.#error?.code === 'SESSION_NOT_FOUND';
  }

  /** Epoch, version and active participant of the newest known version. */
  get seen(): Seen | undefined {
    return this.#seen;
  }

  /** Keeps the session joined without a listener, as its creator is. */
  hold(): void {
    this.#held = true;
    this.#hooks.onDemandChange();
  }

  /** Takes back `hold`. */
  release(): void {
    this.#held = false;
    this.#hooks.onDemandChange();
  }

  /** Ends all listening, and `hold`. */
  leave(): void {
    this.#listeners.clear();
    this.release();
  }

  /** Takes a state if it is newer; all states pass here. `cause` is the type of the event that made it, if known. */
  offer(state: SessionState, cause?: EventType): void {
    // After a deletion, or a switch result that is newer than the state, older states are ignored.
    if (isAfter(this.#seen, state)) return;
    // A known state still shows that the session is accessible.
    if (!isAfter(state, this.#state)) return this.#change(this.#state, null);
    const before = this.#state;
    this.#seen = state;
    this.#change(state, null);
    const expiry = before && expiryBetween(before, state, cause);
    // If versions in between were missed, an event of any of them means the same expiry.
    if (expiry) this.expired(expiry, before.epoch === state.epoch ? state.version - before.version : 1);
  }

  /** Applies changes if they follow the known state. Returns false if versions in between are missing. */
  follow(event: ChangesEvent): boolean {
    const before = this.#state;
    const { epoch, since_version, changes, event_type } = event;
    if (!before) return !isAfter(event, this.#seen);
    if (!isAfter(event, before)) return true;
    if (before.epoch !== epoch || before.version < since_version) return false;
    const after = applyChanges(before, changes, true);
    // Older than a switch result, but the next changes follow it.
    if (isAfter(this.#seen, after)) this.#change(after, null);
    else this.offer(after, event_type);
    return true;
  }

  /** Reports an expiry, unless it or one of the `versions` before it was reported. */
  expired(event: Omit<ExpiredEvent, 'server_time_ms'>, versions = 1): void {
    const known = this.#expiries.includes(keyOf(event));
    const covered = Array.from({ length: Math.min(versions, REMEMBERED_EXPIRIES) }, (_, back) => keyOf(event, back));
    this.#expiries = [...this.#expiries, ...covered].slice(-REMEMBERED_EXPIRIES);
    if (!known) this.#hooks.onExpired(event);
  }

  /** Shows a predicted state until the server's next one; null removes it. */
  predict(state: SessionState | null): void {
    this.#predicted = state;
    this.tell();
  }

  /** Remembers the active participant after a switch; the whole state follows as an update. */
  note(result: SwitchData): void {
    if (isAfter(result, this.#seen)) this.#seen = result;
  }

  /**
   * Notes the deletion of the session at this version; returns false if that is known or concerns an earlier session of
   * the id. Listeners still hear of the next session of this id.
   */
  remove(deleted: Position): boolean {
    if (isAfter(this.#seen, deleted) || this.#isGone) return false;
    this.#held = false;
    this.#seen = { ...deleted, active_participant_id: null, participants: [] };
    this.#change(null, new SyncKairosError('SESSION_NOT_FOUND', 'The session was deleted', { retryable: false }));
    return true;
  }

  /** Notes why the session cannot be joined; returns false if that is known. */
  fail(error: SyncKairosError): boolean {
    if (this.#error?.code === error.code) return false;
    this.#change(this.#state, error);
    return true;
  }

  /** Tells listeners that `connectionError` has changed. */
  tell(): void {
    callAll(this.#listeners, undefined);
  }

  #change(state: SessionState | null, error: SyncKairosError | null): void {
    if (state === this.#state && error === this.#error) return;
    const isNew = state !== this.#state;
    if (isNew) this.#predicted = null;
    this.#state = state;
    if (isNew) this.#shown = state && toldWhenSeen(state);
    this.#error = error;
    this.#hooks.onState?.(this.wanted ? state : null);
    // Before anybody hears of the end: a client that is disconnected then must not be opened again.
    if (isNew && state !== null && this.over) this.release();
    this.tell();
  }
}

function keyOf({ epoch, version }: Pick<EventEnvelope, 'epoch' | 'version'>, back = 0): string {
  return `${epoch}/${version - back}`;
}
