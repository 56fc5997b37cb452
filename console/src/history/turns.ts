/** Computes the turns of a session from its events. */
import type { HistoryEvent } from '@synckairos/client';

export interface Turn {
  /** 1, 2, … */
  number: number;
  /** Whose clock was charged; null if nobody's in particular. */
  who: string | null;
  usedMs: number;
  endedBy: 'switch' | 'expiry' | 'end' | 'finish' | 'taken back' | 'nothing yet';
}

const ENDINGS: Partial<Record<HistoryEvent['event_type'], Turn['endedBy']>> = {
  cycle_switched: 'switch',
  participant_expired: 'expiry',
  session_completed: 'end',
  session_cancelled: 'end',
  session_deleted: 'end',
  session_undone: 'taken back',
  participant_finished: 'finish',
};

/** The time that each turn took, without pauses. The running turn counts with the time that is settled. */
export function turnsOf(events: readonly HistoryEvent[]): Turn[] {
  const turns: Turn[] = [];
  let usedMs = 0;
  let who: string | null = null;
  for (const event of events) {
    // Where several clocks were charged at once, no turn took that time.
    const elapsed = event.time_elapsed_ms ?? 0;
    usedMs += elapsed;
    if (elapsed > 0 || event.event_type === 'cycle_switched') who = event.participant_id;
    const endedBy = ENDINGS[event.event_type];
    // No turn ends if a game ends after its clock has run out or before it began, or if it is taken back at once.
    if (endedBy === undefined || ((endedBy === 'end' || endedBy === 'taken back') && usedMs === 0)) continue;
    turns.push({ number: turns.length + 1, who, usedMs, endedBy });
    usedMs = 0;
  }
  if (usedMs > 0) turns.push({ number: turns.length + 1, who, usedMs, endedBy: 'nothing yet' });
  return turns;
}
