import { expect } from 'chai';
import { EngineFixture, codeOf, GRACE_MS, iso, type EngineInstance, stateOf } from './engine-fixture.ts';

const LONG_GRACE_MS = 30_000;

describe('the flag and the move', () => {
  let engines: EngineFixture;
  let a: EngineInstance;
  let b: EngineInstance;

  before(async () => {
    engines = await EngineFixture.open();
    // Nothing runs out by itself here: what happens is what the commands of a test make happen.
    a = await engines.instance({ expires: false });
    b = await engines.instance({ expires: false });
  });
  after(() => engines.close());

  it('E-10 a move that reached an instance 1 ms before the deadline wins, although it is committed after it', async () => {
    const game = await engines.game(a, 1_010);
    const state = stateOf(await b.run(game.session_id, { type: 'switch' }, { arrival: game.deadline - 1 }));
    expect(state).to.include({ version: 3, status: 'running', active_participant_id: 'black', updated_at: iso(game.deadline - 1) });
    expect(state.participants[0]).to.include({ total_time_ms: 1, time_used_ms: 999, has_expired: false });
    expect((await engines.trail(game.session_id)).map((event) => event.event_type)).to.deep.equal([
      'session_created',
      'session_started',
      'cycle_switched',
    ]);
  });

  for (const late of [0, 1]) {
    it(`E-10 a move ${late} ms after the deadline waits for the grace to end and finds the flag down`, async () => {
      const game = await engines.game(a, 1_000);
      const outcome = await b.run(game.session_id, { type: 'switch' }, { arrival: game.deadline + late });
      expect(engines.now()).to.be.at.least(game.deadline + GRACE_MS);
      const state = stateOf(outcome);
      expect(state).to.include({
        version: 3,
        status: 'expired',
        active_participant_id: 'white',
        updated_at: iso(game.deadline),
        cycle_started_at: null,
      });
      expect(outcome).to.deep.include({ expired: { participant_id: 'white', action: null } });
      expect((await engines.trail(game.session_id)).at(-1)).to.include({
        event_type: 'participant_expired',
        timestamp: iso(game.deadline),
        time_elapsed_ms: 1_000,
      });
    });
  }

  it('E-10 a move from before the deadline still wins while a later one waits for the grace, which then meets the new turn', async () => {
    const game = await engines.game(a, 1_000);
    const late = a.run(game.session_id, { type: 'switch', current_participant_id: 'white' }, { arrival: game.deadline + 3 });
    const punctual = b.run(game.session_id, { type: 'switch', current_participant_id: 'white' }, { arrival: game.deadline - 5 });
    expect(stateOf(await punctual)).to.include({ version: 3, active_participant_id: 'black', updated_at: iso(game.deadline - 5) });
    expect(codeOf(await late)).to.equal('NOT_ACTIVE_PARTICIPANT');
    expect(stateOf(await a.engine.get(game.session_id, { arrival: Math.floor(engines.now()) }))).to.include({
      version: 3,
      status: 'running',
    });
  });

  it('E-11 the grace adds no time to a clock: a switch that arrives in it finds that the time was over at the deadline', async () => {
    const game = await engines.game(a, 1_000, { action_on_timeout: { type: 'skip_cycle' } });
    const state = stateOf(await a.run(game.session_id, { type: 'switch' }, { arrival: game.deadline + 10 }));
    expect(state.participants.map((one) => [one.total_time_ms, one.time_used_ms])).to.deep.equal([
      [0, 1_000],
      [1_000, 0],
    ]);
    expect(state).to.include({ cycle_started_at: iso(game.deadline), deadline_at: iso(game.deadline + 1_000) });
  });

  it('E-12 a read within the grace is answered at once with the stored state; a read after it commits the expiry first', async () => {
    const game = await engines.game(a, 1_000);
    const within = stateOf(await b.engine.get(game.session_id, { arrival: game.deadline + GRACE_MS - 1 }));
    expect(within).to.include({ version: 2, status: 'running' });
    await engines.reach(game.deadline + GRACE_MS);
    const after = stateOf(await b.engine.get(game.session_id, { arrival: game.deadline + GRACE_MS }));
    expect(after).to.include({ version: 3, status: 'expired', updated_at: iso(game.deadline) });
    expect(await engines.trail(game.session_id)).to.have.length(3);
  });

  it('E-12 a read within the grace does not wait for its end', async () => {
    const patient = await EngineFixture.open(LONG_GRACE_MS);
    try {
      const instance = await patient.instance({ expires: false });
      const game = await patient.game(instance, 1_000);
      stateOf(await instance.engine.get(game.session_id, { arrival: game.deadline }));
      expect(patient.now()).to.be.below(game.deadline + LONG_GRACE_MS);
    } finally {
      await patient.close();
    }
  });

  it('E-12 a message comes after what ran out before it', async () => {
    const game = await engines.game(a, 1_000 + GRACE_MS);
    stateOf(await a.engine.message(game.session_id, 'hello', { arrival: Math.floor(engines.now()) }));
    expect(a.told.filter((one) => one.session_id === game.session_id).map((one) => one.what)).to.deep.equal([
      'session_created',
      'session_started',
      'participant_expired',
      '',
    ]);
  });

  it('E-13 every other command applies what ran out before it arrived, then is judged anew', async () => {
    const skip = { action_on_timeout: { type: 'skip_cycle' } };
    const paused = await engines.game(a, 1_700, skip);
    const state = stateOf(await a.run(paused.session_id, { type: 'pause' }));
    expect(state).to.include({ version: 4, status: 'paused', active_participant_id: 'black' });
    expect(state.participants[1]?.time_used_ms).to.equal(Date.parse(state.updated_at) - paused.deadline);

    const over = await engines.game(a, 1_700);
    expect(codeOf(await a.run(over.session_id, { type: 'pause' }))).to.equal('INVALID_STATE_TRANSITION');
    expect(stateOf(await a.run(over.session_id, { type: 'complete' }))).to.include({
      version: 4,
      status: 'completed',
      session_completed_at: iso(over.deadline),
    });

    const adjusted = await engines.game(a, 1_700, skip);
    expect(codeOf(await a.run(adjusted.session_id, { type: 'adjust', delta_ms: 9_000, participant_id: 'white' }))).to.equal(
      'VALIDATION_ERROR',
    );
    expect((await engines.trail(adjusted.session_id)).at(-1)).to.include({ version: 3, event_type: 'participant_expired' });
  });

  it('E-13 an expected_version that the expiry made wrong is a CONFLICT, which leaves the expiry committed', async () => {
    const game = await engines.game(a, 1_700, { action_on_timeout: { type: 'skip_cycle' } });
    expect(codeOf(await a.run(game.session_id, { type: 'pause' }, { expectedVersion: 2 }))).to.equal('CONFLICT');
    expect((await engines.trail(game.session_id)).map((event) => event.version)).to.deep.equal([1, 2, 3]);
    expect(stateOf(await a.run(game.session_id, { type: 'pause' }, { expectedVersion: 3 }))).to.include({ version: 4, status: 'paused' });
  });

  it('E-13 a command that waits for the grace gets what was decided meanwhile', async () => {
    const game = await engines.game(a, 1_000);
    const pause = a.run(game.session_id, { type: 'pause' }, { arrival: game.deadline + 1 });
    stateOf(await b.run(game.session_id, { type: 'adjust', delta_ms: 5_000, participant_id: 'white' }, { arrival: game.deadline - 1 }));
    const state = stateOf(await pause);
    expect(state).to.include({ version: 4, status: 'paused', updated_at: iso(game.deadline + 1) });
    expect(state.participants[0]).to.include({ total_time_ms: 4_999, time_used_ms: 1_001, has_expired: false });
  });
});
