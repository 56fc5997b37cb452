import { compare, noted, type Plan, takeTurns } from '../kit/compare.ts';
import { type Player, seatPlayers, within } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { percentile } from '../kit/statistics.ts';
import { costOf, memoryOf, profiled } from '../kit/usage.ts';

/** Optimising compilers need a few thousand calls before a process runs as it will for the rest of its life. */
const WARM_UP = { full: { commands: 6_000, ms: 15_000 }, smoke: { commands: 3_000, ms: 4_000 } };
/** Whichever comes first: on a busy machine a run must not take longer, only see less. */
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

/** One client, one game, one command at a time. */
function switchRow(name: string, title: string, keyed: boolean): Row {
  return {
    name,
    title,
    fullOnly: keyed,
    async run(stage, { smoke, progress, profile }) {
      const programs = { service: await stage.service(), control: await stage.switchControl() };
      const players = await seatPlayers({ service: [programs.service.url], control: [programs.control.url] }, 1, keyed);
      stage.onClose(async () =>
        Object.values(players)
          .flat()
          .forEach((player) => player.close()),
      );
      const [service, control] = [players.service[0], players.control[0]];
      if (service === undefined || control === undefined) throw new Error('nobody plays');
      const player = { service, control };

      progress('warming up');
      const warmUp = smoke ? WARM_UP.smoke : WARM_UP.full;
      for (const side of ['service', 'control'] as const) await play(player[side], { commands: warmUp.commands, ms: warmUp.ms / 2 });
      const rounds = await profiled(programs.service, profile, () =>
        takeTurns<Turn>(
          smoke ? SMOKE : FULL,
          async (side) => {
            if (side === 'service') await stage.trimOutboxes();
            const cost = await within(
              TURN_DEADLINE_MS,
              'a turn',
              costOf(stage, [programs[side]], () => play(player[side], A_TURN)),
            );
            return { latencies: cost.result, programUs: cost.programUs, redisUs: cost.redisUs };
          },
          progress,
        ),
      );

      const all = (turns: Turn[]) => turns.flatMap((turn) => turn.latencies);
      const each = (turns: Turn[], us: (turn: Turn) => number) => turns.reduce((sum, turn) => sum + us(turn), 0) / all(turns).length;
      return [
        compare('latency p50', 'ms', rounds, (turns) => percentile(all(turns), 0.5), { ratio: 1.25, sense: 'at most' }),
        compare('latency p99', 'ms', rounds, (turns) => percentile(all(turns), 0.99), { ratio: 1.5, sense: 'at most' }),
        compare('CPU of the process', 'µs a command', rounds, (turns) => each(turns, (turn) => turn.programUs)),
        compare('CPU of Redis', 'µs a command', rounds, (turns) => each(turns, (turn) => turn.redisUs)),
        noted('memory of the process', 'MiB', await memoryOf([programs.service]), await memoryOf([programs.control])),
      ];
    },
  };
}

export const switchRows = [
  switchRow('switch', 'Acked session:switch, one in flight', false),
  switchRow('switch-keyed', 'Acked session:switch with a command_id, one in flight', true),
];
