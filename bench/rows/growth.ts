import { setTimeout as wait } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { bounded, compare, noted, type Plan, takeTurns } from '../kit/compare.ts';
import { copySession } from '../kit/copies.ts';
import { call, connectClient, Player, within } from '../kit/player.ts';
import type { Program } from '../kit/program.ts';
import type { Row } from '../kit/row.ts';
import { SERVICE_PREFIX, type Side, type Stage } from '../kit/stage.ts';
import { percentile } from '../kit/statistics.ts';
import { costOf, profiled } from '../kit/usage.ts';
import type { SettledUsage } from '../programs/probe.ts';

/** How many of the `many` sessions run and are played; the few are all played. */
const FULL = { few: 1_000, many: 100_000, active: 10_000, rounds: 12, turns: 12, turnMs: 100, warmUpMs: 10_000, idleMs: 5_000 };
const SMOKE = { few: 100, many: 3_000, active: 1_000, rounds: 3, turns: 3, turnMs: 60, warmUpMs: 500, idleMs: 400 };
const TURN_DEADLINE_MS = 20_000;

interface World {
  stage: Stage;
  program: Program;
  socket: Socket;
  /** The sessions that are played, and the index of the next one. */
  active: string[];
  next: number;
}

/**
 * An instance on a Redis that holds so many sessions, and how much the heap and the handles of another instance, which
 * served none of them, grew when they came.
 */
async function populate(stage: Stage, active: number, idle: number): Promise<World & { grown: { heap: number; resources: number } }> {
  const program = await stage.service();
  const bystander = await stage.service();
  const player = await Player.ofService(program.url, 'bench-template', false);
  await call(player.socket, 'session:create', {
    session_id: 'bench-pending',
    sync_mode: 'per_participant',
    participants: ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms: 86_400_000 })),
  });
  const socket = await connectClient(program.url);
  stage.onClose(async () => [player, socket].forEach((client) => client.close()));
  const before = await bystander.ask<SettledUsage>('settled-usage', null);
  const ids = await copySession(stage.redis, SERVICE_PREFIX, 'bench-template', 'bench-active', active);
  await copySession(stage.redis, SERVICE_PREFIX, 'bench-pending', 'bench-idle', idle);
  const after = await bystander.ask<SettledUsage>('settled-usage', null);
  await bystander.stop();
  const grown = { heap: after.heapBytes - before.heapBytes, resources: after.resources - before.resources };
  return { stage, program, socket, active: ids, next: 0, grown };
}

/** Switches in one session after the other, through all that are active, for a while. Returns the latencies, ms. */
async function tour(world: World, ms: number): Promise<number[]> {
  const latencies: number[] = [];
  const end = performance.now() + ms;
  for (let sent = performance.now(); sent < end; sent = performance.now()) {
    await call(world.socket, 'session:switch', { session_id: world.active[world.next++ % world.active.length] });
    latencies.push(performance.now() - sent);
  }
  return latencies;
}

/**
 * Two Redis servers, one with few sessions and one with very many, each with an instance: the latter must be no slower.
 */
export const growthRow: Row = {
  name: 'growth',
  title: 'Growth of the number of sessions in Redis (control: the few)',
  async run(stage, { smoke, progress, profile }) {
    const { few, many, active, turnMs, warmUpMs, idleMs, ...plan }: Plan & typeof FULL = smoke ? SMOKE : FULL;
    const worlds = { service: await populate(stage, active, many - active), control: await populate(await stage.another(), few, 0) };
    progress(`${many} sessions of which ${active} are played, and ${few}`);
    for (const side of ['service', 'control'] as const) {
      const world = worlds[side];
      await tour(world, warmUpMs / 2);
      // The first switch of a session reads it, which other switches of a game do not.
      while (world.next < world.active.length) await tour(world, turnMs);
    }
    const turn = async (side: Side) => {
      const world = worlds[side];
      await world.stage.trimOutboxes();
      return within(
        TURN_DEADLINE_MS,
        'a turn',
        costOf(world.stage, [world.program], () => tour(world, turnMs)),
      );
    };
    const rounds = await profiled(worlds.service.program, profile, () => takeTurns(plan, turn, progress));
    progress('at rest');
    const rest = async (side: Side) => costOf(worlds[side].stage, [worlds[side].program], () => wait(idleMs));
    const idle = [{ service: [await rest('service')], control: [await rest('control')] }];
    const channels = (await worlds.service.stage.redis.call('PUBSUB', 'SHARDCHANNELS', '*')) as string[];

    type Turn = Awaited<ReturnType<typeof turn>>;
    const all = (turns: Turn[]) => turns.flatMap(({ result }) => result);
    const each = (of: (turn: Turn) => number) => (turns: Turn[]) => turns.reduce((sum, one) => sum + of(one), 0) / all(turns).length;
    const aSecond = (us: number) => us / idleMs;
    const { grown } = worlds.service;
    return [
      compare('latency p50', 'ms', rounds, (turns) => percentile(all(turns), 0.5), { ratio: 1.15, sense: 'at most' }),
      compare('latency p99', 'ms', rounds, (turns) => percentile(all(turns), 0.99)),
      compare(
        'CPU of the process',
        'µs a command',
        rounds,
        each(({ programUs }) => programUs),
      ),
      compare(
        'CPU of Redis',
        'µs a command',
        rounds,
        each(({ redisUs }) => redisUs),
      ),
      compare('at rest (sweep, healing, clock): CPU of the process', 'ms a second', idle, ([one]) => aSecond(one?.programUs ?? Number.NaN)),
      compare('at rest: CPU of Redis', 'ms a second', idle, ([one]) => aSecond(one?.redisUs ?? Number.NaN)),
      noted(`heap of another instance for each of ${many} sessions`, 'bytes', grown.heap / many),
      bounded(noted('timers and sockets of that instance more than before', '', grown.resources), 0),
      // The two sessions that were made through the instance.
      bounded(noted('subscriptions to rooms', '', channels.filter((channel) => channel.includes('bench-')).length), 2),
    ];
  },
};
