import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { EngineFixture, codeOf, GRACE_MS, type EngineInstance, stateOf } from './engine-fixture.ts';

const QUIZ: Partial<CreatePayload> = { sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true };
const MORE = { type: 'adjust', delta_ms: 10_000 } as const;

describe('an adjustment that was meant for a cycle that is gone', () => {
  let engines: EngineFixture;
  let a: EngineInstance;
  let b: EngineInstance;

  before(async () => {
    engines = await EngineFixture.open();
    a = await engines.instance({ expires: false });
    b = await engines.instance({ expires: false });
  });
  after(() => engines.close());

  const cyclesOf = async (session: string) => (await engines.trail(session)).map((event) => event.event_type).slice(2);

  it('C-91 an adjustment that arrives after the end of its cycle is a CONFLICT with the state, and gives nothing to the next cycle', async () => {
    for (const late of [0, 3, GRACE_MS - 1]) {
      const game = await engines.game(a, 1_000, QUIZ);
      await engines.reach(game.deadline + late);
      const outcome = await b.run(game.session_id, MORE, { arrival: game.deadline + late });
      expect(codeOf(outcome), `${late} ms late`).to.equal('CONFLICT');
      expect(outcome).to.nested.include({ 'details.expected_version': 2, 'details.actual_version': 3, 'details.state.version': 3 });
      expect(outcome).to.nested.include({ 'details.state.cycle_count': 1, 'details.state.cycle_time_used_ms': 0 });
      expect(await cyclesOf(game.session_id)).to.deep.equal(['participant_expired']);
    }
  });

  it('C-91 an adjustment is a CONFLICT even if the expiry was committed before it was read, by either instance', async () => {
    const game = await engines.game(a, 1_000 + GRACE_MS, QUIZ);
    await engines.reach(game.deadline + GRACE_MS);
    stateOf(await a.engine.get(game.session_id, { arrival: Math.floor(engines.now()) }));
    for (const instance of [a, b]) {
      expect(codeOf(await instance.run(game.session_id, MORE, { arrival: game.deadline + 5 }))).to.equal('CONFLICT');
    }
    expect(await cyclesOf(game.session_id)).to.deep.equal(['participant_expired']);
  });

  it('C-91 an adjustment is a CONFLICT if another command ended the cycle after it was read', async () => {
    const game = await engines.game(a, 0, QUIZ);
    b.afterRead = () => a.run(game.session_id, { type: 'switch' });
    expect(codeOf(await b.run(game.session_id, MORE))).to.equal('CONFLICT');
  });

  it('C-91 an adjustment has its effect if it came in time, if its sender could know the next cycle, and with an expected_version', async () => {
    const inTime = await engines.game(a, 1_010, QUIZ);
    expect(stateOf(await b.run(inTime.session_id, MORE, { arrival: inTime.deadline - 1 }))).to.include({ version: 3, cycle_count: 0 });

    for (const [guard, late] of [
      [{}, GRACE_MS],
      [{ expectedVersion: 3 }, 5],
    ] as const) {
      const game = await engines.game(a, 1_000 + GRACE_MS, QUIZ);
      await engines.reach(game.deadline + GRACE_MS);
      stateOf(await a.engine.get(game.session_id, { arrival: Math.floor(engines.now()) }));
      const adjusted = stateOf(await b.run(game.session_id, MORE, { arrival: game.deadline + late, ...guard }));
      expect(adjusted).to.include({ version: 4, cycle_count: 1 });
    }
  });

  it('C-91 pause, cancel and complete apply to the cycle that runs when they arrive', async () => {
    for (const type of ['pause', 'cancel', 'complete'] as const) {
      const game = await engines.game(a, 1_000, QUIZ);
      await engines.reach(game.deadline);
      expect(stateOf(await b.run(game.session_id, { type }, { arrival: game.deadline + 3 }))).to.include({ version: 4, cycle_count: 1 });
    }
  });
});
