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

/** Watches the sessions that it is told of. */
export function phaseWatch({ clock, now, tell }: PhaseWatchOptions) {
  const watched = new Map<string, Watched>();

  const look = (session_id: string, one: Watched): void => {
    const server_time_ms = now();
    if (server_time_ms === null) return;
    const reading = readClock(one.state, 'session', server_time_ms);
    if (!reading) return;
    const before = one.part;
    one.part = partOf(reading);
    one.callOff?.();
    const rest = reading.next_change_in_ms ?? Infinity;
    // Before so long a rest is over, the server's time has been measured again.
    one.callOff = rest > LONGEST_MS ? undefined : later(clock, () => look(session_id, one), Math.ceil(rest));
    if (before && before !== one.part) tell({ session_id, ...clockHolder(one.state), ...reading, server_time_ms });
  };

  return {
    /** Takes the newest state of a session; null where it has gone, or has no listener any more. */
    follow: (id: string, state: SessionState | null): void => {
      const known = watched.get(id);
      known?.callOff?.();
      watched.delete(id);
      if (!state?.cycle_started_at) return;
      const running = findClock(state, 'session')?.clock;
      if (!running?.control) return;
      const turn = JSON.stringify([state.epoch, clockHolder(state), running.state.turns]);
      // Of a turn that the client saw begin all phases are raised; those from before the client came are not.
      const part = known?.turn === turn ? known.part : known && partOf(readClock(state, 'session', Date.parse(state.cycle_started_at)));
      const one: Watched = { state, turn, part };
      watched.set(id, one);
      look(id, one);
    },

    /** Call this when the estimate of the server's time has changed. */
    lookAgain: (): void => watched.forEach((one, id) => look(id, one)),
  };
}

function partOf(reading: Reading | null): string | undefined {
  return reading ? `${reading.phase} ${reading.stage} ${reading.periods_left}` : undefined;
}
