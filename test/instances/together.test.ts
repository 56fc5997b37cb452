import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { SessionState } from '#contract';
import type { CommandContext, Outcome } from '../../server/engine/command-context.ts';
import { codeOf, EngineFixture, type EngineInstance, stateOf } from '../expiry/engine-fixture.ts';

const HOUR = 3_600_000;

describe('commands that wait for one concurrent session', () => {
  let engines: EngineFixture;
  let a: EngineInstance;
  let b: EngineInstance;
  before(async () => {
    engines = await EngineFixture.open(20);
    [a, b] = await Promise.all([engines.instance(), engines.instance()]);
  });
  after(() => engines.close());

  const exam = async (count: number): Promise<SessionState> => {
    const participants = Array.from({ length: count }, (_, n) => ({ participant_id: `s${n}`, total_time_ms: HOUR }));
    return engines.game(a, 0, { concurrent: true, participants });
  };
  const keyed = (fingerprint: string): Partial<CommandContext> => ({
    command: { id: fingerprint, fingerprint, rememberMs: 60_000 },
  });
  const finish = async (instance: EngineInstance, id: string, n: number, context = keyed(`finish ${n}`)): Promise<Outcome> =>
    instance.run(id, { type: 'finish', participant_id: `s${n}`, answer: n }, context);
  const stored = async (id: string) => stateOf(await b.engine.get(id, { arrival: Math.floor(engines.now()) }));
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

  it('HC-1 a hundred hand-ins take a few commits, and each has a version, an event, an answer and an idempotency record of its own', async () => {
    const { session_id } = await exam(120);
    const before = a.commits.length;
    const outcomes = await Promise.all(upTo(100).map(async (n) => finish(a, session_id, n)));
    // Eight at once need fourteen; a machine that is held up makes some of them smaller.
    expect(a.commits.length - before).to.be.at.most(50);
    const states = outcomes.map(stateOf);
    expect(states.map(({ version }) => version)).to.deep.equal(upTo(100).map((n) => n + 3));
    for (const [n, { participants }] of states.entries()) {
      expect(participants.filter(({ clock_status }) => clock_status === 'finished')).to.have.lengthOf(n + 1);
      expect(participants[n]).to.deep.include({ clock_status: 'finished', answer: n });
    }
    const trail = await engines.trail(session_id);
    expect(trail.map(({ version }) => version)).to.deep.equal(upTo(102).map((n) => n + 1));
    expect(trail[42]?.metadata).to.deep.include({ answer: 40, command_id: 'finish 40' });
    expect(trail.at(-1)?.state_snapshot).to.deep.equal(await stored(session_id));
    const again = await Promise.all(upTo(100).map(async (n) => finish(a, session_id, n)));
    expect(again.map((outcome) => (outcome.ok ? outcome.appliedVersion : outcome.code))).to.deep.equal(upTo(100).map((n) => n + 3));
  });

  it('HC-2 a refusal in the midst concerns one command, and one that was sent twice has its effect once', async () => {
    const { session_id } = await exam(70);
    const twice = keyed(randomUUID());
    const outcomes = await Promise.all([
      finish(a, session_id, 0),
      finish(a, session_id, 1),
      finish(a, session_id, 1, keyed('once more')),
      finish(a, session_id, 2),
      a.run(session_id, { type: 'pause', participant_id: 's3' }, twice),
      a.run(session_id, { type: 'pause', participant_id: 's3' }, twice),
      finish(a, session_id, 4, { ...keyed('another version'), expectedVersion: 2 }),
      finish(a, session_id, 5),
      finish(a, session_id, 6),
    ]);
    const codes = outcomes.map((outcome) => (outcome.ok ? (outcome.appliedVersion ?? outcome.state.version) : codeOf(outcome)));
    expect(codes).to.deep.equal([3, 4, 'INVALID_STATE_TRANSITION', 5, 6, 6, 'CONFLICT', 7, 8]);
    const state = await stored(session_id);
    expect(state.participants.slice(0, 7).map(({ clock_status }) => clock_status)).to.deep.equal([
      'finished',
      'finished',
      'finished',
      'paused',
      'running',
      'finished',
      'finished',
    ]);
  });

  it('HC-2 a command that fails by a fault of the server takes no other with it', async () => {
    const { session_id } = await exam(70);
    const authorize = (): never => {
      throw new Error('a fault of the server');
    };
    const outcomes = await Promise.allSettled([
      finish(a, session_id, 0),
      finish(a, session_id, 1),
      finish(a, session_id, 2, { ...keyed('fails'), authorize }),
      finish(a, session_id, 3),
      finish(a, session_id, 4),
    ]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((await stored(session_id)).version).to.equal(6);
  });

  it('HC-3 two instances that take the hand-ins of one session refuse none, and the trail ends with what is stored', async () => {
    const { session_id } = await exam(80);
    const outcomes = await Promise.all(upTo(80).map(async (n) => finish(n % 2 === 0 ? a : b, session_id, n)));
    const versions = outcomes.map((outcome) => stateOf(outcome).version);
    expect(versions.toSorted((one, other) => one - other)).to.deep.equal(upTo(80).map((n) => n + 3));
    const trail = await engines.trail(session_id);
    expect(trail.map(({ version }) => version)).to.deep.equal(upTo(82).map((n) => n + 1));
    const last = await stored(session_id);
    expect(last).to.include({ status: 'completed', version: 82 });
    expect(trail.at(-1)?.state_snapshot).to.deep.equal(last);
  });

  it('HC-8 after a lost race an instance that hears nothing of others reads the session once, and goes on with all that wait', async () => {
    const { session_id } = await exam(80);
    const tried = a.commits.length;
    a.beforeCommit = async ({ length }) => {
      if (length === 1) return;
      a.beforeCommit = undefined;
      expect(stateOf(await finish(b, session_id, 70)).version).to.equal(4);
    };
    const outcomes = await Promise.all(upTo(6).map(async (n) => finish(a, session_id, n)));
    expect(outcomes.map((outcome) => stateOf(outcome).version)).to.deep.equal([3, 5, 6, 7, 8, 9]);
    expect(a.commits.slice(tried).map((events) => events.length)).to.deep.equal([1, 5, 5]);
  });
});
