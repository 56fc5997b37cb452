import type { CommandName, CreatePayload } from '#contract';
import { chess } from '../kit/games.ts';
import type { Chance } from './random.ts';

export interface Game {
  payload: CreatePayload & { session_id: string };
  /** What its player does, over and over; nothing where the clock is left to run out. */
  moves: [CommandName, object][];
}

const MOVE: [CommandName, object] = ['session:switch', {}];
const HURRIED: Partial<CreatePayload> = { warning_thresholds_ms: [500] };

/**
 * Games of every mode: some are played all the time, of some the clocks run out while nobody plays, in some it is both.
 */
export function gamesOf(chance: Chance): Game[] {
  const people = ['anna', 'ben', 'cora'].map((participant_id) => ({ participant_id }));
  const team = (group_id: string, ids: string[]) => ids.map((participant_id) => ({ participant_id, group_id, total_time_ms: 1_800_000 }));
  const pause: [CommandName, object][] = [
    ['session:pause', {}],
    ['session:adjust', { delta_ms: 1_000, participant_id: 'white', reason: 'noise' }],
    ['session:resume', {}],
  ];
  const played: Game[] = [
    { payload: chess({ increment_ms: 1_000 }), moves: [MOVE, MOVE, MOVE, ...pause] },
    { payload: chess(), moves: [MOVE] },
    {
      payload: chess({ sync_mode: 'per_group', participants: [...team('red', ['anna', 'ben']), ...team('blue', ['cora', 'dan'])] }),
      moves: [MOVE],
    },
    { payload: chess({ sync_mode: 'global', total_time_ms: 3_600_000, participants: people }), moves: [MOVE] },
    { payload: chess({ sync_mode: 'count_up', participants: people }), moves: [MOVE] },
    // Moves and deadlines at once.
    { payload: cycles(chance, {}), moves: [MOVE] },
  ];
  const left: Game[] = [
    { payload: cycles(chance, {}), moves: [] },
    { payload: cycles(chance, { participants: [] }), moves: [] },
    { payload: cycles(chance, { outage_policy: 'credit' }), moves: [] },
    {
      payload: chess({
        ...HURRIED,
        sync_mode: 'global',
        total_time_ms: chance.integer(2_000, 8_000),
        action_on_timeout: { type: 'end_session' },
      }),
      moves: [],
    },
    { payload: chess({ ...HURRIED, sync_mode: 'count_up', max_time_ms: chance.integer(2_000, 8_000), participants: [] }), moves: [] },
  ];
  for (let n = 0; n < 8; n++) {
    const total_time_ms = chance.integer(1_500, 9_000);
    left.push({ payload: chess({ ...HURRIED, participants: [{ participant_id: 'anna', total_time_ms }] }), moves: [] });
  }
  return [...played, ...left];
}

function cycles(chance: Chance, change: Partial<CreatePayload>): Game['payload'] {
  return chess({ ...HURRIED, sync_mode: 'per_cycle', time_per_cycle_ms: chance.integer(1_000, 1_500), auto_advance: true, ...change });
}
