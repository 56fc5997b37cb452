import { type Measure, noted } from '../kit/compare.ts';
import type { Row, RowOptions } from '../kit/row.ts';
import { type Load, type Model, plan, predict } from '../kit/scale-model.ts';
import type { Stage } from '../kit/stage.ts';
import { median } from '../kit/statistics.ts';
import { type Stretch, LoadedInstances } from '../kit/loaded-instances.ts';

const FULL = { games: 48, viewers: 10, settlers: 2_000, warmUpMs: 4_000, stretchMs: 2_000, stretches: 5 };
const SMOKE = { games: 16, viewers: 4, settlers: 200, warmUpMs: 500, stretchMs: 400, stretches: 1 };
type Sizes = typeof FULL;
/** Instances and shards on which the model is checked; with more shards only the cost of idle instances is fitted. */
const CHECKS = [
  [1, 1],
  [2, 1],
  [3, 1],
  [1, 3],
  [3, 3],
] as const;
const CHECK_VIEWERS = 2;
const WORLDS = [
  [100_000, 5_000],
  [1_000_000, 50_000],
  [1_000_000, 100_000],
] as const;

/** The median over some stretches of their cost less `known`, for each of `count`. */
function rest(stretches: Stretch[], side: 'instances' | 'redis', known: Model, count: (load: Load) => number): number {
  const left = stretches.map(
    (stretch) => (stretch[side === 'instances' ? 'instancesUs' : 'redisUs'] - predict(known, stretch.load)[side]) / count(stretch.load),
  );
  // A negative cost is noise.
  return Math.max(0, median(left));
}

async function several(count: number, work: () => Promise<Stretch>): Promise<Stretch[]> {
  const stretches: Stretch[] = [];
  for (let index = 0; index < count; index++) stretches.push(await work());
  return stretches;
}

/** Fits one figure after the other, each from stretches in which it is the only unknown one. */
async function fit(
  stage: Stage,
  sizes: Sizes,
  progress: RowOptions['progress'],
): Promise<{ model: Model; calls: Map<string, number>; rate: number }> {
  const { games, viewers, settlers, warmUpMs, stretchMs, stretches } = sizes;
  const model: Model = {
    instance: { command: 0, delivery: 0, receipt: 0, arrival: 0, connectionSecond: 0, second: 0, shardSecond: 0 },
    redis: { command: 0, receipt: 0, arrival: 0, connectionSecond: 0, instanceSecond: 0, shardSecond: 0 },
  };
  const { instance, redis } = model;
  const alone = await LoadedInstances.open(stage, 1);
  const still = await several(stretches, () => alone.rest(stretchMs));
  instance.second = rest(still, 'instances', model, ({ seconds }) => seconds);
  redis.instanceSecond = rest(still, 'redis', model, ({ seconds }) => seconds);
  progress('an instance at rest');

  await alone.seat(games);
  await alone.play(warmUpMs);
  const before = await stage.redisCalls();
  const played = await several(stretches, () => alone.play(stretchMs));
  const after = await stage.redisCalls();
  const commands = played.reduce((sum, { load }) => sum + load.commands, 0);
  const calls = new Map([...after].map(([name, count]) => [name, (count - (before.get(name) ?? 0)) / commands]));
  instance.command = rest(played, 'instances', model, (load) => load.commands);
  redis.command = rest(played, 'redis', model, (load) => load.commands);
  progress('commands');

  await alone.view(viewers);
  const watched = await several(stretches, () => alone.play(stretchMs));
  instance.delivery = rest(watched, 'instances', model, (load) => load.deliveries);
  progress('deliveries');

  const arrived = [await alone.settle(settlers), await alone.settle(settlers)];
  instance.arrival = rest(arrived, 'instances', model, (load) => load.arrivals);
  redis.arrival = rest(arrived, 'redis', model, (load) => load.arrivals);
  const settled = await several(stretches, () => alone.rest(2 * stretchMs));
  instance.connectionSecond = rest(settled, 'instances', model, ({ connections, seconds }) => connections * seconds);
  redis.connectionSecond = rest(settled, 'redis', model, ({ connections, seconds }) => connections * seconds);
  progress('connections');

  const other = await stage.another();
  const two = await LoadedInstances.open(other, 2);
  await two.seat(games);
  await two.view(1);
  await two.play(warmUpMs);
  const crossed = await several(stretches, () => two.play(stretchMs));
  instance.receipt = rest(crossed, 'instances', model, (load) => load.receipts);
  redis.receipt = rest(crossed, 'redis', model, (load) => load.receipts);
  await other.close();
  progress('other instances');

  const cluster = await stage.another(3);
  const sharded = await LoadedInstances.open(cluster, 1);
  const resting = await several(stretches, () => sharded.rest(stretchMs));
  instance.shardSecond = rest(resting, 'instances', model, ({ shards, seconds }) => (shards - 1) * seconds);
  redis.shardSecond = rest(resting, 'redis', model, ({ shards, seconds }) => (shards - 1) * seconds);
  await cluster.close();
  progress('shards');
  return { model, calls, rate: median(played.map(({ load }) => load.commands / load.seconds)) };
}

