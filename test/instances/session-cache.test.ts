import { expect } from 'chai';
import { create } from '../../server/domain/create.ts';
import { SessionCache } from '../../server/engine/session-cache.ts';
import { EngineFixture, codeOf, type EngineInstance, stateOf } from '../expiry/engine-fixture.ts';
import { chess } from '../kit/games.ts';

const TABLE = { participants: ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms: 600_000 })) };

describe('what an instance remembers of a session', () => {
  let engines: EngineFixture;
  let a: EngineInstance;
  let b: EngineInstance;

  before(async () => {
    engines = await EngineFixture.open();
    a = await engines.instance({ expires: false });
    b = await engines.instance({ expires: false });
  });
  after(() => engines.close());

  /** How often `a` reads a session from Redis during some work. */
  async function readsOf(work: () => Promise<unknown>): Promise<number> {
    let reads = 0;
    const count = () => {
      reads += 1;
      a.afterRead = count;
      return Promise.resolve();
    };
    a.afterRead = count;
    await work();
    a.afterRead = undefined;
    return reads;
  }

  it('P-1 a command on a cached session commits without reading first', async () => {
    const { session_id } = await engines.game(a, 0, TABLE);
    const reads = await readsOf(async () => {
      for (const version of [3, 4, 5]) expect(stateOf(await a.run(session_id, { type: 'switch' }))).to.include({ version });
    });
    expect(reads).to.equal(0);
  });

  it('P-2 a switch that meets a newer version than the cached one succeeds on that version, guarded or not', async () => {
    const { session_id } = await engines.game(a, 0, TABLE);
    stateOf(await b.run(session_id, { type: 'switch' }));
    const reads = await readsOf(async () => {
      expect(stateOf(await a.run(session_id, { type: 'switch' }))).to.include({ version: 4, active_participant_id: 'white' });
    });
    expect(reads).to.equal(0);
    stateOf(await b.run(session_id, { type: 'switch' }));
    expect(stateOf(await a.run(session_id, { type: 'switch', current_participant_id: 'black' }))).to.include({ version: 6 });
  });

  it('P-3 a cached session refuses nothing: status, guard and expected_version are checked against Redis', async () => {
    const { session_id } = await engines.game(a, 0, TABLE);
    stateOf(await a.run(session_id, { type: 'pause' }));
    stateOf(await b.run(session_id, { type: 'resume' }));
    expect(stateOf(await a.run(session_id, { type: 'switch' }))).to.include({ version: 5 });
    stateOf(await b.run(session_id, { type: 'switch' }));
    expect(stateOf(await a.run(session_id, { type: 'switch', current_participant_id: 'white' }))).to.include({ version: 7 });
    stateOf(await b.run(session_id, { type: 'pause' }));
    expect(stateOf(await a.run(session_id, { type: 'resume' }, { expectedVersion: 8 }))).to.include({ version: 9 });
    stateOf(await b.run(session_id, { type: 'pause' }));
    expect(codeOf(await a.run(session_id, { type: 'switch' }))).to.equal('INVALID_STATE_TRANSITION');
  });

  it('P-4 an expected_version that only the cached state has is a CONFLICT with the state in Redis', async () => {
    const { session_id } = await engines.game(a, 0, TABLE);
    stateOf(await b.run(session_id, { type: 'switch' }));
    const outcome = await a.run(session_id, { type: 'switch' }, { expectedVersion: 2 });
    expect(codeOf(outcome)).to.equal('CONFLICT');
    expect(outcome).to.nested.include({ 'details.actual_version': 3, 'details.state.version': 3 });
  });

  it('P-5 a cached session is not used after its session was deleted, lost or replaced under the same id', async () => {
    const deleted = await engines.game(a, 0, TABLE);
    stateOf(await b.run(deleted.session_id, { type: 'delete' }));
    expect(codeOf(await a.run(deleted.session_id, { type: 'switch' }))).to.equal('SESSION_NOT_FOUND');
    const lost = await engines.game(a, 0, TABLE);
    await engines.redis().del(engines.keyOf(lost.session_id));
    expect(codeOf(await a.run(lost.session_id, { type: 'switch' }))).to.equal('SESSION_NOT_FOUND');
    const first = await engines.game(a, 0, TABLE);
    await engines.redis().del(engines.keyOf(first.session_id));
    const second = await engines.game(b, 0, { ...TABLE, session_id: first.session_id, metadata: { second: true } });
    expect(stateOf(await a.run(first.session_id, { type: 'switch' }))).to.deep.include({
      version: 3,
      epoch: second.epoch,
      metadata: { second: true },
    });
  });

  it('P-6 a command_id that was used before is recognised on a cached session', async () => {
    const { session_id } = await engines.game(a, 0, TABLE);
    const command = { id: 'move-1', fingerprint: 'switch', rememberMs: 60_000 };
    stateOf(await a.run(session_id, { type: 'switch' }, { command }));
    const again = await a.run(session_id, { type: 'switch' }, { command });
    expect(again).to.include({ ok: true, appliedVersion: 3 });
    expect(stateOf(again)).to.include({ version: 3 });
    expect(codeOf(await a.run(session_id, { type: 'pause' }, { command: { ...command, fingerprint: 'pause' } }))).to.equal(
      'IDEMPOTENCY_MISMATCH',
    );
  });

  it('P-7 the session cache is bounded by number and by size, and keeps the sessions that were used last', () => {
    const cache = new SessionCache();
    const remember = (session_id: string, metadata = {}) => {
      const decision = create({ ...chess(TABLE), session_id, metadata }, 0);
      if (!decision.ok) throw new Error(decision.message);
      const { state } = decision.event;
      const unknown = { expiredSince: null, lastHash: null, token: null };
      cache.set({ version: state.version, epoch: state.epoch, state, warnings: [], ...unknown });
    };
    for (let n = 0; n < 10_500; n++) remember(`small-${n}`);
    expect(cache.size).to.equal(10_000);
    expect(cache.get('small-499')).to.equal(undefined);
    expect(cache.get('small-500')?.state.session_id).to.equal('small-500');
    const note = 'x'.repeat(500 * 1024);
    remember('small-600');
    for (let n = 0; n < 80; n++) remember(`large-${n}`, { note });
    expect(cache.size).to.be.within(62, 65);
    expect(cache.get('large-79')?.state.session_id).to.equal('large-79');
  });
});
