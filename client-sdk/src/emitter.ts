/** A typed event emitter: no order of handlers is promised, and one that throws does not stop the others. */
export class Emitter<Events> {
  readonly #handlers = new Map<keyof Events, Set<(payload: never) => void>>();

  /** Calls `handler` at every such event until the returned function is called. */
  on<E extends keyof Events>(event: E, handler: (payload: Events[E]) => void): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers);
    // Wrapped, so that the same function given twice is two subscriptions.
    const entry = (payload: Events[E]): void => handler(payload);
    handlers.add(entry);
    return () => void handlers.delete(entry);
  }

  /** Calls the handlers of an event. */
  emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    callAll(this.#handlers.get(event), payload as never);
  }
}

/**
 * Calls the present handlers, without those that are removed meanwhile; one that is added meanwhile waits for the next
 * event.
 */
export function callAll<T>(handlers: ReadonlySet<(payload: T) => void> | undefined, payload: T): void {
  for (const handler of Array.from(handlers ?? [])) {
    if (handlers?.has(handler)) callSafely(() => handler(payload));
  }
}

/** One function that calls all of these. */
export function together(...ends: (() => void)[]): () => void {
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Calls an application's handler; an error that it throws becomes an uncaught error and does not disturb other
 * handlers.
 */
function callSafely(handler: () => void): void {
  try {
    handler();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
