import { expect } from 'chai';
import type { CreatePayload, TimeControl } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import type { QueuedEvent } from '../../server/audit/rows.ts';
import { EventStore } from '../../server/audit/store.ts';
import { recover, resume, ROLLED_BACK } from '../../server/domain/recover.ts';
import { verify } from '../../server/audit/verify.ts';
import { auction, chess } from '../kit/games.ts';
import { freshDatabase } from '../kit/services.ts';
import { BEGIN, query, silent } from './kit.ts';
import { RecordedSession } from './recorded-session.ts';

describe('verification of the trail', () => {
  let url: string;
  let database: PrismaClient;
  before(async () => {
    url = await freshDatabase();
    database = openDatabase(url, silent, { connections: 2, statementMs: 5000 });
  });
  after(() => closeDatabase(database, silent));

  const arrive = async (events: QueuedEvent[]) => {
    expect(await new EventStore(database, silent).write(events, new AbortController().signal)).to.deep.equal([]);
  };
  /** "version kind: what" of everything found, and how many rows were walked over. */
  const verified = async (id: string) => {
    const result = await verify(database, id);
    if (result === 'unknown') return 'unknown';
    return { rows: result.rows, found: result.findings.map(({ version, kind, what }) => `${version} ${kind}: ${what}`) };
  };
  const found = async (id: string) => {
    const result = await verified(id);
    return result === 'unknown' ? result : result.found;
  };
  const sql = (text: string, ...values: unknown[]) => query(url, text, values);

  /** A game of twelve events with everything in it. */
  function game(change: Partial<CreatePayload> = {}): RecordedSession {
    const recordedSession = new RecordedSession(chess({ increment_ms: 500, outage_policy: 'credit', ...change }));
    recordedSession.do({ type: 'start' }).do({ type: 'switch' }, { command_id: 'c3' }).do({ type: 'switch', next_participant_id: 'black' });
    recordedSession.do({ type: 'pause' }).do({ type: 'adjust', delta_ms: 5000, participant_id: 'black' }, { reason: 'noise' });
    return recordedSession.do({ type: 'resume' }).outage().do({ type: 'switch' }).recover().do({ type: 'switch' }).do({ type: 'complete' });
  }
  const stored = async (recordedSession = game()) => {
    await arrive(recordedSession.queued);
    return recordedSession.state.session_id;
  };

  it('A-10 verification finds nothing in what was committed, in every mode', async () => {
    expect(await verified(await stored())).to.deep.equal({ rows: 12, found: [] });
    const participants = [{ participant_id: 'a' }, { participant_id: 'b' }];
    const banks = participants.map((one) => ({ ...one, total_time_ms: 5000, group_id: one.participant_id }));
    const controls: TimeControl[] = [
      { stages: [{ time_ms: 1_000, delay_ms: 500, increment_ms: 200, byoyomi: { period_ms: 300, periods: 2 } }], charge_unit_ms: 100 },
      {
        stages: [
          { time_ms: 1_000, at_zero: 'next' },
          { time_ms: 1_000, turns: 1 },
          { time_ms: 500, canadian: { block_ms: 900, turns: 2 } },
        ],
      },
      { stages: [{ time_ms: 2_000 }], hourglass: true },
    ];
    const modes: Partial<CreatePayload>[] = [
      { sync_mode: 'per_participant', participants: banks, auto_advance: true, action_on_timeout: { type: 'skip_cycle' } },
      { sync_mode: 'per_group', participants: banks, auto_advance: true },
      { sync_mode: 'per_cycle', participants, time_per_cycle_ms: 3000, auto_advance: true, outage_policy: 'pause' },
      { sync_mode: 'global', participants: [], total_time_ms: 60_000 },
      { sync_mode: 'count_up', participants, max_time_ms: 60_000 },
      { sync_mode: 'per_participant', participants: banks, overrun_ms: 4_000, increment_ms: 500, auto_advance: true },
      { sync_mode: 'per_cycle', participants, time_per_cycle_ms: 1_000, overrun_ms: 8_000, outage_policy: 'pause', auto_advance: true },
      ...controls.map((time_control) => ({ participants, time_control, auto_advance: true })),
    ];
    for (const mode of modes) {
      const recordedSession = new RecordedSession(chess({ outage_policy: 'credit', ...mode })).do({ type: 'start' }).do({ type: 'switch' });
      recordedSession.outage();
      if (recordedSession.state.status === 'paused') recordedSession.do({ type: 'resume' });
      recordedSession.expire();
      const result = await verified(await stored(recordedSession));
      expect(result, mode.sync_mode).to.deep.include({ found: [] });
    }
  });

  it('UN-13 verification finds nothing in a session in which turns were taken back, over pages, recoveries and new epochs, and names an undo that was altered', async () => {
    const play = () => {
      const recordedSession = new RecordedSession(chess({ increment_ms: 500, undo_depth: 20 })).do({ type: 'start' });
      for (let move = 0; move < 98; move++) recordedSession.do({ type: 'switch' });
      recordedSession.do({ type: 'undo', turns: 15 }).do({ type: 'pause' }).do({ type: 'undo', turns: 2, clock: 'charge' });
      return recordedSession.do({ type: 'resume' }).do({ type: 'switch' }).recover().do({ type: 'switch' }).do({ type: 'undo' });
    };
    expect(play().state).to.include({ version: 108, undo_available: 0 });
    expect(await verified(await stored(play()))).to.deep.equal({ rows: 108, found: [] });
    const altered = await stored(play());
    await sql(`UPDATE sync_events SET metadata = '{"turns":14,"clock":"restore"}' WHERE session_id = $1 AND version = 101`, altered);
    expect(((await found(altered)) as string[]).join()).to.match(/^101 altered/);
    const paidBack = await stored(play());
    await sql(
      `UPDATE sync_events SET state_snapshot = replace(state_snapshot::text, '"undo_available":5', '"undo_available":6')::json WHERE session_id = $1 AND version = 101`,
      paidBack,
    );
    expect(((await found(paidBack)) as string[]).join()).to.match(/^101 altered/);
    const lacking = await stored(play());
    await sql('DELETE FROM sync_events WHERE session_id = $1 AND version = 50', lacking);
    expect(await found(lacking)).to.deep.equal(['50 missing: there is no row']);
  });

  it('LT-19 verification finds nothing in a session that was extended, and names an extension that was altered', async () => {
    const play = () => {
      const lots = chess(auction({ time_per_cycle_ms: 10_000, undo_depth: 2 }));
      const recordedSession = new RecordedSession(lots).do({ type: 'start' }).do({ type: 'extend', participant_id: 'white', reason: '90' });
      recordedSession.do({ type: 'extend' }).do({ type: 'switch' }).do({ type: 'extend' }).do({ type: 'undo' });
      return recordedSession.recover().do({ type: 'extend' }).expire();
    };
    expect(await verified(await stored(play()))).to.deep.equal({ rows: 10, found: [] });
    const altered = await stored(play());
    await sql(
      `UPDATE sync_events SET state_snapshot = replace(state_snapshot::text, '"extension_count":1', '"extension_count":0')::json WHERE session_id = $1 AND version = 3`,
      altered,
    );
    expect(((await found(altered)) as string[]).join()).to.match(/^3 altered/);
  });

  it('ST-7 verification finds nothing in a session that started by itself, and names a start at another instant than planned', async () => {
    const starts_at = new Date(BEGIN + 60_000).toISOString();
    const play = () => {
      const recordedSession = new RecordedSession(chess({ starts_at })).do({ type: 'schedule' }).do({ type: 'schedule', starts_at });
      return recordedSession.recover().startByItself().do({ type: 'switch' });
    };
    expect(await verified(await stored(play()))).to.deep.equal({ rows: 6, found: [] });
    const moved = await stored(play());
    await sql(`UPDATE sync_events SET metadata = '{"starts_at":null}' WHERE session_id = $1 AND version = 3`, moved);
    expect(((await found(moved)) as string[]).join()).to.match(/^3 altered/);
    const late = await stored(play());
    await sql(`UPDATE sync_events SET "timestamp" = "timestamp" + interval '1 millisecond' WHERE session_id = $1 AND version = 5`, late);
    expect(((await found(late)) as string[]).join()).to.match(/^5 altered/);
  });

  it('LT-25 verification finds nothing in a session with names, an outcome and a last cycle, and names an outcome that was altered', async () => {
    const participants = ['red', 'blue'].map((id) => ({ participant_id: id, group_id: id, total_time_ms: 60_000, name: id.toUpperCase() }));
    const teams = chess({ sync_mode: 'per_group', participants, increment_ms: 500, max_cycles: 2 });
    const renamed = [{ participant_id: 'red', name: 'Rot', metadata: { flag: null, city: 'Kiel' } }];
    const played = new RecordedSession(teams).do({ type: 'start' }).do({ type: 'switch' }).do({ type: 'edit', participants: renamed });
    played.do({ type: 'switch' });
    expect(played.state).to.include({ status: 'completed', cycle_count: 2 });
    expect(await verified(await stored(played))).to.deep.equal({ rows: 5, found: [] });
    const play = () => new RecordedSession(chess()).do({ type: 'start' }).do({ type: 'complete', outcome: { winner: 'white' } });
    expect(await verified(await stored(play()))).to.deep.equal({ rows: 3, found: [] });
    const altered = await stored(play());
    const swap = `UPDATE sync_events SET state_snapshot = replace(state_snapshot::text, '"winner":"white"', '"winner":"black"')::json`;
    await sql(`${swap} WHERE session_id = $1 AND version = 3`, altered);
    expect(((await found(altered)) as string[]).join()).to.match(/^3 altered/);
  });

  it('A-10 verification follows a session over losses of Redis, over more rows than fit in a page, and into its next incarnation', async () => {
    const recordedSession = new RecordedSession(chess()).do({ type: 'start' });
    for (let move = 0; move < 300; move++) recordedSession.do({ type: 'switch' });
    recordedSession.recover(250).do({ type: 'switch' }).recover(100).do({ type: 'switch' }).do({ type: 'delete' });
    const id = await stored(recordedSession);
    expect(await verified(id)).to.deep.equal({ rows: 307, found: [] });
    await arrive(new RecordedSession(chess({ session_id: id }), recordedSession.state.epoch + 1).do({ type: 'start' }).queued);
    expect(await verified(id)).to.deep.equal({ rows: 2, found: [] });
    expect(await verified('nobody')).to.equal('unknown');
  });

  it('A-10 verification follows a session that left Redis by age, and one that Redis took back to an earlier version', async () => {
    const recordedSession = game().recover(7, resume).do({ type: 'pause' }).recover(undefined, resume);
    recordedSession.recover(undefined, (state, now) => recover(state, now, ROLLED_BACK)).do({ type: 'complete' });
    expect(await verified(await stored(recordedSession))).to.deep.equal({ rows: 17, found: [] });
  });

  it('A-10 verification reports a warning that was removed from a recovery, and one that was added to a resumption', async () => {
    for (const bringBack of [recover, resume]) {
      const recordedSession = new RecordedSession(chess()).recover(1, bringBack).do({ type: 'start' });
      const id = await stored(recordedSession);
      const other = bringBack === recover ? '{"resumed":true}' : '{}';
      await sql(`UPDATE sync_events SET metadata = $2::json WHERE session_id = $1 AND version = 2`, id, other);
      expect(await found(id)).to.have.length(1);
    }
  });

  it('A-11 verification reports an altered column, whichever it is', async () => {
    const changes = {
      time_elapsed_ms: '1',
      time_remaining_ms: '1',
      participant_id: "'black'",
      group_id: "'x'",
      event_type: "'session_paused'",
      timestamp: "timestamp + interval '1 s'",
      metadata: `'{"command_id":"forged"}'`,
      previous_hash: "'forged'",
    };
    for (const [column, value] of Object.entries(changes)) {
      const id = await stored();
      await sql(`UPDATE sync_events SET "${column}" = ${value} WHERE session_id = $1 AND version = 3`, id);
      const names = await found(id);
      expect(names, column).to.have.length(1);
      expect(names[0], column).to.match(/^3 altered: /);
    }
  });

  it('A-12 verification reports an altered snapshot, whether the first one, one in the middle or the last one', async () => {
    for (const version of [1, 2, 6, 12]) {
      const id = await stored();
      await sql(
        `UPDATE sync_events SET state_snapshot = replace(state_snapshot::text, '"increment_ms":500', '"increment_ms":900')::json
         WHERE session_id = $1 AND version = $2`,
        id,
        version,
      );
      const names = await found(id);
      expect(names, `${version}`).to.have.length(1);
      expect(names[0]).to.match(new RegExp(`^${version} altered: has a snapshot`));
    }
    const id = await stored();
    await sql(`UPDATE sync_events SET state_snapshot = '"nonsense"' WHERE session_id = $1 AND version = 4`, id);
    expect(await found(id)).to.deep.equal(['4 altered: has the snapshot of another event']);
  });

  describe('where the row after it has no snapshot', () => {
    const banks = ['a', 'b', 'c'].map((participant_id) => ({ participant_id, total_time_ms: 1000 }));
    /** A start and two expiries without a snapshot; as the case may be, something with one afterwards. */
    const expiries = (goesOn: boolean) => {
      const recordedSession = new RecordedSession(chess({ participants: banks, auto_advance: true })).do({ type: 'start' });
      recordedSession.expire().briefly().expire().briefly();
      return goesOn ? recordedSession.do({ type: 'pause' }).do({ type: 'resume' }) : recordedSession;
    };
    const alter = (id: string, version: number, from: string, to: string) =>
      sql(
        `UPDATE sync_events SET state_snapshot = replace(state_snapshot::text, $3, $4)::json WHERE session_id = $1 AND version = $2`,
        id,
        version,
        from,
        to,
      );
    /** What the snapshots of both versions have, and something else. */
    const changes = [
      ['"increment_ms":0', '"increment_ms":900'],
      ['"total_time_ms":1000', '"total_time_ms":1007'],
      ['"time_used_ms":0', '"time_used_ms":7'],
      ['"cycle_count":0', '"cycle_count":5'],
      ['"metadata":{', '"metadata":{"by":"nobody"'],
    ] as const;

    it('A-12 verification reports an altered snapshot of the first or the second row, whichever it is', async () => {
      for (const [from, to] of changes) {
        for (const version of [1, 2]) {
          const id = await stored(expiries(true));
          await alter(id, version, from, to);
          const names = await found(id);
          expect(names, `${version} ${to}`).to.have.length(1);
          expect(names[0], to).to.match(new RegExp(`^${version} altered: has a snapshot`));
        }
      }
    });

    it('A-17 verification says so if nothing that follows tells which of two rows is altered', async () => {
      const told = '2 altered: has a snapshot to which the rules do not lead, or the event before it was altered';
      for (const [from, to] of [changes[0], changes[3]]) {
        for (const version of [1, 2]) {
          const id = await stored(expiries(false));
          await alter(id, version, from, to);
          expect(await found(id), `${version} ${to}`).to.deep.equal([told]);
        }
      }
    });
  });

  it('A-13 verification reports missing rows: the first, some in the middle, the last, the row of the session', async () => {
    const missing = async (where: string, table = 'sync_events') => {
      const id = await stored();
      await sql(`DELETE FROM ${table} WHERE session_id = $1 AND ${where}`, id);
      return found(id);
    };
    expect(await missing('version = 1')).to.deep.equal(['1 missing: there is no row']);
    expect(await missing('version = 4')).to.deep.equal(['4 missing: there is no row']);
    expect(await missing('version BETWEEN 4 AND 7')).to.deep.equal(['4 missing: there is no row, nor up to version 7']);
    expect(await missing('version = 12')).to.deep.equal(["12 missing: is gone, though the session's row knows it"]);
    expect(await missing('true', 'sync_sessions')).to.deep.equal(['12 missing: sync_sessions has no row of the session']);
    expect(await missing('version > 2')).to.include("12 missing: is gone, though the session's row knows it");
  });

  it('A-14 verification reports an inserted row: after the last one, in a newer epoch, in between', async () => {
    const insert = async (id: string, version: number, epoch: string, as: string) =>
      sql(
        `INSERT INTO sync_events SELECT session_id, ${epoch}, ${as}, event_type, "timestamp", participant_id, group_id, time_elapsed_ms, time_remaining_ms,
         replace(state_snapshot::text, '"version":' || version, '"version":' || ${as})::json, metadata, previous_hash
         FROM sync_events WHERE session_id = $1 AND version = $2`,
        id,
        version,
      );
    const behind = await stored();
    await insert(behind, 12, 'epoch', '13');
    expect(await found(behind)).to.deep.equal(["13 inserted: is newer than anything the session's row knows"]);
    const newer = await stored();
    await insert(newer, 5, 'epoch + 99999999', '5');
    expect(await found(newer)).to.deep.equal(["5 inserted: is newer than anything the session's row knows"]);
    const between = await stored();
    await insert(between, 5, 'epoch + 1', '5');
    expect(await found(between)).to.deep.equal(['5 inserted: no event follows it, though the session went on']);
  });

  it('A-15 verification reports rows that were exchanged', async () => {
    const id = await stored();
    const swap = (from: number, to: number) =>
      sql('UPDATE sync_events SET version = $3 WHERE session_id = $1 AND version = $2', id, from, to);
    await swap(3, 99);
    await swap(4, 3);
    await swap(99, 4);
    expect(await found(id)).to.deep.equal(['3 altered: has the snapshot of another event', '4 altered: has the snapshot of another event']);
  });

  it('A-16 verification reports a row of the session that differs from its newest event', async () => {
    const id = await stored();
    await sql(`UPDATE sync_sessions SET status = 'cancelled' WHERE session_id = $1`, id);
    expect(await found(id)).to.deep.equal(['12 altered: sync_sessions.status is "cancelled", by the newest event "completed"']);
    await sql(`UPDATE sync_sessions SET status = 'completed', version = 11 WHERE session_id = $1`, id);
    expect(await found(id)).to.include("12 inserted: is newer than anything the session's row knows");
  });

  it('A-17 verification reports each of several wrong rows', async () => {
    const id = await stored();
    await sql(`UPDATE sync_events SET metadata = '{"reason":"quiet"}' WHERE session_id = $1 AND version IN (3, 9)`, id);
    await sql(`DELETE FROM sync_events WHERE session_id = $1 AND version = 7`, id);
    expect(((await found(id)) as string[]).map((line) => line.split(':')[0])).to.deep.equal(['3 altered', '7 missing', '9 altered']);
  });

  it('A-17 verification says so if one of two rows is altered and nothing tells which', async () => {
    const id = await stored();
    await sql(`UPDATE sync_events SET metadata = '{"reason":"quiet"}' WHERE session_id = $1 AND version = 11`, id);
    expect(await found(id)).to.deep.equal(['12 altered: names another event before it, or that one was altered']);
  });
});
