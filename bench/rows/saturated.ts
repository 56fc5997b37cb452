import { compare, noted, type Plan, takeTurns } from '../kit/compare.ts';
import { type Player, seatPlayers, within } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { percentile } from '../kit/statistics.ts';
import { costOf, memoryOf, profiled } from '../kit/usage.ts';

const CLIENTS = 64;
const FULL = { rounds: 12, turns: 8, turnMs: 250, warmUpMs: 4_000 };
const SMOKE = { rounds: 4, turns: 4, turnMs: 200, warmUpMs: 1_000 };
const TURN_DEADLINE_MS = 20_000;

interface Turn {
  latencies: number[];
  seconds: number;
  programUs: number;
  redisUs: number;
}

/**
 * Every player sends the next command as soon as the last one is acknowledged, for a while. Returns all latencies, ms.
 */
async function playAll(players: Player[], ms: number): Promise<number[]> {
  const end = performance.now() + ms;
  const latencies: number[] = [];
  const play = async (player: Player) => {
    for (let sent = performance.now(); sent < end; sent = performance.now()) {
      await player.switch();
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(players.map(play));
  return latencies;
}

/** As many switches as two instances take from 64 clients, each with a game of its own. */
export const saturatedRow: Row = {
  name: 'saturated',
  title: `Saturated switches over two instances, ${CLIENTS} clients`,
  async run(stage, { smoke, progress, profile }) {
    const services = [await stage.service(), await stage.service()];
    const controls = [await stage.switchControl(), await stage.switchControl()];
    const programs = { service: services, control: controls };
    const urls = { service: services.map(({ url }) => url), control: controls.map(({ url }) => url) };
    const players = await seatPlayers(stage, urls, CLIENTS);
    stage.onClose(async () =>
      Object.values(players)
        .flat()
        .forEach((player) => player.close()),
    );
    const { turnMs, warmUpMs, ...plan }: Plan & typeof FULL = smoke ? SMOKE : FULL;

    progress('warming up');
    await playAll(players.service, warmUpMs);
    await playAll(players.control, warmUpMs);
    const [first] = services;
    if (first === undefined) throw new Error('no instance');
    const rounds = await profiled(first, profile, () =>
      takeTurns<Turn>(
        plan,
        async (side) => {
          if (side === 'service' || stage.isAgainstService) await stage.trimOutboxes(side);
          const work = async () => {
            const began = performance.now();
            const latencies = await playAll(players[side], turnMs);
            return { latencies, seconds: (performance.now() - began) / 1000 };
          };
          const { result, ...cost } = await within(TURN_DEADLINE_MS, 'a turn', costOf(stage, programs[side], work));
          return { ...result, ...cost };
        },
        progress,
      ),
    );

    const all = (turns: Turn[]) => turns.flatMap((turn) => turn.latencies);
    const sum = (turns: Turn[], of: (turn: Turn) => number) => turns.reduce((total, turn) => total + of(turn), 0);
    const count = (turns: Turn[]) => sum(turns, (turn) => turn.latencies.length);
    return [
      compare('throughput', 'commands/s', rounds, (turns) => count(turns) / sum(turns, (turn) => turn.seconds), {
        ratio: 0.8,
        sense: 'at least',
      }),
      compare('CPU of the processes', 'µs a command', rounds, (turns) => sum(turns, (turn) => turn.programUs) / count(turns), {
        ratio: 1.3,
        sense: 'at most',
      }),
      compare('CPU of Redis', 'µs a command', rounds, (turns) => sum(turns, (turn) => turn.redisUs) / count(turns)),
      compare('latency p50', 'ms', rounds, (turns) => percentile(all(turns), 0.5)),
      compare('latency p99', 'ms', rounds, (turns) => percentile(all(turns), 0.99)),
      noted('memory of the processes', 'MiB', await memoryOf(services), await memoryOf(controls)),
    ];
  },
};
