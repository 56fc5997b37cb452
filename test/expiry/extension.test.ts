import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { EngineFixture, codeOf, type EngineInstance, GRACE_MS, stateOf } from './engine-fixture.ts';

const LOT_MS = 1_000;
const lot = (change: Partial<CreatePayload> = {}): Partial<CreatePayload> => ({
  sync_mode: 'global',
  total_time_ms: LOT_MS,
  extension: { window_ms: 100, by_ms: 60_000, mode: 'add' },
  ...change,
});
const LOTS = lot({ sync_mode: 'per_cycle', time_per_cycle_ms: LOT_MS, auto_advance: true });
const BID = { type: 'extend', participant_id: 'white' } as const;

describe('bids around the end of a lot, over two instances', () => {
  let engines: EngineFixture;
  let a: EngineInstance;
  let b: EngineInstance;

  before(async () => {
    engines = await EngineFixture.open();
    a = await engines.instance({ expires: false });
    b = await engines.instance({ expires: false });
  });
  after(() => engines.close());

  const extensionsOf = async (session: string) =>
    (await engines.trail(session)).slice(2).map(({ event_type, metadata }) => [event_type, metadata['extended_ms']]);

  for (const [when, beforeEnd, extended] of [
    ['1 ms before the window', 101, 0],
    ['as the window begins', 100, 60_000],
    ['1 ms into the window', 99, 60_000],
    ['1 ms before the deadline', 1, 60_000],
  ] as const) {
    it(`LT-1 LT-2 a bid that arrives ${when} moves the end by ${extended} ms, however late it is committed`, async () => {
      const game = await engines.game(a, LOT_MS, lot());
      // The deadline is over, its grace is not.
      await engines.reach(game.deadline + 10);
      const state = stateOf(await b.run(game.session_id, BID, { arrival: game.deadline - beforeEnd }));
      expect(state).to.include({ status: 'running', version: 3, extended_ms: extended });
      expect(Date.parse(state.deadline_at ?? '')).to.equal(game.deadline + extended);
      expect(Date.parse(state.updated_at)).to.equal(game.deadline - beforeEnd);
      expect(await extensionsOf(game.session_id)).to.deep.equal([['session_extended', extended]]);
    });
  }

  for (const late of [0, 1, GRACE_MS]) {
    it(`LT-12 a bid that arrives ${late} ms after the deadline finds the lot closed: INVALID_STATE_TRANSITION with the status`, async () => {
      const game = await engines.game(a, LOT_MS, lot());
      await engines.reach(game.deadline + late);
      const outcome = await b.run(game.session_id, BID, { arrival: game.deadline + late });
      expect(codeOf(outcome)).to.equal('INVALID_STATE_TRANSITION');
      expect(outcome).to.have.deep.property('details', { status: 'expired', command: 'extend' });
      expect(await extensionsOf(game.session_id)).to.deep.equal([['participant_expired', undefined]]);
    });
  }

  for (const guard of [{}, { cycle_count: 0 }]) {
    for (const late of [0, 1]) {
      it(`LT-12 a bid ${late} ms after the deadline ${JSON.stringify(guard)} is CONFLICT where the next lot runs, and extends nothing`, async () => {
        const game = await engines.game(a, LOT_MS, LOTS);
        await engines.reach(game.deadline + late);
        const outcome = await b.run(game.session_id, { ...BID, ...guard }, { arrival: game.deadline + late });
        expect(codeOf(outcome)).to.equal('CONFLICT');
        expect(outcome).to.nested.include({ 'details.state.version': 3, 'details.state.cycle_count': 1, 'details.state.extended_ms': 0 });
        expect(await extensionsOf(game.session_id)).to.deep.equal([['participant_expired', undefined]]);
      });
    }
  }

  it('LT-13 a bid for the present cycle is tried again after another command, and one for a cycle that was ended is CONFLICT', async () => {
    const game = await engines.game(a, 950, LOTS);
    b.afterRead = () => a.run(game.session_id, BID, { arrival: game.deadline - 50 });
    const state = stateOf(await b.run(game.session_id, { ...BID, cycle_count: 0 }, { arrival: game.deadline - 49 }));
    expect(state).to.include({ version: 4, extended_ms: 60_000, extension_count: 1 });
    for (const guard of [{ cycle_count: 0 }, {}]) {
      const ended = await engines.game(a, 0, LOTS);
      b.afterRead = () => a.run(ended.session_id, { type: 'switch' });
      expect(codeOf(await b.run(ended.session_id, { ...BID, ...guard })), JSON.stringify(guard)).to.equal('CONFLICT');
      expect(await extensionsOf(ended.session_id)).to.deep.equal([['cycle_switched', undefined]]);
    }
  });

  it('LT-14 a switch with cycle_count is tried again while its cycle lasts, and is CONFLICT once it was ended', async () => {
    const game = await engines.game(a, 0, LOTS);
    b.afterRead = () => a.run(game.session_id, { type: 'adjust', delta_ms: 5_000 });
    expect(stateOf(await b.run(game.session_id, { type: 'switch', cycle_count: 0 }))).to.include({ version: 4, cycle_count: 1 });
    const ended = await engines.game(a, 0, LOTS);
    b.afterRead = () => a.run(ended.session_id, { type: 'switch' });
    for (const _try of [1, 2]) expect(codeOf(await b.run(ended.session_id, { type: 'switch', cycle_count: 0 }))).to.equal('CONFLICT');
    expect(await extensionsOf(ended.session_id)).to.deep.equal([['cycle_switched', undefined]]);
  });

  it('LT-14 a switch that met the expiry of its cycle succeeds and does nothing more, and one for another cycle is CONFLICT', async () => {
    for (const [cycle_count, code] of [
      [0, undefined],
      [1, 'CONFLICT'],
    ] as const) {
      const game = await engines.game(a, LOT_MS, LOTS);
      await engines.reach(game.deadline);
      const outcome = await b.run(game.session_id, { type: 'switch', cycle_count }, { arrival: game.deadline });
      if (code === undefined) expect(stateOf(outcome)).to.include({ version: 3, cycle_count: 1 });
      else expect(codeOf(outcome)).to.equal(code);
      expect(await extensionsOf(game.session_id)).to.deep.equal([['participant_expired', undefined]]);
    }
  });

  it('LT-14 a switch for another cycle that met the expiry is refused each time that it is sent, as is its command_id', async () => {
    const game = await engines.game(a, LOT_MS, LOTS);
    await engines.reach(game.deadline);
    const command = { id: 'late', fingerprint: 'switch of cycle 1', rememberMs: 60_000 };
    for (const _try of [1, 2]) {
      const outcome = await b.run(game.session_id, { type: 'switch', cycle_count: 7 }, { arrival: game.deadline, command });
      expect(codeOf(outcome)).to.equal('CONFLICT');
      expect(outcome).to.nested.include({ 'details.state.version': 3, 'details.state.cycle_count': 1 });
    }
  });
});
