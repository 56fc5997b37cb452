import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { readPage } from '../../server/audit/history-page.ts';
import { keyOf } from '../../server/audit/history.ts';
import { EventStore } from '../../server/audit/store.ts';
import { fullHistory } from '../../server/audit/full-history.ts';
import { verify } from '../../server/audit/verify.ts';
import { NewerSchemaError, SCHEMA } from '../../server/domain/schema.ts';
import { chess } from '../kit/games.ts';
import { freshDatabase } from '../kit/services.ts';
import { query, silent } from './kit.ts';
import { RecordedSession } from './recorded-session.ts';

/**
 * Rows of both tables, one a line, written by 2.0 as it was before events noted their rules: every mode, with all that
 * may happen to a session.
 */
const RULES_1 = path.resolve(import.meta.dirname, '../fixtures/trail-rules-1.jsonl');
/** Its sessions and how many rows each has. */
const SESSIONS = { chess: 17, match: 21, quiz: 21, debate: 14, watch: 14 };

describe('versions of the rules', () => {
  let url: string;
  let database: PrismaClient;
  before(async () => {
    url = await freshDatabase();
    database = openDatabase(url, silent, { connections: 2, statementMs: 5000 });
    const lines = (await readFile(RULES_1, 'utf8')).trimEnd().split('\n');
    for (const table of ['sync_sessions', 'sync_events']) {
      await query(
        url,
        `INSERT INTO ${table} SELECT (jsonb_populate_record(NULL::${table}, line::jsonb->'row' || '{"recorded_in": 1}')).* FROM unnest($1::text[]) AS line WHERE line::json->>'table' = $2`,
        [lines, table],
      );
    }
  });
  after(() => closeDatabase(database, silent));

  const found = async (id: string) => {
    const result = await verify(database, id);
    if (result === 'unknown') return result;
    return result.findings.map(({ version, kind, what }) => `${version} ${kind}: ${what}`);
  };
  /** Two teams of two; rita passes the turn to rob and he to the other team. Versions 3 and 4 are the two switches. */
  const match = async () => {
    const members = ['rita', 'rob', 'bea', 'bill'].map((participant_id, index) => ({
      participant_id,
      group_id: index < 2 ? 'red' : 'blue',
      total_time_ms: 60_000,
    }));
    const recordedSession = new RecordedSession(chess({ sync_mode: 'per_group', increment_ms: 3000, participants: members })).do({
      type: 'start',
    });
    recordedSession.do({ type: 'switch', next_participant_id: 'rob' }).do({ type: 'switch' }).do({ type: 'complete' });
    expect(await new EventStore(database, silent).write(recordedSession.queued, new AbortController().signal)).to.deep.equal([]);
    return recordedSession;
  };
  const setRules = (id: string, version: number, rules: number | null) =>
    query(url, 'UPDATE sync_events SET rules = $3 WHERE session_id = $1 AND version = $2', [id, version, rules]);

  it('A-110 a trail from before events noted their rules is what was committed, for ever: it goes by the first ones', async () => {
    for (const [id, rows] of Object.entries(SESSIONS)) expect(await verify(database, id), id).to.deep.include({ rows, findings: [] });
    // rita and rob passed the turn to each other and earned increments.
    const events = await fullHistory(database, 'match');
    const banks: unknown[] = [];
    for await (const { state_snapshot } of events ?? []) banks.push(state_snapshot?.groups[0]?.total_time_ms);
    expect(banks.slice(4, 8)).to.deep.equal([64_000, 66_000, 68_000, 70_000]);
  });

  it('A-110 the history of a trail from before versions of the rules has every snapshot, also those that were left out', async () => {
    const left = await query<{ left: number }>(url, `SELECT count(*)::int AS left FROM sync_events WHERE state_snapshot IS NULL`);
    expect(left[0]?.left).to.be.above(0);
    for (const id of Object.keys(SESSIONS)) {
      const keys = await database.syncEvent.findMany({ where: { session_id: id }, orderBy: [{ version: 'asc' }, { epoch: 'asc' }] });
      // Of rows of one version the newest epoch counts.
      const newest = keys.filter((key, index) => keys[index + 1]?.version !== key.version);
      const { events } = await readPage(database, id, newest, SCHEMA);
      const versions = events.map((json) => (JSON.parse(json) as { state_snapshot: { version: number } }).state_snapshot.version);
      expect(versions, id).to.deep.equal(newest.map(({ version }) => version));
      expect(new Set(newest.map(keyOf))).to.have.property('size', versions.length);
    }
  });

  it('A-111 every row has the version of the rules by which it was made, which the history leaves out', async () => {
    const recordedSession = await match();
    const id = recordedSession.state.session_id;
    const rows = await database.syncEvent.findMany({ where: { session_id: id }, orderBy: { version: 'asc' } });
    expect(rows.map(({ rules }) => rules)).to.deep.equal([2, 2, 2, 2, 2]);
    const { events } = await readPage(database, id, rows, SCHEMA);
    expect(JSON.parse(events[2] ?? '')).to.not.have.property('rules');
    expect(await found(id)).to.deep.equal([]);
  });

  it('A-112 each row is verified by its own rules: a row that names other rules with another result is reported', async () => {
    const id = (await match()).state.session_id;
    await setRules(id, 3, 1);
    expect(await found(id)).to.deep.equal(['3 altered: has a snapshot to which the rules do not lead']);
    await setRules(id, 3, null);
    expect(await found(id)).to.deep.equal(['3 altered: has a snapshot to which the rules do not lead']);
    await setRules(id, 3, 2);
    // By both rules the turn went to the other team.
    await setRules(id, 4, 1);
    expect(await found(id)).to.deep.equal([]);
    await setRules('match', 5, 2);
    expect(await found('match')).to.deep.equal(['5 altered: has a snapshot to which the rules do not lead']);
    await setRules('match', 5, null);
  });

  it('A-113 rows made by rules that only a newer version knows are not judged', async () => {
    const id = (await match()).state.session_id;
    await setRules(id, 3, 99);
    const error = await verify(database, id).catch((refusal: unknown) => refusal);
    expect(error).to.be.an.instanceOf(NewerSchemaError);
    expect(error).to.have.property('message', 'an event made by rules 99, which this version does not know');
  });
});
