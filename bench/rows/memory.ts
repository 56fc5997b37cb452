import { compare, type Measure, noted, type RatioTarget } from '../kit/compare.ts';
import { Crowd } from '../kit/crowd.ts';
import { connectClient } from '../kit/player.ts';
import type { Row, RowOptions } from '../kit/row.ts';
import { Seeder } from '../kit/seeding.ts';
import type { Side, Stage } from '../kit/stage.ts';
import type { SettledUsage } from '../programs/probe.ts';

const FULL = { connections: 4_000, sessions: 5_000, rounds: 3 };
const SMOKE = { connections: 200, sessions: 200, rounds: 1 };
const BANK_MS = 86_400_000;

interface Taken {
  rss: number;
  heap: number;
}

/** Memory of a process for each connection, KiB, after collections of garbage. */
async function ofConnections(stage: Stage, side: Side, count: number): Promise<Taken> {
  const program = side === 'service' ? await stage.service() : await stage.switchControl();
  const crowd = await Crowd.open(stage);
  // The first connections load what all of them share.
  await crowd.gather(side, [program.url], Math.ceil(count / 10));
  const before = await program.ask<SettledUsage>('settled-usage', null);
  await crowd.gather(side, [program.url], count);
  const after = await program.ask<SettledUsage>('settled-usage', null);
  await crowd.leave();
  await program.stop();
  const each = (bytes: (usage: SettledUsage) => number) => (bytes(after) - bytes(before)) / count / 1024;
  return { rss: each(({ rssBytes }) => rssBytes), heap: each(({ heapBytes }) => heapBytes) };
}

/** Memory of running sessions: in Redis beside their JSON, and in an instance that did not make them. */
async function ofSessions(stage: Stage, count: number, progress: RowOptions['progress']): Promise<Measure[]> {
  const [maker, bystander] = [await stage.service(), await stage.service()];
  const socket = await connectClient(maker.url);
  const seeder = new Seeder(maker.url, [socket]);
  stage.onClose(async () => {
    socket.close();
    seeder.close();
  });
  const used = async () => Number(/used_memory:(\d+)/.exec(await stage.redis.info('memory'))?.[1]);
  // The first sessions bring the keys that all of them share.
  await seeder.seed('bench-first', Math.ceil(count / 10), () => BANK_MS);
  await stage.trimOutboxes();
  const before = { redis: await used(), ...(await bystander.ask<SettledUsage>('settled-usage', null)) };
  const states = await seeder.seed('bench-idle', count, () => BANK_MS);
  await stage.trimOutboxes();
  const after = { redis: await used(), ...(await bystander.ask<SettledUsage>('settled-usage', null)) };
  progress(`${count} sessions`);
  const json = states.reduce((sum, state) => sum + Buffer.byteLength(JSON.stringify(state)), 0) / count;
  const redis = (after.redis - before.redis) / count;
  const rounds = [{ service: [redis], control: [json] }];
  const other = (after.heapBytes - before.heapBytes) / count;
  return [
    compare('an idle session in Redis (control: its JSON)', 'bytes', rounds, ([bytes]) => bytes ?? Number.NaN, {
      ratio: 1.6,
      sense: 'at most',
    }),
    noted('heap of an instance for each idle session', 'bytes', other),
    noted('timers and sockets of that instance more than before', '', after.resources - before.resources),
  ];
}

/** Memory for each idle connection and session. */
export const memoryRow: Row = {
  name: 'memory',
  title: 'Memory: a connection against bare Socket.IO, an idle session against its JSON',
  async run(stage, { smoke, progress }) {
    const { connections, sessions, rounds } = smoke ? SMOKE : FULL;
    const found: Record<Side, Taken[]>[] = [];
    for (let round = 0; round < rounds; round++) {
      const service = [await ofConnections(stage, 'service', connections)];
      found.push({ service, control: [await ofConnections(stage, 'control', connections)] });
      progress(`connections: round ${round + 1} of ${rounds}`);
    }
    const target: RatioTarget = { ratio: 1.25, sense: 'at most' };
    const first = (of: (taken: Taken) => number) => (taken: Taken[]) => (taken[0] === undefined ? Number.NaN : of(taken[0]));
    return [
      compare(
        'a connection, resident',
        'KiB',
        found,
        first(({ rss }) => rss),
        target,
      ),
      compare(
        'a connection, heap',
        'KiB',
        found,
        first(({ heap }) => heap),
      ),
      ...(await ofSessions(stage, sessions, progress)),
    ];
  },
};
