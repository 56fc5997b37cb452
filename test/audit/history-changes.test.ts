import { expect } from 'chai';
import { applyChanges } from '#clock';
import type { BriefHistoryData, BriefHistoryEvent, SessionState, Snapshots, StateChanges } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { EventStore } from '../../server/audit/store.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { silent } from './kit.ts';
import { RecordedSession } from './recorded-session.ts';

describe('a history without whole states', () => {
  let cluster: Cluster;
  let app: { url: string };
  let client: TestClient;
  /** The same game, as small sessions are recorded, as large ones are, and as one of an earlier release was. */
  const games = { whole: play(false), changes: play(true), earlier: play(false, true) };

  function play(byChanges: boolean, briefly = false): RecordedSession {
    const recorded = new RecordedSession(chess({ auto_advance: true, increment_ms: 300 }), undefined, { byChanges });
    recorded.do({ type: 'start' }).expire();
    if (briefly) recorded.briefly();
    for (let turn = 0; turn < 110; turn++) recorded.do({ type: 'switch' });
    return recorded.recover().do({ type: 'pause' }).do({ type: 'complete' });
  }

  before(async () => {
    const url = await freshDatabase();
    const database = openDatabase(url, silent, { connections: 1, statementMs: 5_000 });
    for (const { queued } of Object.values(games)) await new EventStore(database, silent).write(queued, new AbortController().signal);
    await closeDatabase(database, silent);
    cluster = await openCluster({ AUDIT_WORKER: 'off', DATABASE_URL: url });
    app = await cluster.instance();
    client = await cluster.client(app);
  });
  after(() => cluster.close());

  const page = async (session_id: string, after_version: number, limit: number, snapshots: Snapshots): Promise<BriefHistoryData> =>
    client.ok('session:history', { session_id, after_version, limit, snapshots });
  const all = async (session_id: string, limit: number, snapshots: Snapshots) => {
    const pages: BriefHistoryEvent[][] = [];
    for (let after_version = 0; ;) {
      const { events, next_after_version } = await page(session_id, after_version, limit, snapshots);
      if (next_after_version === after_version) return pages;
      pages.push(events);
      after_version = next_after_version;
    }
  };
  /** The states to which a page leads, its first one and what its events changed. */
  const statesOf = (events: BriefHistoryEvent[]) => {
    let state: SessionState | undefined;
    return events.map(({ state_snapshot, changes }) => {
      if (state === undefined || changes === undefined) state = state_snapshot as SessionState;
      else state = applyChanges(state, changes as StateChanges);
      return state;
    });
  };

  for (const [name, recorded] of Object.entries(games)) {
    const { session_id } = recorded.state;
    const states = recorded.events.map(({ state }) => state);

    it(`TR-30 with snapshots=changes the first event of a page has the state, the others lead on from it (${name})`, async () => {
      for (const limit of [1_000, 9]) {
        const pages = await all(session_id, limit, 'changes');
        expect(pages.flatMap(statesOf)).to.deep.equal(states);
        for (const events of pages) {
          expect(events[0]).to.have.property('state_snapshot').that.is.an('object');
          for (const event of events.slice(1)) {
            const begins = event.event_type === 'session_recovered';
            expect(Object.keys(event))
              .to.include(begins ? 'state_snapshot' : 'changes')
              .and.not.include(begins ? 'changes' : 'state_snapshot');
          }
        }
      }
    });

    it(`TR-31 with snapshots=none events tell no state, and are the same otherwise (${name})`, async () => {
      const [plain, full] = await Promise.all([all(session_id, 1_000, 'none'), all(session_id, 1_000, 'all')]);
      const without = full.flat().map(({ state_snapshot: _state, ...event }) => event);
      expect(plain.flat()).to.deep.equal(without);
      expect(full.flat().map(({ state_snapshot }) => state_snapshot)).to.deep.equal(states);
    });

    it(`TR-32 a filtered event tells what it changed since the version before it, whether that is told or not (${name})`, async () => {
      const asked = {
        session_id,
        limit: 1_000,
        event_types: ['session_started' as const, 'participant_expired' as const],
        snapshots: 'changes' as const,
      };
      const { events } = (await client.ok('session:history', asked)) as BriefHistoryData;
      expect(events.map(({ version }) => version)).to.deep.equal([2, 3]);
      const later = { ...asked, event_types: ['session_paused' as const, 'participant_expired' as const] };
      const found = ((await client.ok('session:history', later)) as BriefHistoryData).events;
      expect(found.map(({ version }) => version)).to.deep.equal([3, 115]);
      const paused = found[1]?.changes as StateChanges;
      expect(applyChanges(states[113] as SessionState, paused)).to.deep.equal(states[114]);
    });
  }

  it('TR-33 REST takes snapshots as a parameter, also for lines, and refuses another word by its name', async () => {
    const at = `/v1/sessions/${games.changes.state.session_id}/events?limit=5`;
    const reply = (await rest(app, 'GET', `${at}&snapshots=changes`)).reply<BriefHistoryData>();
    expect(reply.ok && statesOf(reply.data.events)).to.deep.equal(games.changes.events.slice(0, 5).map(({ state }) => state));
    const lines = await rest(app, 'GET', `${at}&snapshots=none`, undefined, { accept: 'application/x-ndjson' });
    const told = lines.text
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object));
    for (const names of told) expect(names).to.include('metadata').and.not.include('state_snapshot').and.not.include('changes');
    const refused = (await rest(app, 'GET', `${at}&snapshots=some`)).reply();
    expect(refused.ok ? 'ok' : refused.error).to.deep.include({ code: 'VALIDATION_ERROR' });
    expect(JSON.stringify(refused)).to.include('"field":"snapshots"');
  });
});
