import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import type { CommandContext } from '../../server/engine/command-context.ts';
import { EngineFixture, codeOf, GRACE_MS, iso, type EngineInstance, stateOf } from './engine-fixture.ts';

const PENALTY = { type: 'skip_cycle', penalty: { points: -5 } };
const THREE = ['ann', 'ben', 'cem'].map((participant_id) => ({ participant_id, total_time_ms: 1_000 }));
const TABLE: Partial<CreatePayload> = { participants: THREE, action_on_timeout: PENALTY };

describe('a switch that runs into an expiry', () => {
  let engines: EngineFixture;
  let a: EngineInstance;
  let b: EngineInstance;

  before(async () => {
    engines = await EngineFixture.open();
    a = await engines.instance({ expires: false });
    b = await engines.instance({ expires: false });
  });
  after(() => engines.close());

  const key = (id: string): Pick<CommandContext, 'command'> => ({ command: { id, fingerprint: 'switch', rememberMs: 60_000 } });
  const typesOf = async (session: string) => (await engines.trail(session)).map((event) => event.event_type).slice(2);

  it('E-14 a switch that meets an expiry does nothing more, tells whose clock expired and which action was applied, and skips nobody', async () => {
    const game = await engines.game(a, 1_500, TABLE);
    const outcome = await a.run(game.session_id, { type: 'switch' });
    expect(stateOf(outcome)).to.include({ version: 3, active_participant_id: 'ben', cycle_started_at: iso(game.deadline) });
    expect(outcome).to.deep.include({ expired: { participant_id: 'ann', action: PENALTY } });
    expect(await typesOf(game.session_id)).to.deep.equal(['participant_expired']);
  });

  it('E-14 a switch does nothing more after any number of expiries before its arrival', async () => {
    const game = await engines.game(a, 2_500, TABLE);
    const outcome = await a.run(game.session_id, { type: 'switch', current_participant_id: 'ann' });
    expect(stateOf(outcome)).to.include({ version: 4, active_participant_id: 'cem', cycle_started_at: iso(game.deadline + 1_000) });
    expect(outcome).to.deep.include({ expired: { participant_id: 'ann', action: PENALTY } });
    expect(await typesOf(game.session_id)).to.deep.equal(['participant_expired', 'participant_expired']);
  });

  it('E-14 a switch is never a CONFLICT when another instance commits the expiry while it waits, guarded or not', async () => {
    for (const guard of [{}, { current_participant_id: 'ann' }]) {
      const game = await engines.game(a, 1_000, TABLE);
      const waiting = [a, b, a, b].map((instance) =>
        instance.run(game.session_id, { type: 'switch', ...guard }, { arrival: game.deadline + 1 }),
      );
      for (const outcome of await Promise.all(waiting)) {
        expect(stateOf(outcome)).to.include({ version: 3, active_participant_id: 'ben' });
        expect(outcome).to.deep.include({ expired: { participant_id: 'ann', action: PENALTY } });
      }
      expect(await typesOf(game.session_id)).to.deep.equal(['participant_expired']);
    }
  });

  it('E-14 a switch that arrived before the deadline but commits after the expiry does nothing more', async () => {
    for (const guard of [{}, { current_participant_id: 'ann' }]) {
      const game = await engines.game(b, 1_000 + GRACE_MS, TABLE);
      a.afterRead = () => b.engine.get(game.session_id, { arrival: Math.floor(engines.now()) });
      const outcome = await a.run(game.session_id, { type: 'switch', ...guard }, { arrival: game.deadline - 1 });
      expect(stateOf(outcome)).to.include({ version: 3, active_participant_id: 'ben', cycle_started_at: iso(game.deadline) });
      expect(outcome).to.deep.include({ expired: { participant_id: 'ann', action: PENALTY } });
      expect(await typesOf(game.session_id)).to.deep.equal(['participant_expired']);
    }
  });

  it('E-15 a switch that meets an expiry checks its guard against the version that it first read', async () => {
    const game = await engines.game(a, 1_500, TABLE);
    // Ben is active after the expiry, yet was not when this was sent.
    const outcome = await a.run(game.session_id, { type: 'switch', current_participant_id: 'ben' });
    expect(codeOf(outcome)).to.equal('NOT_ACTIVE_PARTICIPANT');
    expect(outcome).to.nested.include({ 'details.active_participant_id': 'ben', 'details.state.version': 3 });
    expect(await typesOf(game.session_id)).to.deep.equal(['participant_expired']);
    const stranger = await engines.game(a, 1_500, TABLE);
    expect(codeOf(await a.run(stranger.session_id, { type: 'switch', current_participant_id: 'nobody' }))).to.equal(
      'PARTICIPANT_NOT_FOUND',
    );
  });

  it('E-15 a switch that meets an expiry checks its expected_version against the version that it first read', async () => {
    const game = await engines.game(a, 1_500, TABLE);
    const outcome = await a.run(game.session_id, { type: 'switch' }, { expectedVersion: 3 });
    expect(codeOf(outcome)).to.equal('CONFLICT');
    expect(outcome).to.nested.include({ 'details.expected_version': 3, 'details.actual_version': 3 });
    const right = await engines.game(a, 1_500, TABLE);
    expect(stateOf(await a.run(right.session_id, { type: 'switch' }, { expectedVersion: 2 }))).to.include({
      version: 3,
      active_participant_id: 'ben',
    });
  });

  it('E-15 the command_id of a refused switch is not stored and may be used again', async () => {
    const game = await engines.game(a, 1_500, TABLE);
    expect(codeOf(await a.run(game.session_id, { type: 'switch' }, { expectedVersion: 9, ...key('one') }))).to.equal('CONFLICT');
    expect(stateOf(await a.run(game.session_id, { type: 'switch' }, key('one')))).to.include({ version: 4, active_participant_id: 'cem' });
  });

  it('E-16 a repetition of a switch that met an expiry does not end the next participant’s turn', async () => {
    const game = await engines.game(a, 1_500, TABLE);
    expect(await a.run(game.session_id, { type: 'switch' }, key('one'))).to.have.property('expired');
    const again = await b.run(game.session_id, { type: 'switch' }, key('one'));
    expect(again).to.include({ appliedVersion: 3 });
    expect(stateOf(again)).to.include({ version: 3, active_participant_id: 'ben' });
  });

  it('E-16 a switch stores its command_id even if another instance committed the expiry', async () => {
    const game = await engines.game(a, 1_000, TABLE);
    const at = { arrival: game.deadline + 1 };
    await Promise.all([
      a.run(game.session_id, { type: 'switch' }, { ...at, ...key('a') }),
      b.run(game.session_id, { type: 'switch' }, { ...at, ...key('b') }),
    ]);
    for (const id of ['a', 'b']) expect(await a.run(game.session_id, { type: 'switch' }, key(id))).to.include({ appliedVersion: 3 });
    expect(await typesOf(game.session_id)).to.deep.equal(['participant_expired']);
  });

  it('E-16 a switch stores its command_id once, however many commits the expiries take', async () => {
    const game = await engines.game(a, 0, { sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true });
    await engines.age(game.session_id, 2_345_678);
    const outcome = await a.run(game.session_id, { type: 'switch' }, key('one'));
    expect(outcome).to.have.property('expired');
    expect(outcome).not.to.have.property('appliedVersion');
    const state = stateOf(outcome);
    expect(state.cycle_count).to.equal(2_345);
    expect(await a.run(game.session_id, { type: 'switch' }, key('one'))).to.include({ appliedVersion: state.version });
  });

  it('E-17 a switch that lost to another switch before the deadline is a CONFLICT', async () => {
    const game = await engines.game(a, 1_000, TABLE);
    const late = a.run(game.session_id, { type: 'switch' }, { arrival: game.deadline + 1 });
    stateOf(await b.run(game.session_id, { type: 'switch' }, { arrival: game.deadline - 1 }));
    expect(codeOf(await late)).to.equal('CONFLICT');
  });

  it('E-17 a switch that lost to anything but an expiry is a CONFLICT, also when an expiry follows', async () => {
    const game = await engines.game(b, 1_000 + GRACE_MS, TABLE);
    a.afterRead = async () => {
      stateOf(await b.run(game.session_id, { type: 'switch' }, { arrival: game.deadline - 500 }));
      await engines.age(game.session_id, 800 + GRACE_MS);
      stateOf(await b.engine.get(game.session_id, { arrival: Math.floor(engines.now()) }));
    };
    expect(codeOf(await a.run(game.session_id, { type: 'switch' }, { arrival: game.deadline - 1 }))).to.equal('CONFLICT');
    expect(await typesOf(game.session_id)).to.deep.equal(['cycle_switched', 'participant_expired']);
  });
});
