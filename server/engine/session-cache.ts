import { applyChanges } from '#clock';
import type { ChangesEvent } from '#contract';
import { isAfter } from '../domain/position.ts';
import type { LiveSession } from './ports.ts';

/** Bounds of what is remembered. Two players' session takes some 2 KB, one of a thousand participants 300 KB. */
export const SESSIONS_MAX = 10_000;
const BYTES_MAX = 32 * 1024 * 1024;

interface Entry {
  session: LiveSession;
  /**
   * Length of the state as JSON, when the session was first remembered: what may grow without limit (participants,
   * metadata) is given once.
   */
  bytes: number;
}

/**
 * The sessions that this instance last saw committed. Redis may hold newer ones: whoever decides on one must have the
 * commit check its version and epoch, and must not refuse anything on the strength of it. Bounded; the one that was not
 * used for longest goes first, and no timer looks after any.
 */
export class SessionCache {
  readonly #entries = new Map<string, Entry>();
  /** The one at the end of the line. */
  #newest: Entry | undefined;
  #bytes = 0;

  /** How many sessions are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  get(sessionId: string): LiveSession | undefined {
    return this.#entries.get(sessionId)?.session;
  }

  /** Takes a newer state of a session that is remembered. */
  refresh({ version, epoch, state, warnings, expiredSince, lastHash, token }: LiveSession): void {
    if (this.#entries.has(state.session_id)) this.set({ version, epoch, state, warnings, expiredSince, lastHash, token });
  }

  /** Takes what has changed of a session that is remembered, where it follows on what is remembered. */
  follow(
    { session_id, epoch, version, since_version, changes }: ChangesEvent,
    facts: Omit<LiveSession, 'version' | 'epoch' | 'state'>,
  ): void {
    const known = this.get(session_id);
    if (known?.epoch !== epoch || known.version !== since_version) return;
    this.set({ ...facts, version, epoch, state: applyChanges(known.state, changes) });
  }

  /** Remembers a session, unless something newer is known of it. */
  set(session: LiveSession): void {
    const { session_id } = session.state;
    const known = this.#entries.get(session_id);
    if (known !== undefined) {
      if (isAfter(known.session, session)) return;
      known.session = session;
      if (this.#newest === known) return;
      // Takes it to the end of the line.
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

  drop(sessionId: string): void {
    this.#bytes -= this.#entries.get(sessionId)?.bytes ?? 0;
    this.#entries.delete(sessionId);
  }
}
