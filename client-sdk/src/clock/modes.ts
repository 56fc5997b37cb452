/** All differences between the modes: who owns clocks, and where these get their time. */
import type { SessionState, SyncMode } from '../contract/state.ts';

export interface Mode {
  /** Who owns clocks; `session` where one clock runs for all. */
  owners: 'participants' | 'groups' | 'session';
  /**
   * Whether one clock runs on through all turns: then a switch only counts a lap, and the session ends with that clock.
   */
  acrossTurns: boolean;
  /** What a display counts: the time left, or the time used. */
  counts: 'down' | 'up';
  /** The field of the session with all time of its one clock; null where participants or groups own clocks. */
  given: 'time_per_cycle_ms' | 'total_time_ms' | 'max_time_ms' | null;
}

const MODES: Record<SyncMode, Mode> = {
  // Every participant has a bank; that of the active one drains. A chess clock.
  per_participant: { owners: 'participants', acrossTurns: false, counts: 'down', given: null },
  // Each group has one bank, which its members share. A team match.
  per_group: { owners: 'groups', acrossTurns: false, counts: 'down', given: null },
  // Every turn gets the same time, with or without participants. An auction lot, a quiz question, an agenda.
  per_cycle: { owners: 'session', acrossTurns: false, counts: 'down', given: 'time_per_cycle_ms' },
  // One countdown. An exam.
  global: { owners: 'session', acrossTurns: true, counts: 'down', given: 'total_time_ms' },
  // One stopwatch, which ends at its ceiling if it has one.
  count_up: { owners: 'session', acrossTurns: true, counts: 'up', given: 'max_time_ms' },
};

/** The mode of a session. */
export function modeOf({ sync_mode }: Pick<SessionState, 'sync_mode'>): Mode {
  return MODES[sync_mode];
}
