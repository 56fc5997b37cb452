import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { until } from '../kit/until.ts';
import { EngineFixture, stateOf } from './engine-fixture.ts';
import { ThreeInstances } from './three-instances.ts';

/** Each threshold below is a second or more above zero, since a clock that has run out gives no warning any more. */
const SECONDS: Partial<CreatePayload> = {
  participants: [
    { participant_id: 'white', total_time_ms: 2_500 },
    { participant_id: 'black', total_time_ms: 2_500 },
  ],
};

describe('warnings', () => {
  let three: ThreeInstances;
  before(async () => {
    three = await ThreeInstances.open();
  });
  after(() => three.close());

  it('W-1 a warning comes once for each threshold, when it is crossed and not before, over three instances', async () => {
    const game = await three.engines.game(three.first, 600, { ...SECONDS, warning_thresholds_ms: [1_300, 1_850, 1_600] });
    await three.reaches(game.session_id, 3);
    expect(three.thresholds(game.session_id)).to.deep.equal([1_850, 1_600, 1_300]);
    for (const { at, what, version } of three.told(game.session_id, 'warning')) {
      expect(at).to.be.at.least(game.deadline - Number(what));
      expect(version).to.equal(2);
    }
  });

  it('W-1 a warning comes once, however many instances handle it at the same moment', async () => {
    const payload = { ...SECONDS, warning_thresholds_ms: [1_300, 1_200] };
    const games = await Promise.all(
      Array.from({ length: 20 }, (_, n) => three.engines.game(three.instances[n % 3] ?? three.first, 0, payload)),
    );
    // Every instance has an alarm for every game now, as after moves over all of them. None lifts the clock, which
    // would warn again.
    for (const instance of three.instances) {
      const adjusted = games.map(({ session_id }) => instance.run(session_id, { type: 'adjust', delta_ms: -10, participant_id: 'white' }));
      for (const outcome of await Promise.all(adjusted)) stateOf(outcome);
    }
    await Promise.all(games.map((game) => three.reaches(game.session_id, 6)));
    for (const game of games) expect(three.thresholds(game.session_id)).to.deep.equal([1_300, 1_200]);
  });

  it('W-2 warnings make no version and no audit event', async () => {
    const game = await three.engines.game(three.first, 0, { ...SECONDS, warning_thresholds_ms: [2_450] });
    await until('the warning', async () => three.told(game.session_id, 'warning').length === 1);
    expect(stateOf(await three.first.engine.get(game.session_id, { arrival: Math.floor(three.engines.now()) })).version).to.equal(2);
    expect(await three.engines.trail(game.session_id)).to.have.length(2);
  });

  it('W-3 thresholds at or above what the clock has when it is started or resumed give no warning', async () => {
    const game = await three.engines.game(three.first, 0, { ...SECONDS, warning_thresholds_ms: [3_000, 2_500, 2_499, 700] });
    await until('the first warning', async () => three.thresholds(game.session_id)[0] === 2_499);
    const paused = stateOf(await three.first.run(game.session_id, { type: 'pause' }));
    const left = paused.participants[0]?.total_time_ms ?? 0;
    expect(left).to.be.within(701, 2_499);
    stateOf(await three.first.run(game.session_id, { type: 'adjust', delta_ms: 700 - left, participant_id: 'white' }));
    stateOf(await three.first.run(game.session_id, { type: 'resume' }));
    await three.reaches(game.session_id, 6);
    expect(three.thresholds(game.session_id)).to.deep.equal([2_499]);
  });

  it('W-4 each cycle warns of its thresholds anew', async () => {
    const game = await three.engines.game(three.first, 0, {
      sync_mode: 'per_cycle',
      time_per_cycle_ms: 1_500,
      action_on_timeout: { type: 'skip_cycle' },
      warning_thresholds_ms: [1_400, 1_000],
    });
    await until('the third warning', async () => three.thresholds(game.session_id).length >= 3);
    const warnings = three.told(game.session_id, 'warning').slice(0, 3);
    expect(warnings.map((one) => one.what)).to.deep.equal(['1400', '1000', '1400']);
    expect(warnings.map((one) => one.version)).to.deep.equal([2, 2, 3]);
    stateOf(await three.first.run(game.session_id, { type: 'cancel' }));
  });

  for (const clock of [
    { sync_mode: 'global', total_time_ms: 2_500 },
    { sync_mode: 'count_up', max_time_ms: 2_500 },
  ] as const) {
    it(`W-5 warnings come once a session in ${clock.sync_mode}, also across switches and pauses`, async () => {
      const game = await three.engines.game(three.first, 600, { ...clock, warning_thresholds_ms: [1_800, 1_500, 1_200] });
      for (const [n, instant] of [1_750, 1_450, 1_150].entries()) {
        await three.engines.reach(game.deadline - instant);
        await until('the warning before it', async () => three.thresholds(game.session_id).length > n);
        stateOf(await (three.instances[n] ?? three.first).run(game.session_id, { type: 'switch' }));
      }
      stateOf(await three.first.run(game.session_id, { type: 'pause' }));
      stateOf(await three.first.run(game.session_id, { type: 'resume' }));
      await three.reaches(game.session_id, 8);
      expect(three.thresholds(game.session_id)).to.deep.equal([1_800, 1_500, 1_200]);
    });
  }

  it('W-5 the alarm of the instance that moved last sends warnings, not the sweep, also after an earlier warning', async () => {
    const lone = await EngineFixture.open(20);
    try {
      const instance = await lone.instance({ sweeps: false });
      const game = await lone.game(instance, 0, { sync_mode: 'global', total_time_ms: 3_000, warning_thresholds_ms: [2_800, 1_500] });
      const warnings = () => instance.told.filter((one) => one.event === 'warning');
      await until('the first warning', async () => warnings().length === 1);
      stateOf(await instance.run(game.session_id, { type: 'switch' }));
      const second = await until('the second warning', async () => warnings()[1]);
      expect(second.at).to.be.at.least(game.deadline - 1_500);
    } finally {
      await lone.close();
    }
  });

  it('W-6 a warning comes again for a threshold above which an adjustment lifts the clock', async () => {
    const game = await three.engines.game(three.first, 600, { ...SECONDS, warning_thresholds_ms: [1_850, 700] });
    await until('the warning', async () => three.thresholds(game.session_id).length === 1);
    stateOf(await three.first.run(game.session_id, { type: 'adjust', delta_ms: 1_000, participant_id: 'white' }));
    await three.reaches(game.session_id, 4);
    expect(three.thresholds(game.session_id)).to.deep.equal([1_850, 1_850, 700]);
  });

  it('W-6 a warning does not come again after an adjustment that leaves the clock below, or is for another clock', async () => {
    const game = await three.engines.game(three.first, 600, { ...SECONDS, warning_thresholds_ms: [1_850, 800] });
    await until('the warning', async () => three.thresholds(game.session_id)[0] === 1_850);
    // The clock stays below the first threshold then.
    await three.engines.reach(game.deadline - 1_750);
    stateOf(await three.first.run(game.session_id, { type: 'adjust', delta_ms: 50, participant_id: 'white' }));
    stateOf(await three.first.run(game.session_id, { type: 'adjust', delta_ms: 5_000, participant_id: 'black' }));
    await three.reaches(game.session_id, 5);
    expect(three.thresholds(game.session_id)).to.deep.equal([1_850, 800]);
  });

  it('W-6 warnings come at once for thresholds that an adjustment crosses', async () => {
    const game = await three.engines.game(three.first, 300, { ...SECONDS, warning_thresholds_ms: [2_000, 1_700, 1_000] });
    stateOf(await three.first.run(game.session_id, { type: 'adjust', delta_ms: -900, participant_id: 'white' }));
    await three.reaches(game.session_id, 4);
    expect(three.thresholds(game.session_id)).to.deep.equal([2_000, 1_700, 1_000]);
  });

  it('W-7 no warning comes after the clock has stopped, nor for a turn that is over', async () => {
    const participants = [2_500, 3_000].map((total_time_ms, n) => ({ participant_id: n === 0 ? 'white' : 'black', total_time_ms }));
    const twoSeconds = { participants, warning_thresholds_ms: [1_000] };
    const [paused, moved, done] = await Promise.all([0, 0, 0].map((ago) => three.engines.game(three.first, ago, twoSeconds)));
    stateOf(await three.first.run(paused?.session_id ?? '', { type: 'pause' }));
    stateOf(await three.first.run(moved?.session_id ?? '', { type: 'switch' }));
    stateOf(await three.first.run(done?.session_id ?? '', { type: 'complete' }));
    // By the time the next turn has come down to it, that of the turn before would have been sent.
    await until('the warning of the next turn', async () => three.told(moved?.session_id ?? '', 'warning').length > 0);
    expect([paused, done].map((game) => three.thresholds(game?.session_id ?? ''))).to.deep.equal([[], []]);
    expect(
      three.told(moved?.session_id ?? '', 'warning').map((one) => one.version),
      'only that of the turn that followed',
    ).to.deep.equal([3]);
  });

  it('W-7 no warning comes between the deadline and the end of the grace', async () => {
    const slow = await EngineFixture.open(400);
    try {
      const idle = await slow.instance({ expires: false });
      const game = await slow.game(idle, 990, { warning_thresholds_ms: [5] });
      const late = await slow.instance();
      await slow.trailOf(game.session_id, 3);
      // By the time the sweep found it, the clock had run out.
      await until('the room is told', async () => late.told.length > 0);
      expect(late.told.map((one) => one.what)).to.deep.equal(['participant_expired']);
    } finally {
      await slow.close();
    }
  });

  it('W-8 another instance sends warnings when the one with the alarm is gone', async () => {
    const gone = await three.engines.instance();
    const game = await three.engines.game(gone, 600, { ...SECONDS, warning_thresholds_ms: [1_800, 1_200] });
    await gone.close();
    await three.reaches(game.session_id, 3);
    expect(three.thresholds(game.session_id)).to.deep.equal([1_800, 1_200]);
  });

  it('W-9 an overdue warning is sent after what leaves its clock running: an adjustment of another clock, a lap', async () => {
    const idle = await three.engines.instance({ expires: false });
    const crossed = { warning_thresholds_ms: [2_000, 1_000] };
    const game = await three.engines.game(idle, 600, { ...SECONDS, ...crossed });
    stateOf(await idle.run(game.session_id, { type: 'adjust', delta_ms: 100, participant_id: 'black' }));
    const exam = await three.engines.game(idle, 600, { sync_mode: 'global', total_time_ms: 2_500, ...crossed });
    stateOf(await idle.run(exam.session_id, { type: 'switch' }));
    await Promise.all([three.reaches(game.session_id, 4), three.reaches(exam.session_id, 4)]);
    expect([three.thresholds(game.session_id), three.thresholds(exam.session_id)]).to.deep.equal([
      [2_000, 1_000],
      [2_000, 1_000],
    ]);
  });
});
