import { applyChanges, isAfter } from '#clock';
import type { ChangesEvent } from '#contract';
import type { LiveSession } from './ports.ts';

/** Bounds of the cache. A session of two players takes some 2 KB, one of a thousand participants 300 KB. */
export const SESSIONS_MAX = 10_000;
const BYTES_MAX = 32 * 1024 * 1024;

interface Entry {
  session: LiveSession;
  /**
   * Length of the state as JSON when the session was first cached, with those who joined since; metadata, which can be
   * long too, never changes its size much.
   */
  bytes: number;
}

/**
 * The sessions that this instance last saw committed. Redis may have newer ones: a decision on one must have the commit
 * check its version and epoch, and must refuse nothing because of it. Bounded; the least recently used one is dropped
 * first, and there is no timer.
 */
export class SessionCache {
  readonly #entries = new Map<string, Entry>();
  /** The most recently used entry. */
  #newest: Entry | undefined;
  #bytes = 0;

  /** How many sessions are cached. */
  get size(): number {
    return this.#entries.size;
  }

  /** The session as it was last seen committed; undefined if it is not cached. */
  get(sessionId: string): LiveSession | undefined {
    return this.#entries.get(sessionId)?.session;
  }

  /**
   * Takes a newer state of a cached session. Instances do not tell each other what a session keeps to take turns back:
   * if that is missing, the session is dropped, so that the next command reads it from Redis.
   */
  refresh({ version, epoch, state, warnings, expiredSince, lastHash, token, undo }: LiveSession): void {
    const known = this.get(state.session_id);
    if (known === undefined) return;
    const next: LiveSession = { version, epoch, state, warnings, expiredSince, lastHash, token };
    if (state.undo_depth === undefined) this.set(next);
    else if (undo !== undefined) this.set({ ...next, undo });
    else if (isAfter(next, known)) this.drop(state.session_id);
  }

  /** Applies changes to a cached session if they follow its version. */
  follow(
    { session_id, epoch, version, since_version, changes }: ChangesEvent,
    facts: Omit<LiveSession, 'version' | 'epoch' | 'state'>,
  ): void {
    const known = this.get(session_id);
    if (known?.epoch !== epoch || known.version !== since_version) return;
    const next = { ...facts, version, epoch, state: applyChanges(known.state, changes, true) };
    if (next.state.undo_depth === undefined) this.set(next);
    else this.drop(session_id);
  }

  /** Caches a session, unless a newer version is cached. */
  set(session: LiveSession): void {
    const { session_id } = session.state;
    const known = this.#entries.get(session_id);
    if (known !== undefined) {
      if (isAfter(known.session, session)) return;
      this.#grow(known, session);
      known.session = session;
      if (this.#newest === known) return;
      // Moves it to the end, as most recently used.
      this.#newest = known;
      this.#entries.delete(session_id);
      this.#entries.set(session_id, known);
      return;
    }
    const bytes = JSON.stringify(session.state).length;
    this.#newest = { session, bytes };
    this.#entries.set(session_id, this.#newest);
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= SESSIONS_MAX && this.#bytes <= BYTES_MAX) break;
      this.drop(oldest);
    }
  }

  /** Caches what Redis has, whatever was cached before. */
  replace(session: LiveSession): void {
    const { session_id, created_at } = session.state;
    const known = this.#entries.get(session_id);
    if (known !== undefined && known.session.state.created_at === created_at) {
      this.#grow(known, session);
      known.session = session;
    } else {
      this.drop(session_id);
      this.set(session);
    }
  }

  /** Counts the bytes of those who have joined a cached session. */
  #grow(known: Entry, { state }: LiveSession): void {
    const { length } = known.session.state.participants;
    if (state.participants.length === length) return;
    const more = JSON.stringify(state.participants.slice(length)).length;
    known.bytes += more;
    this.#bytes += more;
  }

  /** Removes a session from the cache. */
  drop(sessionId: string): void {
    this.#bytes -= this.#entries.get(sessionId)?.bytes ?? 0;
    this.#entries.delete(sessionId);
  }
}
