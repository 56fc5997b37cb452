import type { CreatePayload } from '#contract';

let games = 0;

/** Half an hour for each clock, so that no clock runs out during a test. */
export const BANK_MS = 1_800_000;

/** The payload that creates a game of two chess players with plenty of time; each call has another `session_id`. */
export function chess(change: Partial<CreatePayload> = {}): CreatePayload & { session_id: string } {
  return {
    session_id: `game-${process.pid}-${++games}`,
    sync_mode: 'per_participant',
    participants: [
      { participant_id: 'white', total_time_ms: BANK_MS },
      { participant_id: 'black', total_time_ms: BANK_MS },
    ],
    ...change,
  } as CreatePayload & { session_id: string };
}

/** An auction of lots of half an hour each, whose end moves by ten seconds for each bid in the last minute. */
export function auction(change: Partial<CreatePayload> = {}): Partial<CreatePayload> {
  return {
    sync_mode: 'per_cycle',
    time_per_cycle_ms: BANK_MS,
    auto_advance: true,
    extension: { window_ms: 60_000, by_ms: 10_000, mode: 'add' },
    ...change,
  };
}