/** Plays games with viewers on every instance. Returns the measured and the predicted cost. */
async function check(stage: Stage, instances: number, shards: 1 | 3, sizes: Sizes, model: Model): Promise<Measure[]> {
  const other = await stage.another(shards);
  const loaded = await LoadedInstances.open(other, instances);
  await loaded.seat(sizes.games);
  await loaded.view(CHECK_VIEWERS);
  await loaded.play(sizes.warmUpMs);
  const stretches = await several(sizes.stretches, () => loaded.play(sizes.stretchMs));
  await other.close();
  const each = (of: (stretch: Stretch) => number) => median(stretches.map((stretch) => of(stretch) / stretch.load.commands));
  const where = `${instances} instance${instances === 1 ? '' : 's'}, ${shards} shard${shards === 1 ? '' : 's'} (control: predicted)`;
  return [
    noted(
      `${where}: CPU of the instances`,
      'µs a command',
      each(({ instancesUs }) => instancesUs),
      each(({ load }) => predict(model, load).instances),
    ),
    noted(
      `${where}: CPU of Redis`,
      'µs a command',
      each(({ redisUs }) => redisUs),
      each(({ load }) => predict(model, load).redis),
    ),
    noted(`${where}: rate`, 'commands/s', median(stretches.map(({ load }) => load.commands / load.seconds))),
  ];
}

/**
 * The figures that docs/SCALING.md calculates with, how well they predict, and what they mean for loads that no machine
 * here can carry.
 */
export const scalingRow: Row = {
  name: 'scaling',
  title: 'A model of the cost of everything, fitted on one shard, checked on 1 to 3 instances and 1 and 3 shards',
  onlyAsked: true,
  async run(stage, { smoke, progress }) {
    const sizes = smoke ? SMOKE : FULL;
    const { model, calls, rate } = await fit(stage, sizes, progress);
    const figures = (Object.entries(model) as [string, Record<string, number>][]).flatMap(([of, costs]) =>
      Object.entries(costs).map(([what, us]) => noted(`model: ${of}, ${what}`, 'µs', us)),
    );
    const operations = [...calls].filter(([, count]) => count >= 0.05).map(([name, count]) => noted(`Redis: ${name}`, 'a command', count));
    const checks: Measure[] = [];
    for (const [instances, shards] of CHECKS) {
      checks.push(...(await check(stage, instances, shards, sizes, model)));
      progress(`checked on ${instances} and ${shards}`);
    }
    const planned = WORLDS.flatMap(([connections, commands]) => {
      const needed = plan(model, connections, commands);
      const of = `${connections / 1000}k connections, ${commands / 1000}k commands/s`;
      return [noted(`${of}: instances`, '', needed.instances), noted(`${of}: shards`, '', needed.shards)];
    });
    return [noted('model: fitted at a rate of', 'commands/s', rate), ...figures, ...operations, ...checks, ...planned];
  },
};
