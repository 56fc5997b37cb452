import type { ChangesEvent, UpdateEvent } from '#contract';

/** The update, if it holds the whole state. Throws if it holds changes. */
export function withState(event: UpdateEvent | ChangesEvent): UpdateEvent {
  if (!('state' in event)) throw new Error(`version ${event.version} came as changes`);
  return event;
}

/** The update, if it holds changes. Throws if it holds the whole state. */
export function withChanges(event: UpdateEvent | ChangesEvent): ChangesEvent {
  if (!('changes' in event)) throw new Error(`version ${event.version} came as a whole state`);
  return event;
}
