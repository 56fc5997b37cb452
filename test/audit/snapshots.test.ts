import { expect } from 'chai';
import type { HistoryEvent, JsonObject, SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { newest } from '../../server/audit/newest.ts';
import type { QueuedEvent } from '../../server/audit/rows.ts';
import { EventStore } from '../../server/audit/store.ts';
import { fullHistory } from '../../server/audit/full-history.ts';
import { verify } from '../../server/audit/verify.ts';
import { encodeBrief, isChanges } from '../../server/domain/schema.ts';
import { followsByItself } from '../../server/domain/snapshots.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { type StoreFixture, openStoreFixture } from '../store/store-fixture.ts';
import { crowdOf, UnattendedSession } from '../store/unattended-session.ts';
import { query, silent } from './kit.ts';

/** What the trail has of a session by an earlier release, which left it to the rules what followed by itself. */
function asEarlier(entries: QueuedEvent[], states: SessionState[]): QueuedEvent[] {
  return entries.map(({ event, state }, index) => {
    if (!isChanges(state)) return { event, state };
    const { changes: _changes, schema: _schema, ...fields } = JSON.parse(state) as JsonObject;
    return { event, state: followsByItself(JSON.parse(event) as HistoryEvent) ? encodeBrief(fields) : JSON.stringify(states[index]) };
  });
}

for (const earlier of [false, true])
  describe(`a trail without the snapshots to which ${earlier ? 'the rules, as earlier releases left them out' : 'changes'} lead`, () => {
    let url: string;
    let fixture: StoreFixture;
    let database: PrismaClient;
    let cluster: Cluster;
    let app: { url: string };
    let client: TestClient;
    let states: SessionState[];
    let queued: QueuedEvent[];
    let id: string;

    // 133 versions of which only 1 and 100 carry a snapshot; in the trail of an earlier release 2 and the last one too.
    beforeEach(async () => {
      url = await freshDatabase();
      fixture = await openStoreFixture();
      database = openDatabase(url, silent, { connections: 2, statementMs: 5_000 });
      const unattended = await UnattendedSession.begin(fixture, 300_000, { participants: crowdOf(60) });
      for (const count of [70, 60]) await unattended.catchUp(count);
      await unattended.do('pause');
      ({ states } = unattended);
      id = unattended.state.session_id;
      queued = await unattended.entries();
      if (earlier) queued = asEarlier(queued, states);
      cluster = await openCluster({ AUDIT_WORKER: 'off', DATABASE_URL: url });
      app = await cluster.instance();
      client = await cluster.client(app);
    });
    afterEach(async () => {
      fixture.close();
      await closeDatabase(database, silent);
      await cluster.close();
    });

    const arrive = async (events = queued) =>
      expect(await new EventStore(database, silent).write(events, new AbortController().signal)).to.deep.equal([]);
    const problems = async () => {
      const found = await verify(database, id);
      if (found === 'unknown') throw new Error('unknown');
      return found.findings.map(({ version, kind, what }) => `${version} ${kind}: ${what}`);
    };

    async function historyOf(limit: number): Promise<HistoryEvent[]> {
      const events: HistoryEvent[] = [];
      for (let after_version = 0; ;) {
        const page = await client.ok('session:history', { session_id: id, after_version, limit });
        if (page.next_after_version === after_version) return events;
        events.push(...page.events);
        after_version = page.next_after_version;
      }
    }

    it('A-75 without a snapshot the column is null, and the row of the session is right', async () => {
      await arrive(queued.slice(0, -1));
      const rows = await query(url, 'SELECT version FROM sync_events WHERE state_snapshot IS NOT NULL ORDER BY version');
      expect(rows.map(({ version }) => version as number)).to.deep.equal(earlier ? [1, 2, 100] : [1, 100]);
      const changed = await query(url, 'SELECT version FROM sync_events WHERE changes IS NOT NULL');
      expect(changed).to.have.length(earlier ? 0 : 130);
      const [row] = await query(url, 'SELECT version, status, cycle_count, updated_at FROM sync_sessions');
      const { version, status, cycle_count, updated_at } = states.at(-2) as SessionState;
      expect(row).to.deep.equal({ version, status, cycle_count, updated_at: new Date(updated_at) });
    });

    it('A-76 history gives each event the state after it, wherever a page begins', async () => {
      await arrive();
      for (const limit of [1_000, 7]) expect((await historyOf(limit)).map((event) => event.state_snapshot)).to.deep.equal(states);
      const page = { session_id: id, after_version: 50, limit: 1 };
      const filtered = await client.ok('session:history', { ...page, event_types: ['participant_expired'] });
      expect(filtered.events.map((event) => event.state_snapshot)).to.deep.equal([states[50]]);
      const asked = await rest(app, 'GET', `/v1/sessions/${id}/events?after_version=98&limit=5`, undefined, {
        accept: 'application/x-ndjson',
      });
      const lines = asked.text.trimEnd().split('\n');
      expect(lines.map((line) => (JSON.parse(line) as HistoryEvent).state_snapshot)).to.deep.equal(states.slice(98, 103));
    });

    it('A-76 a page ends before an event whose state depends on rows that have not arrived', async () => {
      await arrive(queued.filter((_, index) => index !== 49));
      expect((await historyOf(1_000)).map(({ version }) => version)).to.deep.equal(Array.from({ length: 49 }, (_, n) => n + 1));
      const { events } = await client.ok('session:history', { session_id: id, after_version: 60 });
      expect(events).to.deep.equal([]);
      await arrive();
      expect((await historyOf(1_000)).map((event) => event.state_snapshot)).to.deep.equal(states);
    });

    it('A-77 the newest state is found even if its row carries no snapshot or a row before it is missing', async () => {
      await arrive(queued.slice(0, -1));
      expect(await newest(database, id)).to.deep.include({ state: states.at(-2) });
      await query(url, 'DELETE FROM sync_events WHERE version = 120');
      expect(await newest(database, id)).to.deep.include({ state: states[118] });
      await query(url, 'DELETE FROM sync_events WHERE version = 100');
      expect(await newest(database, id)).to.deep.include({ state: states[98] });
    });

    it('A-77 verification finds nothing in a trail with left-out snapshots, and the full history has each state', async () => {
      await arrive();
      expect(await problems()).to.deep.equal([]);
      const told: unknown[] = [];
      for await (const event of (await fullHistory(database, id)) ?? []) told.push(event.state_snapshot);
      expect(told).to.deep.equal(states);
    });

    it('A-77 verification reports altered rows, and no row that only depends on them', async () => {
      await arrive();
      const altered = async (version: number, change: string) => {
        await query(url, 'BEGIN; DELETE FROM sync_events; COMMIT');
        await arrive();
        await query(url, `UPDATE sync_events SET ${change} WHERE version = ${version}`);
        return problems();
      };
      expect(await altered(50, 'time_elapsed_ms = 7')).to.deep.equal(['50 altered: has another time_elapsed_ms than the rules lead to']);
      expect(
        await altered(100, `state_snapshot = replace(state_snapshot::text, '"has_gone":true', '"has_gone":false')::json`),
      ).to.deep.equal(['100 altered: has a snapshot to which the rules do not lead']);
      expect(await altered(100, 'state_snapshot = NULL')).to.deep.equal(['100 altered: has no snapshot']);
      const gone = 'state_snapshot = NULL, changes = NULL';
      expect(await altered(133, gone)).to.include('133 altered: has neither a snapshot nor changes');
      expect(await altered(2, gone)).to.include('2 altered: has neither a snapshot nor changes');
    });
  });
