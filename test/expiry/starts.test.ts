import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { codeOf, EngineFixture, type EngineInstance, GRACE_MS, iso, stateOf } from './engine-fixture.ts';

const HOUR_MS = 3_600_000;

describe('a planned start over instances', () => {
  let engines: EngineFixture;

  beforeEach(async () => {
    engines = await EngineFixture.open();
  });
  afterEach(() => engines.close());

  /** A game that starts by itself so many ms from now, before now where that is negative. */
  const planned = async (instance: EngineInstance, inMs: number, change: Partial<CreatePayload> = {}) => {
    const now = Math.floor(engines.now());
    const payload = chess({ warning_thresholds_ms: [], starts_at: iso(now + inMs), ...change });
    const state = stateOf(await instance.engine.create(payload, { arrival: Math.min(now, now + inMs - 1) }));
    return { ...state, start: Date.parse(state.starts_at ?? '') };
  };
  const typesOf = async (session: string) => (await engines.trail(session)).map((event) => event.event_type);

  describe('where nothing happens but by commands', () => {
    let a: EngineInstance;
    let b: EngineInstance;
    beforeEach(async () => {
      a = await engines.instance({ expires: false });
      b = await engines.instance({ expires: false });
    });

    for (const command of [{ type: 'cancel' }, { type: 'start' }, { type: 'schedule' }] as TimerCommand[]) {
      it(`ST-10 a ${command.type} that reached an instance 1 ms before the instant wins, although it is committed after it`, async () => {
        const game = await planned(a, -10);
        const state = stateOf(await b.run(game.session_id, command, { arrival: game.start - 1 }));
        expect(state).to.include({ version: 2, updated_at: iso(game.start - 1) });
        expect(state.session_started_at).to.equal(command.type === 'start' ? iso(game.start - 1) : null);
      });

      for (const late of [0, 1]) {
        it(`ST-10 a ${command.type} ${late} ms after the instant waits for the grace to end and finds the session running`, async () => {
          const game = await planned(a, 0);
          const outcome = await b.run(game.session_id, command, { arrival: game.start + late });
          expect(engines.now()).to.be.at.least(game.start + GRACE_MS);
          if (command.type === 'cancel')
            expect(stateOf(outcome)).to.include({ version: 3, status: 'cancelled', session_started_at: iso(game.start) });
          else expect(codeOf(outcome)).to.equal('INVALID_STATE_TRANSITION');
          const [, started] = await engines.trail(game.session_id);
          expect(started).to.include({ event_type: 'session_started', timestamp: iso(game.start), time_elapsed_ms: 0 });
          expect(started?.metadata).to.deep.equal({ scheduled: true });
        });
      }
    }

    it('ST-10 a cancel from before the instant wins while a later switch waits for the grace', async () => {
      const game = await planned(a, 0);
      const late = a.run(game.session_id, { type: 'switch' }, { arrival: game.start + 3 });
      const punctual = b.run(game.session_id, { type: 'cancel' }, { arrival: game.start - 5 });
      expect(stateOf(await punctual)).to.include({ version: 2, status: 'cancelled' });
      expect(codeOf(await late)).to.equal('CONFLICT');
      expect(await typesOf(game.session_id)).to.deep.equal(['session_created', 'session_cancelled']);
    });

    it('ST-11 a read within the grace is answered at once with the stored state; a read after it commits the start first', async () => {
      const game = await planned(a, 0);
      const within = stateOf(await b.engine.get(game.session_id, { arrival: game.start + GRACE_MS - 1 }));
      expect(within).to.include({ version: 1, status: 'pending' });
      await engines.reach(game.start + GRACE_MS);
      const after = stateOf(await b.engine.get(game.session_id, { arrival: game.start + GRACE_MS }));
      expect(after).to.include({ version: 2, status: 'running', cycle_started_at: iso(game.start), updated_at: iso(game.start) });
    });

    it('ST-13 a switch that arrived after the instant goes on in the started session, whoever started it', async () => {
      const game = await planned(a, 0);
      const { session_id, start } = game;
      const read = async (instance: EngineInstance) => {
        await engines.reach(start + GRACE_MS);
        return instance.engine.get(session_id, { arrival: start + GRACE_MS });
      };
      const command = { id: 'first move', fingerprint: 'first move', rememberMs: 60_000 };
      const [switched, ...reads] = await Promise.all([
        a.run(session_id, { type: 'switch' }, { arrival: start + 5, command }),
        read(a),
        read(b),
      ]);
      expect(stateOf(switched)).to.include({ version: 3, active_participant_id: 'black', updated_at: iso(start + 5) });
      for (const outcome of reads) expect(stateOf(outcome).status).to.equal('running');
      expect(await typesOf(session_id)).to.deep.equal(['session_created', 'session_started', 'cycle_switched']);
    });

    it('ST-13 an unguarded switch that lost the start to another instance is no race with a command', async () => {
      const game = await planned(a, -GRACE_MS);
      const { session_id } = game;
      // What comes between the read of the one and its commit.
      a.afterRead = () => b.engine.get(session_id, { arrival: Math.floor(engines.now()) });
      const state = stateOf(await a.run(session_id, { type: 'switch' }, { arrival: Math.floor(engines.now()) }));
      expect(state).to.include({ version: 3, active_participant_id: 'black' });
    });

    it('ST-13 after downtime a switch meets what ran out since the start, and does nothing further', async () => {
      const game = await planned(a, -1_500, {
        participants: [{ participant_id: 'white', total_time_ms: 1_000 }],
      });
      const outcome = await a.run(game.session_id, { type: 'switch' }, { arrival: Math.floor(engines.now()) });
      expect(outcome).to.deep.include({ expired: { participant_id: 'white', action: null } });
      expect(stateOf(outcome)).to.include({ status: 'expired', updated_at: iso(game.start + 1_000) });
      expect(await typesOf(game.session_id)).to.deep.equal(['session_created', 'session_started', 'participant_expired']);
    });

    it('ST-14 a pending session stays in Redis until an hour after its start, and where no start is planned as long as any idle one', async () => {
      const lifetime = () => engines.redis().pttl(engines.keyOf(session_id));
      const { session_id } = await planned(a, 5 * HOUR_MS);
      expect(await lifetime()).to.be.within(6 * HOUR_MS - 60_000, 6 * HOUR_MS);
      await a.run(session_id, { type: 'schedule' });
      expect(await lifetime()).to.be.within(HOUR_MS - 60_000, HOUR_MS);
      await a.run(session_id, { type: 'schedule', starts_at: iso(Math.floor(engines.now()) + HOUR_MS) });
      expect(await lifetime()).to.be.within(2 * HOUR_MS - 60_000, 2 * HOUR_MS);
    });

    it('ST-17 a repeated create whose start has passed meanwhile is answered with the session, and a new one is refused', async () => {
      const now = Math.floor(engines.now());
      const payload = chess({ starts_at: iso(now + 1) });
      const command = { id: 'once', fingerprint: 'same', rememberMs: 60_000 };
      const first = stateOf(await a.engine.create(payload, { arrival: now, command }));
      const again = await b.engine.create(payload, { arrival: now + 50, command });
      expect(again).to.include({ ok: true, appliedVersion: 1 });
      expect(stateOf(again).created_at).to.equal(first.created_at);
      expect(codeOf(await b.engine.create(chess({ starts_at: payload.starts_at }), { arrival: now + 50, command }))).to.equal(
        'VALIDATION_ERROR',
      );
      expect(codeOf(await b.engine.create(payload, { arrival: now + 50, command: { ...command, fingerprint: 'other' } }))).to.equal(
        'IDEMPOTENCY_MISMATCH',
      );
    });
  });

  it('ST-11 one of two instances starts the session, once, as soon as the grace ends, and tells the room', async () => {
    const [a, b] = [await engines.instance(), await engines.instance()];
    const games = await Promise.all(Array.from({ length: 20 }, (_, n) => planned(n % 2 === 0 ? a : b, 400 + n)));
    for (const { session_id, start } of games) {
      const [, started] = await engines.trailOf(session_id, 2);
      expect(started).to.include({ event_type: 'session_started', timestamp: iso(start), version: 2 });
      const told = await until('a room that was told', async () => {
        const all = [...a.told, ...b.told].filter((one) => one.session_id === session_id && one.what === 'session_started');
        return all.length > 0 && all;
      });
      expect(told).to.have.length(1);
      expect(told[0]?.at, 'not before the grace is over').to.be.at.least(start + GRACE_MS);
    }
    await engines.reach(Math.max(...games.map(({ start }) => start)) + 2 * GRACE_MS);
    for (const { session_id } of games) expect(await typesOf(session_id)).to.deep.equal(['session_created', 'session_started']);
  });

  it('ST-12 the sweep of another instance starts a session when the instance that planned the start is gone', async () => {
    const [doomed, living] = [await engines.instance(), await engines.instance()];
    const game = await planned(doomed, 300);
    await doomed.close();
    const [, started] = await engines.trailOf(game.session_id, 2);
    expect(started).to.include({ event_type: 'session_started', timestamp: iso(game.start) });
    const told = await until('the room is told', async () => living.told.find((one) => one.session_id === game.session_id));
    expect(told.what).to.equal('session_started');
    expect(told.at).to.be.at.least(game.start + GRACE_MS);
  });

  it('ST-12 a start that was moved or taken away has no effect at its former instant', async () => {
    const a = await engines.instance();
    const [moved, taken, kept] = [await planned(a, 1_500), await planned(a, 1_500), await planned(a, 1_500)];
    const later = moved.start + GRACE_MS + 300;
    stateOf(await a.run(moved.session_id, { type: 'schedule', starts_at: iso(later) }));
    stateOf(await a.run(taken.session_id, { type: 'schedule' }));
    await engines.trailOf(kept.session_id, 2);
    const [, , started] = await engines.trailOf(moved.session_id, 3);
    expect(started).to.include({ event_type: 'session_started', timestamp: iso(later) });
    expect(await typesOf(taken.session_id)).to.deep.equal(['session_created', 'session_scheduled']);
  });

  it('ST-16 warnings and the deadline count from the instant, not from when the start was noticed', async () => {
    const a = await engines.instance();
    const game = await planned(a, 200, {
      participants: [{ participant_id: 'white', total_time_ms: 2_500 }],
      warning_thresholds_ms: [1_500],
    });
    const trail = await engines.trailOf(game.session_id, 3);
    expect(trail[2]).to.include({ event_type: 'participant_expired', timestamp: iso(game.start + 2_500) });
    const toldOf = () => a.told.filter((one) => one.session_id === game.session_id);
    await until('the room is told of the expiry', async () => toldOf().some((one) => one.what === 'participant_expired'));
    const warnings = toldOf().filter((one) => one.event === 'warning');
    expect(warnings.map((one) => one.what)).to.deep.equal(['1500']);
    expect((warnings[0]?.at ?? 0) - game.start).to.be.at.least(1_000);
  });

  it('ST-18 the idle time of a stopwatch that starts by itself counts from its start', async () => {
    engines.idleRunMs = 600;
    const a = await engines.instance();
    const game = await planned(a, 200, { sync_mode: 'count_up', participants: [] });
    const trail = await engines.trailOf(game.session_id, 3);
    expect(trail.map((event) => event.event_type)).to.deep.equal(['session_created', 'session_started', 'session_cancelled']);
    expect(trail[2]).to.include({ timestamp: iso(game.start + 600) });
    expect(trail[2]).to.have.nested.property('state_snapshot.cycle_time_used_ms', 600);
  });
});
