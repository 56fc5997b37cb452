import { expect } from 'chai';
import { Alarms } from '../../server/engine/alarms.ts';
import { keysLike } from '../kit/redis.ts';
import { until } from '../kit/until.ts';
import { EngineFixture, GRACE_MS, iso, type EngineInstance, stateOf } from './engine-fixture.ts';

describe('an expiry that nobody asks for', () => {
  let engines: EngineFixture;

  beforeEach(async () => {
    engines = await EngineFixture.open();
  });
  afterEach(() => engines.close());

  const told = (instances: EngineInstance[], session: string) =>
    instances.flatMap((instance) => instance.told).filter((one) => one.session_id === session);

  it('E-1 an expiry has the deadline as its instant, whichever instance notices it, and is announced after the grace', async () => {
    const instance = await engines.instance();
    const game = await engines.game(instance, 900);
    const [, , expiry] = await engines.trailOf(game.session_id, 3);
    expect(expiry).to.include({ version: 3, event_type: 'participant_expired', timestamp: iso(game.deadline), participant_id: 'white' });
    expect(expiry).to.include({ time_elapsed_ms: 1_000, time_remaining_ms: 0 });
    expect(expiry?.state_snapshot).to.include({
      status: 'expired',
      updated_at: iso(game.deadline),
      session_completed_at: iso(game.deadline),
    });
    expect(expiry?.state_snapshot.participants[0]).to.include({
      total_time_ms: 0,
      time_used_ms: 1_000,
      time_remaining_ms: 0,
      has_expired: true,
    });
    await until('it is told', async () => told([instance], game.session_id).length === 3);
    expect(told([instance], game.session_id)[2]?.at).to.be.at.least(game.deadline + GRACE_MS);
  });

  it('E-2 an expiry takes effect exactly once, with an alarm on each of three instances', async () => {
    const instances = await Promise.all([engines.instance(), engines.instance(), engines.instance()]);
    const change = {
      action_on_timeout: { type: 'skip_cycle' } as const,
      participants: [
        { participant_id: 'white', total_time_ms: 8_000 },
        { participant_id: 'black', total_time_ms: 600_000 },
      ],
    };
    const games = await Promise.all(Array.from({ length: 30 }, () => engines.game(instances[0], 0, change)));
    await Promise.all(
      games.map(async ({ session_id }) => {
        for (const instance of instances) stateOf(await instance.run(session_id, { type: 'adjust', delta_ms: 0, participant_id: 'white' }));
      }),
    );
    for (const { session_id, deadline } of games) {
      const trail = await engines.trailOf(session_id, 6);
      expect(trail[5]).to.include({ version: 6, event_type: 'participant_expired', timestamp: iso(deadline) });
      expect(trail).to.have.length(6);
    }
    await until('all are told', async () => games.every(({ session_id }) => told(instances, session_id).some((one) => one.version === 6)));
    for (const { session_id } of games) expect(told(instances, session_id).filter((one) => one.version === 6)).to.have.length(1);
  });

  it('E-3 another instance commits an expiry when the one with the alarm is gone', async () => {
    const [gone, other] = [await engines.instance(), await engines.instance()];
    const game = await engines.game(gone, 700);
    await gone.close();
    const expiry = (await engines.trailOf(game.session_id, 3))[2];
    expect(expiry).to.include({ event_type: 'participant_expired', timestamp: iso(game.deadline) });
    await until('it is told', async () => told([other], game.session_id).length > 0);
    expect(told([other], game.session_id).map((one) => one.what)).to.deep.equal(['participant_expired']);
  });

  it('E-3 the instance that found an overdue session has its alarm from then on', async () => {
    const gone = await engines.instance({ expires: false });
    const other = await engines.instance();
    const game = await engines.game(gone, 700, { sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true });
    const trail = await engines.trailOf(game.session_id, 4);
    expect(trail.slice(2).map((event) => event.timestamp)).to.deep.equal([iso(game.deadline), iso(game.deadline + 1_000)]);
    const count = async () =>
      (await other.metrics.expiryLateness.get()).values.find((value) => value.metricName?.endsWith('_count'))?.value;
    await until('both are counted', async () => ((await count()) ?? 0) >= 2);
    expect(await count()).to.equal(2);
  });

  it('E-3 the only instance left commits an expiry even if its own clock is a little wrong, and not before its time', async () => {
    for (const error of [-40, 40]) {
      const instance = await engines.instance();
      instance.clock.error = error;
      const game = await engines.game(instance, 800);
      const trail = await engines.trailOf(game.session_id, 3);
      expect(trail[2]).to.include({ event_type: 'participant_expired', timestamp: iso(game.deadline) });
      await until('it is told', async () => told([instance], game.session_id).length === 3);
      expect(told([instance], game.session_id)[2]?.at, 'not early').to.be.at.least(game.deadline + GRACE_MS);
      await instance.close();
    }
  });

  it('E-3 neither an expiry nor a session that left Redis leaves an entry in the due set', async () => {
    const instance = await engines.instance();
    const game = await engines.game(instance, 900);
    const lost = await engines.game(instance, 500);
    await engines.redis().del(engines.keyOf(lost.session_id));
    await engines.trailOf(game.session_id, 3);
    const dueSets = () => keysLike(engines.redis(), `${engines.prefix}:*:agenda`);
    await until('the due set is empty', async () => (await dueSets()).length === 0);
  });
});

describe('alarms', () => {
  /** Sets alarms on a clock that runs `rate` times as fast as the timers do. Returns how many rang early. */
  const ring = async (rate: number, delays: number[], deadlineMs?: number): Promise<number> => {
    const begin = performance.now();
    const now = () => (performance.now() - begin) * rate;
    let early = 0;
    let rang = 0;
    const alarms = new Alarms(now, (id) => {
      if (now() < Number(id)) early += 1;
      rang += 1;
    });
    for (const delay of delays) alarms.set(String(delay), delay);
    try {
      await until('all rang', async () => rang === delays.length, deadlineMs);
    } finally {
      alarms.close();
    }
    return early;
  };

  it('E-4 alarms never ring before their time, however many there are', async () => {
    const delays = Array.from({ length: 2_000 }, (_, n) => n / 4 + 0.7);
    expect(await ring(1, delays)).to.equal(0);
  });

  it('E-4 alarms follow a clock that runs slower or faster than the timers', async () => {
    expect(await ring(0.5, [300.5, 100])).to.equal(0);
    // Half a minute of a clock that runs fifty times as fast is 600 ms of the timers.
    expect(await ring(50, [30_000], 15_000)).to.equal(0);
  });
});
