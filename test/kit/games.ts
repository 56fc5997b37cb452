import type { CreatePayload } from '#contract';

let games = 0;

/** Half an hour each: nobody's flag falls while a test runs. */
export const BANK_MS = 1_800_000;

/** Two chess players with plenty of time. Every call names a game of its own. */
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
