import { expect } from 'chai';
import type { SessionState, TimeData } from '#contract';
import type { RedisClient } from '../../server/store/connection.ts';
import { noFaketime, wrongClock } from '../kit/faketime.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { lacking } from '../kit/lacking.ts';

/**
 * What the design promises: every elapsed time, expiry instant and `/time` answer stays within this of the clock of
 * Redis.
 */
const WITHIN_MS = 5;
const TURNS = 24;

const SKEWS: [string, string, { monotonic: boolean }?][] = [
  ['30 s ahead', '+30s'],
  ['30 s behind', '-30s'],
  ['1 % fast', '+0 x1.01'],
  ['1 % fast, its monotonic clock too', '+0 x1.01', { monotonic: true }],
];

describe('instances whose clocks are wrong', function () {
  let cluster: Cluster | undefined;
  let redis: RedisClient;
  let right: TestClient;
  let wrong: { url: string; client: TestClient }[];

  before(async function () {
    if (noFaketime !== undefined) lacking(this, noFaketime);
    const all = (cluster = await openCluster());
    redis = all.redis();
    right = await all.client(await all.instance());
    wrong = await Promise.all(
      SKEWS.map(async ([, spec, options]) => {
        const { url } = await all.process(wrongClock(spec, options));
        return { url, client: await all.client({ url }) };
      }),
    );
  });
  after(() => cluster?.close());

  const truth = async (): Promise<number> => {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1000 + Number(microseconds) / 1000;
  };
  /** Something an instance did, with the instants of Redis just before and just after. */
  const framed = async <Result>(work: () => Promise<Result>): Promise<{ result: Result; from: number; to: number }> => {
    const from = await truth();
    const result = await work();
    return { result, from, to: await truth() };
  };
  /** How far an instant lies outside of the time in which it must have been taken. */
  const error = (instant: number, { from, to }: { from: number; to: number }) => Math.max(0, from - instant, instant - to);

  for (const [position, [what, spec]] of SKEWS.entries()) {
    it(`K-10 ${what}: a game over it and a right one charges each turn as it was, and /time tells the time of Redis`, async () => {
      const instance = at(wrong, position);
      const { client: a } = instance;
      const b = right;
      // The test is worth something only if the clock really is wrong.
      const offset = Number(/^synckairos_clock_offset_ms (\S+)/m.exec((await rest(instance, 'GET', '/metrics')).text)?.[1]);
      if (spec.endsWith('s')) expect(offset).to.be.closeTo(-Number.parseInt(spec, 10) * 1000, 2_000);
      else expect(Math.abs(offset)).to.be.above(5);

      const game = chess();
      const created = await framed(async () => a.ok('session:create', game));
      const errors = [error(Date.parse(created.result.created_at), created)];
      const started = await framed(async () => b.ok('session:start', { session_id: game.session_id }));
      errors.push(error(Date.parse(started.result.updated_at), started));
      const bounds: number[] = [];
      let before = started;
      for (let turn = 0; turn < TURNS; turn++) {
        const client = turn % 2 === 0 ? a : b;
        await until('the turn takes its time', async () => (await truth()) > before.to + 25);
        const moved = await framed(() => client.success('session:switch', { session_id: game.session_id }));
        const now = await client.ok('session:get', { session_id: game.session_id });
        errors.push(error(Date.parse(now.updated_at), moved), error(moved.result.server_time_ms, moved));
        const charged = usedBy(now, before.result.active_participant_id) - usedBy(before.result, before.result.active_participant_id);
        errors.push(error(charged, { from: moved.from - before.to, to: moved.to - before.from }));
        const told = await framed(() => rest(instance, 'GET', '/time'));
        const { timestamp_ms, error_bound_ms } = told.result.json() as unknown as TimeData;
        const wrongBy = error(timestamp_ms, told);
        expect(wrongBy, 'the error that /time admits').to.be.at.most(error_bound_ms);
        errors.push(wrongBy);
        bounds.push(error_bound_ms);
        before = { ...moved, result: now };
      }
      // Recorded instants are whole milliseconds, rounded down. On a machine too busy to answer within 10 ms nobody can
      // do better than the bound.
      expect(Math.max(...errors)).to.be.at.most(Math.max(WITHIN_MS, ...bounds) + 1);
    });
  }

  it('K-11 expiries and warnings are on time, whichever instance has the alarm', async () => {
    const play = async (client: TestClient) => {
      const game = chess({ sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true, warning_thresholds_ms: [300] });
      await client.ok('session:create', game);
      const started = await client.ok('session:start', { session_id: game.session_id });
      for (let cycle = 1; cycle <= 2; cycle++) {
        const deadline = Date.parse(started.cycle_started_at ?? '') + cycle * 1_000;
        const warning = await client.next('session:warning');
        expect(warning.server_time_ms).to.be.at.least(deadline - 300 - WITHIN_MS);
        const expired = await client.next('session:expired');
        expect(await truth(), 'not early').to.be.at.least(deadline);
        expect(expired).to.include({ version: 2 + cycle, expired_at: new Date(deadline).toISOString() });
        expect(expired.server_time_ms).to.be.at.least(deadline + 20 - WITHIN_MS);
      }
    };
    await Promise.all(wrong.map(({ client }) => play(client)));
  });
});

function usedBy(state: SessionState, id: string | null): number {
  return state.participants.find((one) => one.participant_id === id)?.time_used_ms ?? 0;
}

function at<Item>(items: Item[], position: number): Item {
  const item = items[position];
  if (item === undefined) throw new Error(`nothing at ${position}`);
  return item;
}
