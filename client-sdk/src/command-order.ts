/**
 * The order of a session's commands, which a server that works on several at a time, REST, and limits that are waited
 * out would not keep.
 */
import { Emitter } from './emitter.ts';
import { type SyncKairosError, unreachable } from './errors.ts';
import type { RestCommand } from './rest.ts';

/**
 * These may be under way beside others: they commute, or change nothing that a command builds on. A class of a hundred
 * is given time in one go.
 */
const FREE: readonly RestCommand[] = ['session:adjust', 'session:message', 'session:share', 'session:revoke'];

/** A command that has no answer yet. */
interface Call {
  isFree: boolean;
  /** Set while it waits out a limit. */
  held: SyncKairosError | null;
}

export class CommandOrder {
  /** Whenever one may go on. */
  readonly moved = new Emitter<{ moved: undefined }>();
  /** By session, in the order of the calls. */
  readonly #lines = new Map<string, Set<Call>>();

  /** A command that is called now, until `leave`. */
  enter(sessionId: string, command: RestCommand): Call {
    const call: Call = { isFree: FREE.includes(command), held: null };
    const line = this.#lines.get(sessionId) ?? new Set<Call>();
    this.#lines.set(sessionId, line.add(call));
    return call;
  }

  leave(sessionId: string, call: Call): void {
    const line = this.#lines.get(sessionId);
    line?.delete(call);
    if (line?.size === 0) this.#lines.delete(sessionId);
    this.moved.emit('moved', undefined);
  }

  /** It waits out a limit, or with null no longer: as long as it does, nothing that was called later is sent. */
  hold(call: Call, refusal: SyncKairosError | null): void {
    if (call.held === refusal) return;
    call.held = refusal;
    this.moved.emit('moved', undefined);
  }

  /** Why a command has to wait for one that was called earlier; null where it need not. */
  blocker(sessionId: string, call: Call): SyncKairosError | null {
    for (const earlier of this.#lines.get(sessionId) ?? []) {
      if (earlier === call) break;
      if (earlier.held !== null) return earlier.held;
      if (!earlier.isFree && !call.isFree) return unreachable('An earlier command of this session has no answer yet');
    }
    return null;
  }
}
