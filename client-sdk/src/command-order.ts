/**
 * Keeps the order of a session's commands. Without it, parallel work on the server, REST, and waiting for limits would
 * change the order.
 */
import { Emitter } from './emitter.ts';
import { type SyncKairosError, unreachable } from './errors.ts';
import type { RestCommand } from './rest.ts';

/**
 * Commands that may overtake others: they commute, or change nothing that a command depends on. So a hundred clocks can
 * be given time at once.
 */
const FREE: readonly RestCommand[] = ['session:adjust', 'session:message', 'session:share', 'session:revoke'];

/** A command that is not answered yet. */
interface Call {
  isFree: boolean;
  /** The refusal by a limit that the command waits out; null if it waits for none. */
  held: SyncKairosError | null;
}

export class CommandOrder {
  /** Emitted when a command may go on. */
  readonly moved = new Emitter<{ moved: undefined }>();
  /** Unanswered commands by session, in the order of the calls. */
  readonly #lines = new Map<string, Set<Call>>();

  /** Adds a command that is called now; remove it by `leave`. */
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

  /**
   * Notes that a command waits for a limit, or with null no longer. Meanwhile nothing that was called later is sent.
   */
  hold(call: Call, refusal: SyncKairosError | null): void {
    if (call.held === refusal) return;
    call.held = refusal;
    this.moved.emit('moved', undefined);
  }

  /** Why a command has to wait for one that was called earlier; null if it need not. */
  blocker(sessionId: string, call: Call): SyncKairosError | null {
    for (const earlier of this.#lines.get(sessionId) ?? []) {
      if (earlier === call) break;
      if (earlier.held !== null) return earlier.held;
      if (!earlier.isFree && !call.isFree) return unreachable('An earlier command of this session has no answer yet');
    }
    return null;
  }
}
