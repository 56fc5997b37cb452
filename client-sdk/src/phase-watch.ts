/**
 * Notices when the running clock of a session with a time control enters another phase, of which the server sends
 * nothing.
 */
import type { Reading } from './clock/clock.ts';
import { clockHolder, type ClockHolder, findClock } from './clock/find.ts';
import { readClock } from './clock/reading.ts';
import type { SessionState } from './contract/index.ts';
import { type DeviceClock, later, LONGEST_MS } from './device-clock.ts';

/**
 * The running clock has begun another phase, period or stage: whose clock, what it shows then, and when it was noticed
 * (Unix ms of the server, as far as the client knows it).
 */
export interface ClockPhaseEvent extends ClockHolder, Reading {
  session_id: string;
  server_time_ms: number;
}

interface Watched {
  state: SessionState;
  /** The turn that was looked at last. */
  turn: string;
  /** The phase of its clock then; undefined where the turn was not looked at. */
  part: string | undefined;
  callOff?: (() => void) | undefined;
}

export interface PhaseWatchOptions {
  clock: DeviceClock;
  /** The server's time, Unix ms; null while it is not known. */
  now: () => number | null;
  tell: (event: ClockPhaseEvent) => void;
}

export class PhaseWatch {
  readonly #options: PhaseWatchOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: PhaseWatchOptions) {
    this.#options = options;
  }

  /** Takes the newest state of a session; null where it has gone, or has no listener any more. */
  follow(id: string, state: SessionState | null): void {
    const known = this.#watched.get(id);
    known?.callOff?.();
    this.#watched.delete(id);
    const clock = state && findClock(state, 'session')?.clock;
    if (!state?.cycle_started_at || !clock?.control) return;
    const turn = JSON.stringify([state.epoch, clockHolder(state), clock.state.turns]);
    // Of a turn that the client saw begin all phases are raised; those from before the client came are not.
    const part = known?.turn === turn ? known.part : known && partOf(readClock(state, 'session', Date.parse(state.cycle_started_at)));
    this.#watched.set(id, { state, turn, part });
    this.#look(id);
  }

  /** Call this when the estimate of the server's time has changed. */
  lookAgain(): void {
    for (const id of this.#watched.keys()) this.#look(id);
  }

  #look(id: string): void {
    const { clock, now, tell } = this.#options;
    const watched = this.#watched.get(id);
    const server_time_ms = now();
    if (watched === undefined || server_time_ms === null) return;
    const reading = readClock(watched.state, 'session', server_time_ms);
    if (reading === null) return;
    const before = watched.part;
    watched.part = partOf(reading);
    watched.callOff?.();
    const rest = reading.next_change_in_ms ?? Infinity;
    watched.callOff = rest > LONGEST_MS ? undefined : later(clock, () => this.#look(id), Math.ceil(rest));
    if (before !== undefined && before !== watched.part)
      tell({ session_id: id, ...clockHolder(watched.state), ...reading, server_time_ms });
  }
}

function partOf(reading: Reading | null): string | undefined {
  return reading === null ? undefined : `${reading.phase} ${reading.stage} ${reading.periods_left}`;
}
