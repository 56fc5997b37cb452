import { expect } from 'chai';
import type { SessionState } from '#contract';
import type { App } from '../../server/app.ts';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { entriesOf } from '../kit/stored.ts';
import { query, silent, until } from './kit.ts';

const PARTICIPANTS = 1_000;
const SWITCHES = 250;
/** Most bytes of an event on average. */
const BYTES = 4 * 1024;

const STUDENTS = 200;
/** Bytes of an event beside state, changes and metadata. */
const FIELDS = 500;

describe('the trail of a session of a thousand participants', () => {
  let cluster: Cluster;
  let url: string;
  let app: App;
  before(async () => {
    url = await freshDatabase();
    cluster = await openCluster({ DATABASE_URL: url });
    app = await cluster.instance({ AUDIT_WORKER: 'off' });
  });
  after(() => cluster.close());

  it('TR-25 an event costs at most 4 KB on average, in the outbox, in the queue and in PostgreSQL', async () => {
    const client = await cluster.client(app);
    const participants = Array.from({ length: PARTICIPANTS }, (_, index) => ({
      participant_id: `participant-${index}`,
      total_time_ms: 600_000,
    }));
    const { session_id, epoch } = await client.ok('session:create', chess({ participants }));
    await client.ok('session:start', { session_id });
    const states: SessionState[] = [];
    for (let turn = 0; turn < SWITCHES; turn++) {
      await client.ok('session:switch', { session_id });
      if (turn % 50 === 7) states.push(await client.ok('session:get', { session_id }));
    }
    const versions = SWITCHES + 2;
    const entries = await entriesOf(cluster.redis(), cluster.settings.KEY_PREFIX, session_id);
    expect(entries).to.have.length(versions);
    const average = (texts: string[]) => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / versions;
    const sizes = {
      outbox: average(entries.map(({ event, state }) => event + state)),
      queue: average([JSON.stringify({ events: entries.map(({ event, state }) => ({ event, state })) })]),
    };
    for (const [where, size] of Object.entries(sizes)) expect(size, where).to.be.below(BYTES);

    await cluster.instance({ AUDIT_WORKER: 'inline' });
    const count = async () => (await query<{ rows: number }>(url, 'SELECT count(*)::int AS rows FROM sync_events'))[0]?.rows;
    await until('the trail is complete', async () => (await count()) === versions);
    const [table] = await query<{ bytes: number }>(url, `SELECT pg_total_relation_size('sync_events')::int AS bytes`);
    expect((table?.bytes ?? 0) / versions, 'table with its index and its TOAST table').to.be.below(BYTES);

    for (const state of states) {
      const { events } = await client.ok('session:history', { session_id, after_version: state.version - 1, limit: 1 });
      expect(events.map(({ state_snapshot }) => state_snapshot)).to.deep.equal([state]);
      const [row] = await query<{ state: object }>(url, 'SELECT sync_state($1, $2, $3) AS state', [session_id, epoch, state.version]);
      expect(row?.state).to.deep.equal(state);
    }
    const database = openDatabase(url, silent, { connections: 1, statementMs: 10_000 });
    try {
      expect(await verify(database, session_id)).to.deep.include({ rows: versions, findings: [] });
    } finally {
      await closeDatabase(database, silent);
    }
  });

  it('HC-12 of an exam of two hundred who start and hand in one by one, an event costs at most 4 KB on average, in all three places', async () => {
    const client = await cluster.client(app);
    const ids = Array.from({ length: STUDENTS }, (_, n) => `student-${n}`);
    const participants = ids.map((participant_id) => ({ participant_id, total_time_ms: 3_600_000 }));
    const { session_id } = await client.ok('session:create', chess({ concurrent: true, participants }));
    await Promise.all(ids.map(async (participant_id) => client.ok('session:start', { session_id, participant_id })));
    await Promise.all(
      ids.map(async (participant_id) => client.ok('session:finish', { session_id, participant_id, answer: participant_id })),
    );
    const versions = 2 * STUDENTS + 1;
    const count = async () =>
      (await query<{ rows: number }>(url, `SELECT count(*)::int AS rows FROM sync_events WHERE session_id = '${session_id}'`))[0]?.rows;
    await until('the trail is complete', async () => (await count()) === versions, 60_000);
    const [row] = await query<{ told: number; stored: number }>(
      url,
      `SELECT sum(length(state_snapshot::text))::int + sum(length(changes::text))::int + sum(length(metadata::text))::int AS told,
        sum(pg_column_size(sync_events.*))::int AS stored FROM sync_events WHERE session_id = '${session_id}'`,
    );
    // Outbox and queue have the texts as they are, and of each event the names of its fields and the hash before it.
    expect((row?.told ?? 0) / versions + FIELDS, 'outbox and queue').to.be.below(BYTES);
    expect((row?.stored ?? 0) / versions, 'rows').to.be.below(BYTES);
  });
});
