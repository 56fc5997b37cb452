import { setTimeout as wait } from 'node:timers/promises';
import { compare, type Measure, type Plan, takeTurns } from '../kit/compare.ts';
import { Crowd } from '../kit/crowd.ts';
import { call, Player, within } from '../kit/player.ts';
import type { Program } from '../kit/program.ts';
import type { Row, RowOptions } from '../kit/row.ts';
import type { Side, Stage } from '../kit/stage.ts';
import { percentile } from '../kit/statistics.ts';
import { costOf, profiled } from '../kit/usage.ts';

const ROOM = 'bench-room';
const OTHER = 'bench-other';
/** About how many deliveries a turn makes. */
const FULL = { rounds: 6, turns: 2, deliveries: 30_000, crowdMs: 1_000 };
const SMOKE = { rounds: 3, turns: 2, deliveries: 2_000, crowdMs: 200 };
/** Interval between two broadcasts to the room while switches of another session are timed, ms. */
const ROOM_EVERY_MS = 500;
const TURN_DEADLINE_MS = 60_000;

interface Sided {
  program: Program;
  crowd: Crowd;
  /** Sends a message to the whole room. */
  tell: () => Promise<void>;
  /** A game of its own on the same instance. */
  other: Player;
}

interface Turn {
  seconds: number;
  programUs: number;
}

async function seat(stage: Stage, size: number, progress: RowOptions['progress']): Promise<Record<Side, Sided>> {
  const service = await stage.service();
  const control = await stage.switchControl();
  const host = await Player.ofService(service.url, ROOM, false);
  const twin = await Player.ofControl(control.url, host, false);
  const other = await Player.ofService(service.url, OTHER, false);
  const otherTwin = await Player.ofControl(control.url, other, false);
  stage.onClose(async () => [host, twin, other, otherTwin].forEach((player) => player.close()));
  const gathered = async (side: Side, url: string) => {
    const crowd = await Crowd.open(stage);
    progress(`${side}: ${size} clients in ${(await crowd.gather(side, [url], size, [ROOM])).toFixed(1)} s`);
    return crowd;
  };
  const emit = async () => void (await call(twin.socket, 'control:emit', { session_id: ROOM }));
  return {
    service: { program: service, crowd: await gathered('service', service.url), tell: () => host.switch(), other },
    control: { program: control, crowd: await gathered('control', control.url), tell: emit, other: otherTwin },
  };
}

/**
 * One room with many clients, all on one instance: how fast it is told, and how much that delays another session of the
 * instance.
 */
function roomRow(size: number, smokeSize: number): Row {
  return {
    name: `room-${size}`,
    title: `One room with ${size} clients on one instance, against a bare io.to(room).emit of the same bytes`,
    async run(stage, { smoke, progress, profile }) {
      const count = smoke ? smokeSize : size;
      const { deliveries, crowdMs, ...plan }: Plan & typeof FULL = smoke ? SMOKE : FULL;
      const sides = await seat(stage, count, progress);
      const each = Math.max(2, Math.round(deliveries / count));
      const tellAll = async (side: Side): Promise<Turn> => {
        const { program, crowd, tell } = sides[side];
        const work = async () => {
          const began = performance.now();
          const heard = crowd.updates(each * count);
          for (let index = 0; index < each; index++) await tell();
          await heard;
          return (performance.now() - began) / 1000;
        };
        const { result: seconds, programUs } = await within(TURN_DEADLINE_MS, 'a turn', costOf(stage, [program], work));
        return { seconds, programUs };
      };
      progress('warming up');
      for (let turn = 0; turn < plan.turns; turn++) for (const side of ['service', 'control'] as const) await tellAll(side);
      const rounds = await profiled(sides.service.program, profile, () => takeTurns<Turn>(plan, tellAll, progress));
      const sum = (turns: Turn[], of: (turn: Turn) => number) => turns.reduce((total, turn) => total + of(turn), 0);
      const delivered = (turns: Turn[]) => turns.length * each * count;
      return [
        compare('deliveries', 'deliveries/s', rounds, (turns) => delivered(turns) / sum(turns, ({ seconds }) => seconds), {
          ratio: 0.95,
          sense: 'at least',
        }),
        compare('CPU of the process', 'µs a delivery', rounds, (turns) => sum(turns, ({ programUs }) => programUs) / delivered(turns)),
        ...(await besideTheCrowd(sides, count, { ...plan, turns: 1 }, crowdMs, progress)),
      ];
    },
  };
}

/** The latency of switches of another session, while the room is idle and while it is told something twice a second. */
async function besideTheCrowd(
  sides: Record<Side, Sided>,
  count: number,
  plan: Plan,
  ms: number,
  progress: RowOptions['progress'],
): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const told of [false, true]) {
    const what = `a switch elsewhere while the room is ${told ? 'told twice a second' : 'silent'}`;
    progress(what);
    const rounds = await takeTurns<number[]>(plan, (side) => playOther(sides[side], told, count, ms), progress);
    for (const share of [0.5, 0.99]) {
      measures.push(compare(`${what}: p${share * 100}`, 'ms', rounds, (turns) => percentile(turns.flat(), share)));
    }
  }
  return measures;
}

async function playOther({ crowd, tell, other }: Sided, told: boolean, count: number, ms: number): Promise<number[]> {
  const latencies: number[] = [];
  const end = performance.now() + ms;
  const telling = async () => {
    for (let at = performance.now(); at < end - ROOM_EVERY_MS / 5; at += ROOM_EVERY_MS) {
      await wait(Math.max(0, at - performance.now()));
      await Promise.all([crowd.updates(count), tell()]);
    }
  };
  const playing = async () => {
    for (let sent = performance.now(); sent < end; sent = performance.now()) {
      await other.switch();
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all([playing(), ...(told ? [telling()] : [])]);
  return latencies;
}

export const roomRows = [roomRow(1_000, 100), roomRow(5_000, 300)];
