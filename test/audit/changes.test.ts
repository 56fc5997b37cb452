import { expect } from 'chai';
import fc from 'fast-check';
import type { CreatePayload, ParticipantEdit, SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { fullHistory } from '../../server/audit/full-history.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { newest } from '../../server/audit/newest.ts';
import { deleteFinished } from '../../server/audit/retention.ts';
import type { QueuedEvent } from '../../server/audit/rows.ts';
import { EventStore } from '../../server/audit/store.ts';
import { verify } from '../../server/audit/verify.ts';
import { afterChanges, recordedChanges } from '../../server/domain/recorded-changes.ts';
import { chess } from '../kit/games.ts';
import { randomStates } from '../kit/random-states.ts';
import { freshDatabase } from '../kit/services.ts';
import { query, silent } from './kit.ts';
import { RecordedSession } from './recorded-session.ts';

describe('a trail of changes', () => {
  let url: string;
  let database: PrismaClient;
  before(async () => {
    url = await freshDatabase();
    database = openDatabase(url, silent, { connections: 2, statementMs: 5_000 });
  });
  after(() => closeDatabase(database, silent));

  const sql = (text: string, ...values: unknown[]) => query(url, text, values);
  const arrive = async (events: QueuedEvent[]) =>
    expect(await new EventStore(database, silent).write(events, new AbortController().signal)).to.deep.equal([]);
  const found = async (id: string) => {
    const result = await verify(database, id);
    return result === 'unknown' ? [result] : result.findings.map(({ version, kind, what }) => `${version} ${kind}: ${what}`);
  };
  const record = (change: Partial<CreatePayload> = {}) => new RecordedSession(chess(change), undefined, { byChanges: true });
  const stored = async (recorded: RecordedSession) => {
    await arrive(recorded.queued);
    return recorded.state.session_id;
  };
  const stateBySql = async (id: string, { epoch, version }: SessionState) =>
    (await query<{ state: unknown }>(url, 'SELECT sync_state($1, $2, $3) AS state', [id, epoch, version]))[0]?.state;

  /** Writes a session to the trail, whose history and SQL function then tell each of its states, and which verifies. */
  async function isToldWhole(recorded: RecordedSession): Promise<void> {
    const id = await stored(recorded);
    const states = recorded.events.map(({ state }) => state);
    const told: unknown[] = [];
    for await (const event of (await fullHistory(database, id)) ?? []) told.push(event.state_snapshot);
    expect(told).to.deep.equal(states);
    expect(await found(id)).to.deep.equal([]);
    for (const state of states) expect(await stateBySql(id, state)).to.deep.equal(state);
  }

  const NAMES = ['a', 'b', 'c'].map((participant_id) => ({ participant_id }));
  const banks = ['a', 'b', 'c'].map((participant_id) => ({
    participant_id,
    total_time_ms: 5_000,
    group_id: `of ${participant_id}`[3] ?? '',
  }));
  const MODES: Partial<CreatePayload>[] = [
    { sync_mode: 'per_participant', participants: banks, auto_advance: true, action_on_timeout: { type: 'skip_cycle' }, undo_depth: 3 },
    { sync_mode: 'per_group', participants: banks, auto_advance: true, increment_ms: 700 },
    { sync_mode: 'per_cycle', participants: banks, time_per_cycle_ms: 3_000, auto_advance: true, outage_policy: 'pause' },
    { sync_mode: 'global', participants: banks, total_time_ms: 60_000 },
    { sync_mode: 'count_up', participants: banks, max_time_ms: 60_000 },
    { participants: banks, overrun_ms: 4_000, auto_advance: true },
    { participants: NAMES, time_control: { stages: [{ time_ms: 9_000 }], hourglass: true } },
    { participants: NAMES, time_control: { stages: [{ time_ms: 1_000, byoyomi: { period_ms: 900, periods: 3 } }] }, auto_advance: true },
  ];
  /** A session with everything that may happen in its mode; some hundred versions, so that it has several snapshots. */
  function play(mode: Partial<CreatePayload>): RecordedSession {
    const recorded = record({ outage_policy: 'credit', metadata: { note: 'x\u0000\ud800y' }, ...mode })
      .do({ type: 'start' })
      .do({ type: 'switch' });
    recorded.do({ type: 'pause' }).do({ type: 'resume' }).outage();
    if (recorded.state.status === 'paused') recorded.do({ type: 'resume' });
    if (mode.undo_depth !== undefined) recorded.do({ type: 'switch' }).do({ type: 'undo' });
    for (let turn = 0; turn < 55 && recorded.state.status !== 'expired'; turn++) {
      recorded.do({ type: 'pause' }).do({ type: 'resume' });
      if (turn % 9 === 3 && recorded.state.deadline_at !== null && mode.auto_advance === true) recorded.expire();
      if (turn === 20) recorded.recover();
    }
    return recorded;
  }

  it('TR-10 a session that is recorded by changes has whole states at each hundredth version, at the first of an epoch and at its end', async () => {
    const recorded = record().do({ type: 'start' });
    for (let turn = 0; turn < 100; turn++) recorded.do({ type: 'switch' });
    const id = await stored(recorded.recover().do({ type: 'pause' }).do({ type: 'complete' }).do({ type: 'delete' }));
    const rows = await sql(`SELECT version FROM sync_events WHERE session_id = $1 AND state_snapshot IS NOT NULL ORDER BY version`, id);
    expect(rows.map(({ version }) => version as number)).to.deep.equal([1, 100, 103, 105, 106]);
    const both = await sql(`SELECT version FROM sync_events WHERE session_id = $1 AND (state_snapshot IS NULL) = (changes IS NULL)`, id);
    expect(both).to.deep.equal([]);
  });

  it('TR-11 the full history of a trail of changes has each state in every mode, and verification finds nothing', async () => {
    for (const mode of MODES) {
      const recorded = play(mode);
      const id = await stored(recorded);
      const told: unknown[] = [];
      for await (const event of (await fullHistory(database, id)) ?? []) told.push(event.state_snapshot);
      expect(told, JSON.stringify(mode)).to.deep.equal(recorded.events.map(({ state }) => state));
      expect(await found(id), JSON.stringify(mode)).to.deep.equal([]);
      expect(await newest(database, id)).to.deep.include({ state: recorded.state });
    }
  });

  it('TR-12 the function sync_state gives the whole state after each event, without what jsonb cannot hold', async () => {
    for (const mode of MODES) {
      const recorded = play(mode);
      const id = await stored(recorded);
      const states = await query<{ state: object }>(
        url,
        'SELECT sync_state(session_id, epoch, version) AS state FROM sync_events WHERE session_id = $1 AND version % 5 = 0 ORDER BY version',
        [id],
      );
      const fifths = recorded.events.filter(({ state }) => state.version % 5 === 0);
      const whole = fifths.map(({ state }) => JSON.parse(JSON.stringify(state).replaceAll(/\\u(0000|d800)/g, '')) as object);
      expect(
        states.map(({ state }) => state),
        JSON.stringify(mode),
      ).to.deep.equal(whole);
    }
  });

  it('TR-12 the function sync_state follows whatever changes can tell', async () => {
    const cases: { before: string; changes: string; after: string }[] = [];
    fc.assert(
      fc.property(randomStates, ([before, after]) => {
        const changes = recordedChanges(before as object as SessionState, after as object as SessionState);
        cases.push({
          before: JSON.stringify(before),
          changes: JSON.stringify(changes),
          after: JSON.stringify(afterChanges(before, changes)),
        });
      }),
      { numRuns: 400 },
    );
    const differing = await sql(
      `SELECT before, changes, sync_state_after(sync_jsonb(before::json), sync_jsonb(changes::json)) AS found, sync_jsonb(after::json) AS wanted
       FROM json_to_recordset($1::json) AS given (before text, changes text, after text)
       WHERE sync_state_after(sync_jsonb(before::json), sync_jsonb(changes::json)) IS DISTINCT FROM sync_jsonb(after::json) LIMIT 1`,
      JSON.stringify(cases),
    );
    expect(differing).to.deep.equal([]);
  });

  it('TR-17 a trail of changes tells several clocks at once, answers that are cleared, programmes and their editing', async () => {
    const exam = record({ concurrent: true, participants: banks.map(({ participant_id }) => ({ participant_id, total_time_ms: 60_000 })) });
    exam.do({ type: 'start', participant_id: 'a' }).do({ type: 'start' }).do({ type: 'pause', participant_id: 'b' }).do({ type: 'pause' });
    exam.do({ type: 'resume' }).do({ type: 'finish', participant_id: 'a' }).do({ type: 'resume', participant_id: 'b' }).expire().expire();
    const quiz = record({ concurrent: true, sync_mode: 'per_cycle', participants: NAMES, time_per_cycle_ms: 30_000 }).do({ type: 'start' });
    quiz.do({ type: 'finish', participant_id: 'c', answer: null }).do({ type: 'finish', participant_id: 'a', answer: { choice: 2 } });
    quiz
      .do({ type: 'switch' })
      .do({ type: 'finish', participant_id: 'b', answer: 'x' })
      .expire()
      .do({ type: 'switch' })
      .do({ type: 'complete' });
    const items = ['one', 'two', 'three', 'four'].map((item_id) => ({ item_id, time_ms: 9_000, title: item_id }));
    const agenda = record({ sync_mode: 'per_cycle', participants: [], items, rounds: 2 }).do({ type: 'start' }).do({ type: 'switch' });
    agenda.do({ type: 'edit', items: [...items.slice(0, 2), { item_id: 'new', time_ms: 5_000 }, { item_id: 'four', time_ms: 7_000 }] });
    agenda.do({ type: 'switch', next_item_id: 'four' }).do({ type: 'switch', next_item_id: 'one' }).expire();
    for (const recorded of [exam, quiz, agenda]) await isToldWhole(recorded);
  });

  it('JN-35 a trail of changes tells who joined, withdrew and returned, and verifies', async () => {
    const edited = (...participants: ParticipantEdit[]) => ({ type: 'edit' as const, participants });
    const team = record({ sync_mode: 'per_group', participants: banks, undo_depth: 2 }).do({ type: 'start' }).do({ type: 'switch' });
    team
      .do(edited({ participant_id: 'd', group_id: 'b', name: 'Dan' }))
      .do({ type: 'switch' })
      .do({ type: 'undo' })
      .do({ type: 'switch' });
    team
      .do(edited({ participant_id: 'c', withdrawn: true }))
      .do(edited({ participant_id: 'c', withdrawn: false }))
      .do({ type: 'switch' });
    const quiz = record({ concurrent: true, sync_mode: 'per_cycle', participants: NAMES, time_per_cycle_ms: 30_000 }).do({ type: 'start' });
    quiz.do(edited({ participant_id: 'd' }, { participant_id: 'e' })).do({ type: 'switch' });
    quiz
      .do(edited({ participant_id: 'd', withdrawn: true }))
      .do({ type: 'switch' })
      .do(edited({ participant_id: 'd', withdrawn: false }));
    quiz.do({ type: 'switch' }).expire();
    const leaving = record({ participants: banks }).do({ type: 'start' });
    for (const { participant_id } of banks) leaving.do(edited({ participant_id, withdrawn: true }));
    expect(leaving.state.status).to.equal('cancelled');
    for (const recorded of [team, quiz, leaving]) await isToldWhole(recorded);
  });

  it('TR-13 sync_state is NULL for a row that is missing or follows a missing one, and where only rules lead to the state', async () => {
    const recorded = record({ auto_advance: true }).do({ type: 'start' }).do({ type: 'switch' }).expire().briefly().do({ type: 'pause' });
    const id = await stored(recorded);
    const [, , third, expiry, paused] = recorded.events.map(({ state }) => state) as [
      SessionState,
      SessionState,
      SessionState,
      SessionState,
      SessionState,
    ];
    expect(await stateBySql(id, third)).to.deep.equal(third);
    for (const state of [expiry, paused, { ...paused, version: 9 }, { ...third, epoch: 1 }])
      expect(await stateBySql(id, state)).to.equal(null);
    // The server finds the state, since it can replay events by the rules; SQL cannot.
    expect(await newest(database, id)).to.deep.include({ state: paused });
    await sql('DELETE FROM sync_events WHERE session_id = $1 AND version = 2', id);
    expect(await stateBySql(id, third)).to.equal(null);
    await sql(`UPDATE sync_events SET changes = '{"form":2,"changes":{}}' WHERE session_id = $1 AND version = 3`, id);
    expect(await stateBySql(id, third)).to.equal(null);
  });

  describe('of which something was altered', () => {
    /** A session of 16 events without a snapshot between the first one and the end, if it ends. */
    const game = (ends: boolean) => {
      const recorded = record({ increment_ms: 500, undo_depth: 2 }).do({ type: 'start' });
      for (let turn = 0; turn < 10; turn++) recorded.do({ type: 'switch' });
      recorded.do({ type: 'adjust', delta_ms: 4_000, participant_id: 'black' }).do({ type: 'undo' }).do({ type: 'switch' });
      return ends ? recorded.do({ type: 'complete' }) : recorded;
    };
    const alter = (id: string, version: number, column: 'changes' | 'state_snapshot', from: string | RegExp, to: string) =>
      sql(
        `UPDATE sync_events SET ${column} = regexp_replace(${column}::text, $3, $4)::json WHERE session_id = $1 AND version = $2`,
        id,
        version,
        typeof from === 'string' ? from : from.source,
        to,
      );

    it('TR-14 verification names the one row whose changes were altered, whatever was altered in them', async () => {
      const alterations: [RegExp, string][] = [
        [/"total_time_ms":\d+/, '"total_time_ms":77'],
        [/"active_participant_id":"[a-z]+"/, '"active_participant_id":"black"'],
        [/"cycle_count":\d+/, '"cycle_count":50'],
        [/"participants":\[.*\]/, '"participants":[]'],
        [/"turned":\{[^}]*\}/, '"turned":{}'],
        [/"version":\d+/, '"version":1'],
        [/"changes":\{/, '"changes":{"metadata":{"by":"nobody"},'],
        [/"changes":\{/, '"changes":{"increment_ms":900,'],
        [/"left":\{.*?\]\]\}/, '"left":{}'],
        [/.*/, '{"form":1,"changes":{}}'],
        [/.*/, '{"form":1,"changes":{"participants":7}}'],
        [/.*/, '"nothing"'],
      ];
      for (const ends of [true, false]) {
        for (const [from, to] of alterations) {
          const id = await stored(game(ends));
          await alter(id, 6, 'changes', from, to);
          const names = await found(id);
          expect(names, `${from.source} ${ends} ${names.join()}`).to.have.length(1);
          expect(names[0], from.source).to.match(/^6 altered: has changes (to which the rules do not lead|that lead to no state)/);
        }
      }
    });

    it('TR-14 verification names a row whose changes were taken away, exchanged for those of another, or put beside a snapshot', async () => {
      const id = await stored(game(true));
      await sql('UPDATE sync_events SET changes = NULL WHERE session_id = $1 AND version = 6', id);
      expect(await found(id)).to.deep.equal(['6 altered: has neither a snapshot nor changes']);
      const other = await stored(game(true));
      await sql(
        `UPDATE sync_events SET changes = (SELECT changes FROM sync_events WHERE session_id = $1 AND version = 8) WHERE session_id = $1 AND version = 6`,
        other,
      );
      expect(await found(other)).to.deep.equal(['6 altered: has changes to which the rules do not lead']);
      const last = await stored(game(true));
      await sql(`UPDATE sync_events SET changes = '{"form":1,"changes":{}}' WHERE session_id = $1 AND version = 16`, last);
      expect(await found(last)).to.deep.equal(['16 altered: has changes beside its snapshot']);
    });

    it('TR-14 verification names an altered column of a row with changes, and several altered rows', async () => {
      const id = await stored(game(true));
      await sql('UPDATE sync_events SET time_elapsed_ms = 7 WHERE session_id = $1 AND version = 6', id);
      expect(await found(id)).to.deep.equal(['6 altered: has another time_elapsed_ms than the rules lead to']);
      const several = await stored(game(true));
      for (const version of [4, 9]) await alter(several, version, 'changes', /"cycle_count":\d+/, '"cycle_count":50');
      expect((await found(several)).map((line) => line.split(':')[0])).to.deep.equal(['4 altered', '9 altered']);
    });

    it('TR-15 verification names a snapshot from which changes follow that lead elsewhere, and none of the rows that depend on it', async () => {
      for (const [from, to] of [
        [/"increment_ms":500/, '"increment_ms":900'],
        [/"outage_policy":"charge"/, '"outage_policy":"credit"'],
        [/"metadata":\{/, '"metadata":{"by":"nobody"'],
      ] as const) {
        const first = await stored(game(true));
        await alter(first, 1, 'state_snapshot', from, to);
        // No later snapshot tells which of the two is right.
        const names = await found(first);
        expect(names, from.source).not.to.be.empty;
        for (const name of names) expect(name, from.source).to.match(/^\d+ altered: has .*, or an event before it was altered$/);
        const recorded = game(false);
        for (let turn = 0; turn < 190; turn++) recorded.do({ type: 'switch' });
        const longer = await stored(recorded);
        await alter(longer, 1, 'state_snapshot', from, to);
        expect(await found(longer), from.source).to.deep.equal(['1 altered: has a snapshot from which the rules do not lead on']);
        const later = game(false);
        for (let turn = 0; turn < 200; turn++) later.do({ type: 'switch' });
        const id = await stored(later);
        await alter(id, 100, 'state_snapshot', from, to);
        expect(await found(id), from.source).to.deep.equal(['100 altered: has a snapshot to which the rules do not lead']);
      }
    });
  });

  it('TR-16 retention deletes a session that is recorded by changes as a whole, or keeps all snapshots that its changes need', async () => {
    const [ended, running] = [record().do({ type: 'start' }).do({ type: 'switch' }), record().do({ type: 'start' }).do({ type: 'switch' })];
    ended.do({ type: 'cancel' });
    for (const one of [ended, running]) await arrive(one.queued);
    expect(await deleteFinished(database, new Date(Date.parse(ended.state.updated_at) + 1), 50)).to.be.above(0);
    expect(await sql('SELECT version FROM sync_events WHERE session_id = $1', ended.state.session_id)).to.deep.equal([]);
    expect(await found(running.state.session_id)).to.deep.equal([]);
    // Events that arrive behind an ended one are whole, so none needs what retention has taken.
    await arrive(ended.do({ type: 'delete' }).queued.slice(-1));
    expect(await newest(database, ended.state.session_id)).to.deep.include({ state: ended.state });
  });
});
