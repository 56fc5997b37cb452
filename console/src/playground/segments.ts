/** What passed on the clocks of a game that was played through, piece by piece. */
import { type PlayedTurn, type Reading, readClock } from '@synckairos/client';

/** A stretch of a turn in which one thing passed. Milliseconds after the game began. */
export interface Segment {
  from: number;
  to: number;
  phase: Reading['phase'];
  stage: number;
  /** Periods left, where they passed. */
  periods: number | undefined;
}

/** The stretches of a turn, in order; none for one that took no time. */
export function segmentsOf({ participant_id, state, begins_at, ends_at }: PlayedTurn): Segment[] {
  const segments: Segment[] = [];
  let from = begins_at;
  while (from < ends_at) {
    const reading = readClock(state, { participant_id }, from);
    if (reading === null) break;
    const to = Math.min(ends_at, from + Math.max(1, reading.next_change_in_ms ?? Infinity));
    segments.push({ from, to, phase: reading.phase, stage: reading.stage, periods: reading.periods_left });
    from = to;
  }
  return segments;
}
