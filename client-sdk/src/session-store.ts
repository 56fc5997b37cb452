/** What a client knows of one session: the newest state, in an order that no network can turn around. */
import { applyChanges } from './clock/changes.ts';
import type { ChangesEvent, EventEnvelope, EventType, ExpiredEvent, SessionState, SwitchData } from './contract/index.ts';
import { callAll } from './emitter.ts';
import { SyncKairosError } from './errors.ts';
import { expiryBetween } from './expiry.ts';

/** How many expiries are remembered, so that none is told twice. */
const REMEMBERED_EXPIRIES = 64;

/** Enough of a session's newest version to order others against it and to guard a switch. */
interface Seen {
  epoch: number;
  version: number;
  active_participant_id: string | null;
  participants: readonly unknown[];
}

export interface StoreHooks {
  /** Somebody begins or ceases to want updates. */
  onDemandChange: () => void;
  /** A clock ran out; once for each. */
  onExpired: (event: Omit<ExpiredEvent, 'server_time_ms'>) => void;
  /** Why nothing comes from the server at all, if so. */
  connectionError: () => SyncKairosError | null;
}

type Position = Pick<Seen, 'epoch' | 'version'>;

/**
 * Whether `a` comes after `b`: a restored session counts its versions anew under a greater epoch. Nothing comes before
 * anything.
 */
export function isNewer(a: Position | null | undefined, b: Position | null | undefined): boolean {
  return a != null && (b == null || (a.epoch - b.epoch || a.version - b.version) > 0);
}

/**
 * The store of one session, ready for React's `useSyncExternalStore`: `subscribe` joins the session and `getSnapshot`
 * changes only with the state.
 */
export class SessionStore {
  readonly sessionId: string;
  readonly #listeners = new Set<() => void>();
  readonly #hooks: StoreHooks;
  #expiries: string[] = [];
  /** The state as it will be when the server agrees to what was asked of it. */
  #predicted: SessionState | null = null;
  #state: SessionState | null = null;
  #seen: Seen | undefined;
  #error: SyncKairosError | null = null;
  #held = false;

  constructor(sessionId: string, hooks: StoreHooks) {
    this.sessionId = sessionId;
    this.#hooks = hooks;
  }

  /**
   * Calls `listener` after each change; the session stays joined, over reconnects too, until the returned function of
   * the last listener is called.
   */
  readonly subscribe = (listener: () => void): (() => void) => {
    const entry = (): void => listener();
    this.#listeners.add(entry);
    this.#hooks.onDemandChange();
    return () => {
      // Called twice, it must not drop what others have asked for since.
      if (this.#listeners.delete(entry) && !this.listened) this.release();
    };
  };

  /**
   * The newest state, or the one predicted by an optimistic switch; null before the first one and after the session was
   * deleted.
   */
  readonly getSnapshot = (): SessionState | null => this.#predicted ?? this.#state;

  /**
   * Why there are no updates, if so: the session does not exist, joining it failed, or there is no way to the server.
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

  /** Whether nothing more will happen: completed, cancelled or deleted. */
  get over(): boolean {
    return this.#isGone || this.#state?.status === 'completed' || this.#state?.status === 'cancelled';
  }

  get #isGone(): boolean {
    return this.#state === null && this.#error?.code === 'SESSION_NOT_FOUND';
  }

  /** Epoch, version and whose turn it is, as last heard of. */
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

  /**
   * Takes a state if it is newer than what is known; the one way in for all of them. `cause` is the type of the event
   * that made it, where it is known.
   */
  offer(state: SessionState, cause?: EventType): void {
    // After a deletion, or a switch result that is ahead, only what is not older may come back.
    if (isNewer(this.#seen, state)) return;
    // What is known already still shows that the session can be had.
    if (!isNewer(state, this.#state)) return this.#change(this.#state, null);
    const before = this.#state;
    this.#seen = state;
    this.#change(state, null);
    if (this.over) this.release();
    const expiry = before === null ? null : expiryBetween(before, state, cause);
    // Between two states that do not follow each other, an event of any version in between means the same expiry.
    if (before !== null && expiry !== null) this.expired(expiry, before.epoch === state.epoch ? state.version - before.version : 1);
  }

  /** Takes changes where they follow on the state that is known. False where something is missing in between. */
  follow(event: ChangesEvent): boolean {
    const before = this.#state;
    const { epoch, since_version, changes, event_type } = event;
    if (before === null) return !isNewer(event, this.#seen);
    if (!isNewer(event, before)) return true;
    if (before.epoch !== epoch || before.version !== since_version) return false;
    const after = applyChanges(before, changes);
    // Behind the answer to a switch, yet what comes next follows on it.
    if (isNewer(this.#seen, after)) this.#change(after, null);
    else this.offer(after, event_type);
    return true;
  }

  /** Tells of an expiry, unless it, or one of the `versions` before it, is known already. */
  expired(event: Omit<ExpiredEvent, 'server_time_ms'>, versions = 1): void {
    const known = this.#expiries.includes(keyOf(event));
    const covered = Array.from({ length: Math.min(versions, REMEMBERED_EXPIRIES) }, (_, back) => keyOf(event, back));
    this.#expiries = [...this.#expiries, ...covered].slice(-REMEMBERED_EXPIRIES);
    if (!known) this.#hooks.onExpired(event);
  }

  /** Shows a state until the server's next one, or takes it back with null. */
  predict(state: SessionState | null): void {
    this.#predicted = state;
    this.tell();
  }

  /** Remembers whose turn it is after a switch; the whole state follows as an update. */
  note(result: SwitchData): void {
    if (isNewer(result, this.#seen)) this.#seen = result;
  }

  /**
   * The session was deleted at this version; false where that is known already, and for an older one of the same id.
   * Whoever listens still hears of the next session with this id.
   */
  remove(deleted: Position): boolean {
    if (isNewer(this.#seen, deleted) || this.#isGone) return false;
    this.#held = false;
    this.#seen = { ...deleted, active_participant_id: null, participants: [] };
    this.#change(null, new SyncKairosError('SESSION_NOT_FOUND', 'The session was deleted', { retryable: false }));
    return true;
  }

  /** Notes why the session can't be joined; false where that is known. */
  fail(error: SyncKairosError): boolean {
    if (this.#error?.code === error.code) return false;
    this.#change(this.#state, error);
    return true;
  }

  /** Tells listeners that what `connectionError` says is something else. */
  tell(): void {
    callAll(this.#listeners, undefined);
  }

  #change(state: SessionState | null, error: SyncKairosError | null): void {
    if (state === this.#state && error === this.#error) return;
    if (state !== this.#state) this.#predicted = null;
    this.#state = state;
    this.#error = error;
    this.tell();
  }
}

function keyOf({ epoch, version }: Pick<EventEnvelope, 'epoch' | 'version'>, back = 0): string {
  return `${epoch}/${version - back}`;
}
