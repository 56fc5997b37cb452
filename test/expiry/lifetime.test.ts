import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { createKeys } from '../../server/store/keys.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const IDLE_MS = 120_000;
const NOBODY: Partial<CreatePayload> = { participants: [] };

describe('how long a session stays in Redis', () => {
  let cluster: Cluster;
  let client: TestClient;

  before(async () => {
    cluster = await openCluster({ SESSION_TTL_SECONDS: String(IDLE_MS / 1000) });
    client = await cluster.client(await cluster.instance());
  });
  after(() => cluster.close());

  const open = async (change: Partial<CreatePayload>) => {
    const { session_id } = await client.ok('session:create', chess(change));
    return session_id;
  };
  const expectToLive = async (session_id: string, ms: number) => {
    const left = await cluster.redis().pttl(createKeys(cluster.settings.KEY_PREFIX).session(session_id).session);
    expect(left).to.be.within(ms - 60_000, ms);
  };

  it('L-1 a session that does not run stays in Redis for SESSION_TTL_SECONDS after its last change', async () => {
    const session_id = await open({});
    await expectToLive(session_id, IDLE_MS);
    await client.ok('session:start', { session_id });
    await client.ok('session:pause', { session_id });
    await expectToLive(session_id, IDLE_MS);
    await client.ok('session:complete', { session_id });
    await expectToLive(session_id, IDLE_MS);
  });

  it('L-2 a running session stays in Redis until a day past its deadline, also an exam of 24 hours', async () => {
    const exam = await open({ ...NOBODY, sync_mode: 'global', total_time_ms: DAY_MS });
    await client.ok('session:start', { session_id: exam });
    await expectToLive(exam, 2 * DAY_MS);
    await client.ok('session:switch', { session_id: exam });
    await expectToLive(exam, 2 * DAY_MS);
    await client.ok('session:pause', { session_id: exam });
    await expectToLive(exam, IDLE_MS);
    await client.ok('session:resume', { session_id: exam });
    await expectToLive(exam, 2 * DAY_MS);
  });

  it('L-2 a running session stays in Redis until a day past the deadline of the active participant', async () => {
    const participants = [HOUR_MS, 3 * HOUR_MS].map((total_time_ms, n) => ({ participant_id: `p${n}`, total_time_ms }));
    const session_id = await open({ participants });
    await client.ok('session:start', { session_id });
    await expectToLive(session_id, DAY_MS + HOUR_MS);
    await client.ok('session:switch', { session_id });
    await expectToLive(session_id, DAY_MS + 3 * HOUR_MS);
    await client.ok('session:adjust', { session_id, participant_id: 'p1', delta_ms: HOUR_MS });
    await expectToLive(session_id, DAY_MS + 4 * HOUR_MS);
  });

  it('L-3 a running stopwatch without a ceiling stays in Redis for thirty days after its last change', async () => {
    const session_id = await open({ ...NOBODY, sync_mode: 'count_up' });
    await client.ok('session:start', { session_id });
    await expectToLive(session_id, 30 * DAY_MS);
    await client.ok('session:switch', { session_id });
    await expectToLive(session_id, 30 * DAY_MS);
  });

  it('L-4 a deleted session leaves only its epoch, for a day, so that a session with the same id can’t repeat it', async () => {
    const game = chess();
    const { epoch } = await client.ok('session:create', game);
    await client.ok('session:delete', { session_id: game.session_id });
    await expectToLive(game.session_id, DAY_MS);
    expect((await client.ok('session:create', game)).epoch).to.be.above(epoch);
  });

  it('L-5 events in the outbox have no lifetime', async () => {
    const kept = await openCluster({ AUDIT_WORKER: 'off' });
    try {
      const player = await kept.client(await kept.instance());
      const { session_id } = await player.ok('session:create', chess());
      expect(await kept.redis().ttl(createKeys(kept.settings.KEY_PREFIX).session(session_id).outbox)).to.equal(-1);
    } finally {
      await kept.close();
    }
  });

  it('L-6 a session that runs for longer than SESSION_TTL_SECONDS stays in Redis, and one that stood for as long leaves it', async () => {
    const short = await openCluster({ SESSION_TTL_SECONDS: '1' });
    try {
      const player = await short.client(await short.instance());
      const running = await player.ok('session:create', chess());
      await player.ok('session:start', { session_id: running.session_id });
      const idle = await player.ok('session:create', chess({ sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true }));
      const cycles = await player.ok('session:create', chess({ sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true }));
      await player.ok('session:start', { session_id: cycles.session_id });
      await player.next('session:expired', ({ session_id }) => session_id === cycles.session_id);
      await player.next('session:expired', ({ session_id }) => session_id === cycles.session_id);
      await player.refused('SESSION_NOT_FOUND', 'session:get', { session_id: idle.session_id });
      expect(await player.ok('session:get', { session_id: running.session_id })).to.include({ status: 'running' });
      expect(await player.ok('session:get', { session_id: cycles.session_id })).to.include({ status: 'running' });
    } finally {
      await short.close();
    }
  });
});
