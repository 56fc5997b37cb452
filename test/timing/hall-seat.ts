import type { ParticipantInput } from '#contract';

/** A participant of the reference: what is left is taken away millisecond by millisecond. */
export interface Seat {
  id: string;
  status: 'waiting' | 'running' | 'paused' | 'finished' | 'expired';
  /** Null for a stopwatch without end. */
  given: number | null;
  left: number | null;
  used: number;
  /** What of that it has used in the present cycle. */
  usedNow: number;
  /** Since when it runs as it does, for a finish that reached the server before the last event. */
  since: number;
  ended: number;
  finishedAt: number | null;
  expiredAt: number | null;
  late: number | null;
  hasExpired: boolean;
  /** Their own closing; without one that of everybody holds. */
  closes: number | null;
  /** Whether they have withdrawn, and whether they joined within the cycle, which goes on without them. */
  out: boolean;
  sitsOut: boolean;
  /** What they came with. */
  input: ParticipantInput;
}

/** Somebody who comes, with a clock that waits and was given nothing yet. */
export function seatOf(input: ParticipantInput): Seat {
  return {
    id: input.participant_id,
    status: 'waiting',
    given: null,
    left: null,
    used: 0,
    usedNow: 0,
    since: 0,
    ended: 0,
    finishedAt: null,
    expiredAt: null,
    late: null,
    hasExpired: false,
    closes: instantOf(input.closes_at),
    out: false,
    sitsOut: false,
    input,
  };
}

/** Unix ms of an instant; null where there is none. */
export function instantOf(at: string | undefined): number | null {
  return at === undefined ? null : Date.parse(at);
}

/** Whether a clock of the reference has not ended. */
export function goesOn({ status, out, sitsOut }: Seat): boolean {
  if (out || sitsOut) return false;
  return status === 'waiting' || status === 'running' || status === 'paused';
}
