import { expect } from 'chai';
import type { CreatePayload, EventType, HistoryEvent, ParticipantState, TimeControl } from '#contract';
import { type App } from '../../server/app.ts';
import vectors from '../fixtures/clocks-vectors.json' with { type: 'json' };
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';
import { TickingClock } from '../timing/control-clock.ts';

// JSON has no literal types.
const control = (told: unknown): TimeControl => JSON.parse(JSON.stringify(told)) as TimeControl;
const seats = (count: number) => Array.from({ length: count }, (_, n) => ({ participant_id: `p${n}` }));
const game = (time_control: TimeControl, change: Partial<CreatePayload> = {}) => chess({ time_control, participants: seats(1), ...change });

describe('time controls over the wire', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    player = await cluster.client(app);
  });
  after(() => cluster.close());

  /** The history of a session, once its last event is of this type. */
  const historyUpTo = async (last: EventType, session_id: string): Promise<HistoryEvent[]> => {
    let events: HistoryEvent[] = [];
    await until('history', async () => {
      events = (await player.ok('session:history', { session_id })).events;
      return events.at(-1)?.event_type === last;
    });
    return events;
  };

  /** A ticking clock does what the history says, each at its instant, and must stand where the states say. */
  function follow(told: TimeControl, events: HistoryEvent[]): void {
    const ticking = new TickingClock(told);
    let [settled, runs] = [0, false];
    for (const { event_type, timestamp, state_snapshot, metadata } of events) {
      const at = Date.parse(timestamp);
      const ranFor = runs ? at - settled : 0;
      for (let ms = 0; ms < ranFor; ms += 1) ticking.tick();
      settled = at;
      runs = state_snapshot.status === 'running';
      if (event_type === 'cycle_switched') {
        const [charged, used] = [ticking.charge(), ticking.used];
        ticking.endTurn();
        expect(metadata['charged_ms']).to.equal(charged === used ? undefined : charged);
      }
      const one = state_snapshot.participants[0];
      expect(shown(one), `${event_type} ${timestamp}`).to.deep.equal({
        main: ticking.main,
        left: ticking.left,
        turns: ticking.turns,
        stage: ticking.stage,
        used: ticking.used,
        periods: ticking.periods.length,
        block: ticking.block,
      });
      const deadline = runs ? new Date(at + ticking.left).toISOString() : null;
      expect(state_snapshot.deadline_at).to.equal(deadline);
    }
  }

  const shown = (one: ParticipantState | undefined) => ({
    main: one?.total_time_ms,
    left: one?.time_remaining_ms,
    turns: one?.clock?.turns,
    stage: one?.clock?.stage,
    used: one?.clock?.turn_used_ms,
    periods: one?.clock?.periods_left ?? 0,
    block: one?.clock?.block_left_ms ?? 0,
  });

  it('T-215 each control is played as its history tells, from instant to instant', async () => {
    const told = vectors.vectors.map((vector) => control(vector.control));
    const games = told.map((time_control) => game(time_control));
    await Promise.all(
      games.map(async (payload) => {
        const { session_id } = payload;
        await player.ok('session:create', payload);
        for (const command of ['start', 'switch', 'pause', 'resume', 'switch', 'switch', 'complete'] as const) {
          // A least charge may leave so little that the flag falls before the next command.
          await player.raw(`session:${command}`, { session_id });
        }
      }),
    );
    for (const [place, { session_id }] of games.entries()) {
      const time_control = told[place];
      if (time_control !== undefined) follow(time_control, await historyUpTo('session_completed', session_id));
    }
  });

  it('T-215 stages at zero, periods and the flag follow each other over the wire', async () => {
    const told: TimeControl = {
      stages: [
        { time_ms: 400, at_zero: 'next', delay_ms: 100 },
        { time_ms: 200, byoyomi: { period_ms: 150, periods: 3 } },
      ],
    };
    const payload = game(told, { warning_thresholds_ms: [900, 100] });
    const { session_id } = payload;
    await player.ok('session:create', payload);
    await player.ok('session:start', { session_id });
    await player.next('session:warning', (event) => event.session_id === session_id && event.threshold_ms === 900);
    const { participants } = await player.ok('session:switch', { session_id });
    expect(participants[0]?.clock).to.include({ turns: 1, stage: 0 });
    await player.next('session:expired', (event) => event.session_id === session_id);
    const events = await historyUpTo('participant_expired', session_id);
    follow(told, events);
    expect(events.at(-1)?.state_snapshot.participants[0]).to.deep.include({ total_time_ms: 0, has_expired: true });
    expect(events.at(-1)?.state_snapshot.participants[0]?.clock).to.include({ stage: 1, periods_left: 0 });
  });

  it('T-216 a time control that can’t be played is a VALIDATION_ERROR that names its field, over REST too', async () => {
    const payload = {
      ...game({
        stages: [
          { time_ms: 60_000, turns: 40 },
          { time_ms: 60_000, turns: 501 },
        ],
      }),
    };
    const reply = (await rest(app, 'POST', '/v1/sessions', payload)).json();
    expect(reply).to.deep.include({ ok: false });
    expect(reply['error']).to.deep.include({ code: 'VALIDATION_ERROR' });
    expect(JSON.stringify(reply['error'])).to.include('"field":"time_control.stages.1.turns"');
    const unknown = { stages: [{ time_ms: 60_000, tempo: 1 }] };
    const refused = await player.raw('session:create', { ...payload, time_control: unknown });
    expect(JSON.stringify(refused)).to.include('"field":"time_control.stages.0.tempo"');
  });

  it('T-217 a socket that asks for changes gets whole states of a session with a time control, also of a large one', async () => {
    const payload = game({ stages: [{ time_ms: 60_000, delay_ms: 1_000 }] }, { participants: seats(40) });
    const { session_id } = payload;
    await player.ok('session:create', payload);
    const listener = await cluster.client(app);
    await listener.ok('session:join', { session_id, deltas: true });
    await player.ok('session:start', { session_id });
    await player.ok('session:switch', { session_id, deltas: true });
    const event = await listener.next('session:update', (one) => one.version === 3);
    expect(withState(event).state.participants[0]?.clock).to.include({ turns: 1 });
  });
});
