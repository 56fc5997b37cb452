/** Shows a session as started at the instant that was planned, before the server has said so. */
import { startOf } from './clock/starts.ts';
import { predictStart } from './clock/turns.ts';
import type { SessionState } from './contract/index.ts';
import { type DeviceClock, later, LONGEST_MS } from './device-clock.ts';

export interface StartWatchOptions {
  clock: DeviceClock;
  /** The server's time, Unix ms; null while it is not known. */
  now: () => number | null;
  /** Takes the session as started. */
  begin: (id: string, state: SessionState) => void;
}

export class StartWatch {
  readonly #options: StartWatchOptions;
  readonly #watched = new Map<string, { state: SessionState; callOff?: () => void }>();

  constructor(options: StartWatchOptions) {
    this.#options = options;
  }

  /** Takes the newest state of a session; null where it has gone, or has no listener any more. */
  follow(id: string, state: SessionState | null): void {
    this.#watched.get(id)?.callOff?.();
    this.#watched.delete(id);
    if (state === null || startOf(state) === null) return;
    this.#watched.set(id, { state });
    this.#look(id);
  }

  /** Call this when the estimate of the server's time has changed. */
  lookAgain(): void {
    for (const id of this.#watched.keys()) this.#look(id);
  }

  #look(id: string): void {
    const { clock, now, begin } = this.#options;
    const watched = this.#watched.get(id);
    const at = now();
    if (watched === undefined || at === null) return;
    watched.callOff?.();
    const begun = predictStart(watched.state, at);
    if (begun === null) {
      const rest = Math.ceil((startOf(watched.state) ?? at) - at);
      watched.callOff = later(clock, () => this.#look(id), Math.min(rest, LONGEST_MS));
    } else {
      this.#watched.delete(id);
      begin(id, begun);
    }
  }
}
