import { expect } from 'chai';
import type { HistoryData, HistoryEvent } from '#contract';
import type { App } from '../../server/app.ts';
import type { PrivatePostgres } from '../../server/local/private-postgres.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDirectory, migrate, startOwnPostgres } from '../kit/services.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

const COMPLETE_WITHIN_MS = 15_000;

describe('the history of a game', () => {
  let directory: string;
  let postgres: PrivatePostgres;
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  before(async () => {
    directory = await freshDirectory('postgres');
    postgres = await startOwnPostgres({ directory });
    await migrate(postgres.url);
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: postgres.url });
    app = await cluster.instance();
    player = await cluster.client(app);
  });
  after(async () => {
    await cluster.close();
    await postgres.stop();
  });

  const historyOf = async (session_id: string, query = '') => {
    const reply = (await rest(app, 'GET', `/v1/sessions/${session_id}/events${query}`)).reply<HistoryData>();
    if (!reply.ok) throw new Error(reply.error.code);
    return reply.data;
  };
  /** The whole history, once the newest version has arrived. */
  const complete = async (session_id: string, version: number): Promise<HistoryEvent[]> =>
    until(
      `version ${version} is in the history`,
      async () => {
        const { events } = await historyOf(session_id, '?limit=1000');
        return events.at(-1)?.version === version && events;
      },
      COMPLETE_WITHIN_MS,
    );

  it('A-1 the history has each version once, in order: what happened, whose clock was charged, and the state after it', async () => {
    const { session_id, epoch } = await player.ok('session:create', chess({ command_id: 'c1', increment_ms: 500 }));
    await player.ok('session:start', { session_id });
    await player.ok('session:switch', { session_id });
    const paused = await player.ok('session:pause', { session_id });
    const cancelled = await player.ok('session:cancel', { session_id, reason: 'rain' });
    const events = await complete(session_id, 5);
    expect(events.map(({ event_type }) => event_type)).to.deep.equal([
      'session_created',
      'session_started',
      'cycle_switched',
      'session_paused',
      'session_cancelled',
    ]);
    for (const [index, event] of events.entries()) {
      expect(event).to.have.all.keys(
        'session_id epoch version event_type timestamp participant_id group_id time_elapsed_ms time_remaining_ms state_snapshot metadata'.split(
          ' ',
        ),
      );
      expect(event).to.include({ session_id, epoch, version: index + 1 });
      expect(event.state_snapshot).to.include({ version: index + 1, updated_at: event.timestamp });
    }
    expect(events[3]?.state_snapshot).to.deep.equal(paused);
    expect(events[4]?.state_snapshot).to.deep.equal(cancelled);
    const [created, , switched, , ended] = events as [HistoryEvent, HistoryEvent, HistoryEvent, HistoryEvent, HistoryEvent];
    expect(created.metadata).to.deep.equal({ command_id: 'c1' });
    expect(ended.metadata).to.deep.equal({ reason: 'rain' });
    expect(switched.participant_id).to.equal('white');
    const white = switched.state_snapshot.participants[0];
    expect(switched.time_elapsed_ms).to.equal(white?.time_used_ms);
    expect(switched.time_remaining_ms).to.equal((white?.time_remaining_ms ?? 0) - 500);
  });

  it('A-2 the history comes in pages, over both transports alike', async () => {
    const { session_id } = await player.ok('session:create', chess());
    await player.ok('session:start', { session_id });
    for (let i = 0; i < 8; i++) await player.ok('session:switch', { session_id });
    await complete(session_id, 10);
    const versions = ({ events, next_after_version }: HistoryData) => [events.map(({ version }) => version), next_after_version];
    expect(versions(await historyOf(session_id, '?limit=4'))).to.deep.equal([[1, 2, 3, 4], 4]);
    expect(versions(await historyOf(session_id, '?after_version=4&limit=4'))).to.deep.equal([[5, 6, 7, 8], 8]);
    expect(versions(await historyOf(session_id, '?after_version=8&limit=4'))).to.deep.equal([[9, 10], 10]);
    expect(versions(await historyOf(session_id, '?after_version=10'))).to.deep.equal([[], 10]);
    expect(versions(await historyOf(session_id, '?after_version=99'))).to.deep.equal([[], 99]);
    expect(await player.ok('session:history', { session_id, after_version: 4, limit: 4 })).to.deep.equal(
      await historyOf(session_id, '?after_version=4&limit=4'),
    );
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'after_version=-1', 'after_version=1.5', 'page=2']) {
      expect((await rest(app, 'GET', `/v1/sessions/${session_id}/events?${query}`)).status, query).to.equal(400);
    }
  });

  it('A-3 the history of a session that was never created, or was deleted, is SESSION_NOT_FOUND', async () => {
    expect((await rest(app, 'GET', `/v1/sessions/${chess().session_id}/events`)).status).to.equal(404);
    const { session_id } = await player.ok('session:create', chess());
    await complete(session_id, 1);
    await player.ok('session:delete', { session_id });
    await until('the deletion has arrived', async () => (await rest(app, 'GET', `/v1/sessions/${session_id}/events`)).status === 404);
    await player.refused('SESSION_NOT_FOUND', 'session:history', { session_id });
  });

  it('A-3 the history of an id that is used again begins with its new incarnation', async () => {
    const { session_id } = await player.ok('session:create', chess());
    await player.ok('session:start', { session_id });
    await player.ok('session:delete', { session_id });
    const { epoch } = await player.ok('session:create', chess({ session_id }));
    await player.ok('session:cancel', { session_id });
    const events = await until('the new incarnation is told', async () => {
      const answer = (await rest(app, 'GET', `/v1/sessions/${session_id}/events`)).reply<HistoryData>();
      return answer.ok && answer.data.events.length === 2 && answer.data.events;
    });
    expect(events.map((event) => [event.epoch, event.event_type])).to.deep.equal([
      [epoch, 'session_created'],
      [epoch, 'session_cancelled'],
    ]);
  });

  it('A-4 the history has each version exactly once after PostgreSQL was restarted during the game, which was not affected', async () => {
    const { session_id } = await player.ok('session:create', chess());
    await player.ok('session:start', { session_id });
    let slowest = 0;
    const move = async () => {
      const begin = performance.now();
      const { version } = await player.ok('session:switch', { session_id });
      slowest = Math.max(slowest, performance.now() - begin);
      return version;
    };
    for (let i = 0; i < 20; i++) await move();
    await postgres.stop();
    for (let i = 0; i < 20; i++) await move();

    const ready = await rest(app, 'GET', '/ready');
    expect(ready.status).to.equal(200);
    expect(ready.json()).to.have.nested.property('checks.database', 'degraded');
    const begin = performance.now();
    const history = await rest(app, 'GET', `/v1/sessions/${session_id}/events`);
    expect(performance.now() - begin).to.be.below(10_000);
    expect(history.status).to.equal(503);
    errorOf(history.reply(), 'SERVICE_UNAVAILABLE');

    postgres = await startOwnPostgres({ directory, port: postgres.port });
    for (let i = 0; i < 19; i++) await move();
    const last = await move();
    const events = await complete(session_id, last);
    expect(last).to.equal(62);
    expect(events.map(({ version }) => version)).to.deep.equal(Array.from({ length: last }, (_, i) => i + 1));
    expect(slowest, 'ms').to.be.below(10_000);
    await until('ready says ok again', async () => {
      const { checks } = (await rest(app, 'GET', '/ready')).json() as { checks: Record<string, string> };
      return checks['database'] === 'ok' && checks['audit'] === 'ok';
    });
  }).timeout(60_000);
});
