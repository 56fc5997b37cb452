import { compare, type Measure, noted, type Plan, takeTurns } from './compare.ts';
import { type Player, within } from './player.ts';
import type { Program } from './program.ts';
import type { RowOptions } from './row.ts';
import type { Side, Stage } from './stage.ts';
import { percentile } from './statistics.ts';
import { costOf, memoryOf, profiled } from './usage.ts';

/** Switches before the measurement: the compiler optimises functions after a few thousand calls. */
const WARM_UP = { full: { commands: 6_000, ms: 15_000 }, smoke: { commands: 3_000, ms: 4_000 } };
/**
 * A turn ends at this number of commands or after this time, so that a slow machine measures fewer but takes no longer.
 */
const A_TURN = { commands: 60, ms: 100 };
const FULL: Plan = { rounds: 12, turns: 30 };
const SMOKE: Plan = { rounds: 5, turns: 16 };
const TURN_DEADLINE_MS = 20_000;

interface Turn {
  /** From sending to acknowledgement, ms. */
  latencies: number[];
  programUs: number;
  redisUs: number;
}

/** At most how many times the control's latency the service may have. */
export interface LatencyTargets {
  p50: number;
  p99?: number;
}

/**
 * One client a side, one game, one acknowledged switch at a time: latency and CPU of two programs that understand the
 * same switch.
 */
export async function compareSwitches(
  stage: Stage,
  programs: Record<Side, Program>,
  players: Record<Side, Player>,
  { smoke, progress, profile }: RowOptions,
  targets?: LatencyTargets,
): Promise<Measure[]> {
  progress('warming up');
  const warmUp = smoke ? WARM_UP.smoke : WARM_UP.full;
  for (const side of ['service', 'control'] as const) await play(players[side], { commands: warmUp.commands, ms: warmUp.ms / 2 });
  const rounds = await profiled(programs.service, profile, () =>
    takeTurns<Turn>(
      smoke ? SMOKE : FULL,
      async (side) => {
        if (side === 'service' || stage.isAgainstService) await stage.trimOutboxes(side);
        const cost = await within(
          TURN_DEADLINE_MS,
          'a turn',
          costOf(stage, [programs[side]], () => play(players[side], A_TURN)),
        );
        return { latencies: cost.result, programUs: cost.programUs, redisUs: cost.redisUs };
      },
      progress,
    ),
  );

  const all = (turns: Turn[]) => turns.flatMap((turn) => turn.latencies);
  const each = (turns: Turn[], us: (turn: Turn) => number) => turns.reduce((sum, turn) => sum + us(turn), 0) / all(turns).length;
  const target = (ratio: number | undefined) => (ratio === undefined ? undefined : ({ ratio, sense: 'at most' } as const));
  return [
    compare('latency p50', 'ms', rounds, (turns) => percentile(all(turns), 0.5), target(targets?.p50)),
    compare('latency p99', 'ms', rounds, (turns) => percentile(all(turns), 0.99), target(targets?.p99)),
    compare('CPU of the process', 'µs a command', rounds, (turns) => each(turns, (turn) => turn.programUs)),
    compare('CPU of Redis', 'µs a command', rounds, (turns) => each(turns, (turn) => turn.redisUs)),
    noted('memory of the process', 'MiB', await memoryOf([programs.service]), await memoryOf([programs.control])),
  ];
}

/** One switch after the other. Returns the latencies, ms. */
async function play(player: Player, { commands, ms }: typeof A_TURN): Promise<number[]> {
  const latencies: number[] = [];
  const end = performance.now() + ms;
  for (let sent = performance.now(); latencies.length < commands && sent < end; sent = performance.now()) {
    await player.switch();
    latencies.push(performance.now() - sent);
  }
  return latencies;
}
