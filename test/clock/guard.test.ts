import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { EngineFixture, codeOf, iso, type EngineInstance, stateOf } from '../expiry/engine-fixture.ts';
import { until } from '../kit/until.ts';

const TEN_SECONDS = { participants: ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms: 10_000 })) };

describe('an instance whose clock is wrong', () => {
  let engines: EngineFixture;
  let right: EngineInstance;
  let wrong: EngineInstance;

  beforeEach(async () => {
    engines = await EngineFixture.open(100);
    right = await engines.instance({ expires: false });
    wrong = await engines.instance({ expires: false });
  });
  afterEach(() => engines.close());

  const create = (instance: EngineInstance, arrival: number) => instance.engine.create(chess(), { arrival: Math.floor(arrival) });
  const instantOf = (at: string | null) => Date.parse(at ?? '');

  it('K-20 a commit is accepted at an instant up to 50 ms ahead of the clock of Redis and up to 3 s behind it', async () => {
    // The margin is for what passes between naming the instant and the commit.
    expect(await create(right, engines.now() + 45)).to.include({ ok: true });
    expect(await create(right, engines.now() - 2_000)).to.include({ ok: true });
    expect(await right.refusals()).to.equal(0);
  });

  for (const error of [2_000, 150, -4_000, 3_600_000, -3_600_000]) {
    it(`K-21 a commit that is ${error} ms off is refused once, and its command is decided again at the corrected instant`, async () => {
      wrong.clock.error = error;
      // Samples correct the right clock as well, by fractions of a millisecond.
      const before = Math.floor(engines.now()) - 5;
      const state = stateOf(await create(wrong, wrong.clock.now()));
      expect(instantOf(state.created_at)).to.be.within(before, engines.now());
      expect(state.epoch).to.equal(instantOf(state.created_at));
      expect([await wrong.refusals(), wrong.clock.samples]).to.deep.equal([1, 1]);
      wrong.clock.error = error;
      const started = stateOf(await wrong.run(state.session_id, { type: 'start' }));
      expect(instantOf(started.session_started_at)).to.be.within(before, engines.now());
      expect(await wrong.refusals()).to.equal(2);
    });
  }

  it('K-21 after a correction of the clock no command is judged at an instant ahead of it', async () => {
    // The follower's own sample came between: this one finds nothing to correct any more.
    const before = Math.floor(engines.now());
    const state = stateOf(await create(right, engines.now() + 5_000));
    expect(instantOf(state.created_at)).to.be.within(before, engines.now());
    const late = stateOf(await create(right, engines.now() - 5_000));
    expect(instantOf(late.created_at), 'too old, so judged at the present').to.be.within(before, engines.now());
  });

  it('K-22 a commit that is refused a second time for its instant is answered with SERVICE_UNAVAILABLE', async () => {
    wrong.clock.stubborn = true;
    wrong.clock.error = 500;
    expect(codeOf(await create(wrong, wrong.clock.now()))).to.equal('SERVICE_UNAVAILABLE');
    expect([await wrong.refusals(), wrong.clock.samples]).to.deep.equal([2, 1]);
    const game = await engines.game(right, 0);
    expect(codeOf(await wrong.run(game.session_id, { type: 'switch' }))).to.equal('SERVICE_UNAVAILABLE');
    expect(await engines.trail(game.session_id), 'without any effect').to.have.length(2);
  });

  it('K-23 no expiry is committed before its deadline and grace are over by the clock of Redis', async () => {
    const game = await engines.game(right, 0, TEN_SECONDS);
    wrong.clock.error = 10_500;
    const state = stateOf(await wrong.run(game.session_id, { type: 'switch' }));
    expect(state).to.include({ version: 3, active_participant_id: 'black' });
    expect(instantOf(state.updated_at)).to.be.below(game.deadline);
    expect((await engines.trail(game.session_id)).map((event) => event.event_type)).not.to.include('participant_expired');
  });

  it('K-23 a read shows no expiry before its deadline and grace are over', async () => {
    const game = await engines.game(right, 0, TEN_SECONDS);
    wrong.clock.error = 10_500;
    expect(stateOf(await wrong.engine.get(game.session_id, { arrival: Math.floor(wrong.clock.now()) }))).to.include({
      version: 2,
      status: 'running',
    });
    wrong.clock.error = 10_500;
    wrong.clock.stubborn = true;
    expect(codeOf(await wrong.engine.get(game.session_id, { arrival: Math.floor(wrong.clock.now()) }))).to.equal('SERVICE_UNAVAILABLE');
    expect(await engines.trail(game.session_id)).to.have.length(2);
  });

  it('K-23 an alarm that rings early commits no expiry, which comes at its time', async () => {
    const hasty = await engines.instance();
    hasty.clock.error = 300;
    const game = await engines.game(hasty, 500);
    const expiry = (await engines.trailOf(game.session_id, 3))[2];
    expect(expiry).to.include({ event_type: 'participant_expired', timestamp: iso(game.deadline) });
    // The room hears of it after the trail has it.
    const told = await until('the room is told', () => Promise.resolve(hasty.told.find(({ version }) => version === 3)));
    expect(told.at).to.be.at.least(game.deadline + engines.graceMs);
  });

  it('K-24 the instants of a session never go back, whatever an instance believes', async () => {
    const game = await engines.game(right, 500, TEN_SECONDS);
    const first = stateOf(await right.run(game.session_id, { type: 'switch' }));
    wrong.clock.error = -2_500;
    const second = stateOf(await wrong.run(game.session_id, { type: 'switch' }));
    expect(second.updated_at).to.equal(first.updated_at);
    expect(second.participants[1]?.time_used_ms).to.equal(0);
  });
});
