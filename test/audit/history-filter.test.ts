import { expect } from 'chai';
import type { EventType, HistoryData, HistoryEvent } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { EventStore } from '../../server/audit/store.ts';
import { chess } from '../kit/games.ts';
import { type RestAnswer, rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';
import { silent } from './kit.ts';
import { RecordedSession } from './recorded-session.ts';

const LINES = { accept: 'application/x-ndjson' };

describe('history by type and as lines', () => {
  let cluster: Cluster;
  let app: { url: string };
  let client: TestClient;
  let id: string;

  // A finished game of 33 versions that only the trail knows: created, started, then 30 switches with a pause, and the
  // end.
  before(async () => {
    const url = await freshDatabase();
    const recordedSession = new RecordedSession(chess()).do({ type: 'start' });
    for (let move = 0; move < 14; move++) recordedSession.do({ type: 'switch' });
    recordedSession.do({ type: 'pause' }).do({ type: 'resume' });
    for (let move = 0; move < 14; move++) recordedSession.do({ type: 'switch' });
    recordedSession.do({ type: 'complete' });
    const database = openDatabase(url, silent, { connections: 1, statementMs: 5000 });
    await new EventStore(database, silent).write(recordedSession.queued, new AbortController().signal);
    await closeDatabase(database, silent);
    id = recordedSession.state.session_id;
    cluster = await openCluster({ AUDIT_WORKER: 'off', DATABASE_URL: url });
    app = await cluster.instance();
    client = await cluster.client(app);
  });
  after(() => cluster.close());

  const get = (query: string, headers?: Record<string, string>) =>
    rest(app, 'GET', `/v1/sessions/${id}/events${query}`, undefined, headers);
  const pageOf = (answer: RestAnswer): HistoryData => {
    const reply = answer.reply<HistoryData>();
    if (!reply.ok) throw new Error(JSON.stringify(reply.error));
    return reply.data;
  };
  const versions = (events: HistoryEvent[]) => events.map(({ version }) => version);

  it('A-40 a filter returns only events of the requested types, over both transports', async () => {
    const event_types: EventType[] = ['session_paused', 'session_completed'];
    const asked = await client.ok('session:history', { session_id: id, event_types });
    expect(asked.events.map(({ version, event_type }) => [version, event_type])).to.deep.equal([
      [17, 'session_paused'],
      [33, 'session_completed'],
    ]);
    expect(asked.next_after_version).to.equal(33);
    expect(pageOf(await get('?event_type=session_paused,session_completed'))).to.deep.equal(asked);
    expect(pageOf(await get('?event_type=session_paused&event_type=session_completed'))).to.deep.equal(asked);
    const all = await client.ok('session:history', { session_id: id });
    expect(all.events[16]).to.deep.equal(asked.events[0]);
  });

  it('A-41 a filtered page walks over all versions, so that a client that follows the cursor reaches the end', async () => {
    const found: number[] = [];
    const cursors: number[] = [];
    for (let after = 0; ; after = cursors.at(-1) ?? 0) {
      const page = pageOf(await get(`?event_type=session_created,session_completed&limit=10&after_version=${after}`));
      if (page.next_after_version === after) break;
      found.push(...versions(page.events));
      cursors.push(page.next_after_version);
    }
    expect(found).to.deep.equal([1, 33]);
    expect(cursors).to.deep.equal([10, 20, 30, 33]);
  });

  it('A-42 an unknown type and an empty list are refused with the name of the field', async () => {
    for (const query of ['?event_type=nonsense', '?event_type=', '?event_types=session_paused']) {
      expect(errorOf((await get(query)).reply(), 'VALIDATION_ERROR').details).to.be.an('array');
    }
    await client.refused('VALIDATION_ERROR', 'session:history', { session_id: id, event_types: [] });
  });

  it('A-43 with Accept: application/x-ndjson each event is a line, and a header tells where to go on', async () => {
    const answer = await get('?limit=20', LINES);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('application/x-ndjson');
    expect(answer.headers.get('x-next-after-version')).to.equal('20');
    expect(answer.headers.get('vary')).to.match(/accept/i);
    expect(answer.text.endsWith('}\n')).to.equal(true);
    const events = answer.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as HistoryEvent);
    expect(events).to.deep.equal(pageOf(await get('?limit=20')).events);
    const filtered = await get('?event_type=session_paused', LINES);
    expect(filtered.text.split('\n')).to.have.length(2);
    const nothing = await get('?after_version=33', LINES);
    expect([nothing.status, nothing.text, nothing.headers.get('x-next-after-version')]).to.deep.equal([200, '', '33']);
  });

  it('A-43 lines are sent only to clients that prefer them, and refusals stay replies', async () => {
    for (const accept of ['*/*', 'application/json', 'application/json, application/x-ndjson', 'text/html']) {
      expect((await get('', { accept })).headers.get('content-type'), accept).to.match(/^application\/json/);
    }
    const unknown = await rest(app, 'GET', '/v1/sessions/nobody/events', undefined, LINES);
    expect(unknown.status).to.equal(404);
    expect(errorOf(unknown.reply(), 'SESSION_NOT_FOUND').message).to.be.a('string');
    errorOf((await get('?limit=0', LINES)).reply(), 'VALIDATION_ERROR');
    expect((await get('', { ...LINES, origin: 'https://elsewhere.example' })).headers.get('access-control-expose-headers')).to.include(
      'X-Next-After-Version',
    );
  });
});
