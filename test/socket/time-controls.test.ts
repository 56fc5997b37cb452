import { expect } from 'chai';
import type { CreatePayload, EventType, HistoryEvent, ParticipantState, TimeControl } from '#contract';
import { type App } from '../../server/app.ts';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { verify } from '../../server/audit/verify.ts';
import { silent } from '../audit/kit.ts';
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
  let database: PrismaClient;
  before(async () => {
    cluster = await openCluster();
    const url = await freshDatabase();
    database = openDatabase(url, silent, { connections: 2, statementMs: 5_000 });
    app = await cluster.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: url });
    player = await cluster.client(app);
  });
  after(async () => {
    await closeDatabase(database, silent);
    await cluster.close();
  });

  /** The history of a session, once its last event is of this type. */
  const historyUpTo = async (last: EventType, session_id: string): Promise<HistoryEvent[]> => {
    let events: HistoryEvent[] = [];
    await until('history', async () => {
      events = (await player.ok('session:history', { session_id, limit: 1_000 })).events;
      return events.at(-1)?.event_type === last;
    });
    return events;
  };

  /** Ticking clocks do what the history says, each at its instant, and must stand where the states say. */
  function follow(told: TimeControl, events: HistoryEvent[]): void {
    const clocks = new Map<string, TickingClock>();
    const clockOf = (id: string | null): TickingClock => {
      const clock = clocks.get(id ?? '') ?? new TickingClock(told);
      clocks.set(id ?? '', clock);
      return clock;
    };
    let [settled, runs] = [0, false];
    for (const { event_type, timestamp, state_snapshot, metadata, participant_id } of events) {
      const at = Date.parse(timestamp);
      const ranFor = runs ? at - settled : 0;
      const adjusted = event_type === 'session_adjusted';
      const ticking = clockOf(adjusted ? 'p0' : participant_id);
      for (let ms = 0; ms < ranFor; ms += 1) ticking.tick();
      settled = at;
      runs = state_snapshot.status === 'running';
      if (event_type === 'cycle_switched') {
        const [charged, used] = [ticking.charge(), ticking.used];
        ticking.endTurn();
        expect(metadata['charged_ms']).to.equal(charged === used ? undefined : charged);
      }
      if (adjusted) ticking.adjust(Number(metadata['delta_ms']));
      for (const one of state_snapshot.participants) {
        const { main, left, turns, stage, used, periods, block } = clockOf(one.participant_id);
        const ticked = { main, left, turns, stage, used, periods: periods.length, block };
        expect(shown(one), `${event_type} ${timestamp}`).to.deep.equal(ticked);
      }
      const deadline = runs ? new Date(at + clockOf(state_snapshot.active_participant_id).left).toISOString() : null;
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

  it('T-233 a game of 40/2h:20/1h:15+30 goes through all its stages over the wire, and its trail verifies', async () => {
    const told = control(vectors.vectors.find(({ name }) => name === '40/2h:20/1h:15+30')?.control);
    const payload = game(told, { participants: seats(2) });
    const { session_id } = payload;
    await player.ok('session:create', payload);
    await player.ok('session:start', { session_id });
    for (let turn = 0; turn < 2 * 62; turn += 1) await player.ok('session:switch', { session_id });
    await player.ok('session:complete', { session_id });
    const events = await historyUpTo('session_completed', session_id);
    follow(told, events);
    const stages = events.map(({ state_snapshot }) => state_snapshot.participants.map(({ clock }) => clock?.stage));
    const ends = [79, 80, 81, 119, 120, 121].map((turns) => stages[1 + turns]);
    expect(ends).to.deep.equal([
      [1, 0],
      [1, 1],
      [1, 1],
      [2, 1],
      [2, 2],
      [2, 2],
    ]);
    expect(await verify(database, session_id)).to.deep.include({ findings: [], rows: events.length });
  });

  it('T-215 stages at zero, periods and the flag follow each other over the wire', async () => {
    const told: TimeControl = {
      stages: [
        { time_ms: 60_000, at_zero: 'next', delay_ms: 100 },
        { time_ms: 200, byoyomi: { period_ms: 150, periods: 3 } },
      ],
    };
    const payload = game(told, { warning_thresholds_ms: [900, 100] });
    const { session_id } = payload;
    await player.ok('session:create', payload);
    await player.ok('session:start', { session_id });
    await player.ok('session:switch', { session_id });
    const { participants } = await player.ok('session:pause', { session_id });
    expect(participants[0]?.clock).to.include({ turns: 1, stage: 0 });
    // However long the machine took so far, a second is left from here on.
    const delta_ms = 400 - (participants[0]?.total_time_ms ?? 0);
    await player.ok('session:adjust', { session_id, participant_id: 'p0', delta_ms });
    await player.ok('session:resume', { session_id });
    await player.next('session:warning', (event) => event.session_id === session_id && event.threshold_ms === 900);
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
