import { expect } from 'chai';
import type { CreatePayload, HistoryEvent, ItemInput, Reply, SessionState, SwitchData } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { silent } from '../audit/kit.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { withState } from '../kit/updates.ts';

const MINUTE = 60_000;
const AGENDA: ItemInput[] = [
  { item_id: 'welcome', title: 'Welcome', time_ms: 5 * MINUTE },
  { item_id: 'budget', title: 'Budget', time_ms: 20 * MINUTE, participant_id: 'ann' },
  { item_id: 'break', title: 'Break', time_ms: 10 * MINUTE },
];

describe('programmes over the wire', () => {
  let cluster: Cluster;
  let database: string;
  let chair: TestClient;
  let screen: TestClient;
  let second: { url: string };
  before(async () => {
    database = await freshDatabase();
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: database });
    chair = await cluster.client(await cluster.instance());
    second = await cluster.instance();
    screen = await cluster.client(second);
  });
  after(() => cluster.close());

  const started = async (change: Partial<CreatePayload> = {}): Promise<string> => {
    const participants = [{ participant_id: 'ann' }, { participant_id: 'ben' }];
    const { session_id } = await chair.ok('session:create', { sync_mode: 'per_cycle', participants, items: AGENDA, ...change });
    await screen.ok('session:join', { session_id });
    await chair.ok('session:start', { session_id });
    return session_id;
  };
  const post = async <Data>(session_id: string, verb: string, body: object): Promise<Reply<Data>> =>
    (await rest(second, 'POST', `/v1/sessions/${session_id}/${verb}`, body)).reply<Data>();
  const shown = async (session_id: string, version: number): Promise<SessionState> =>
    withState(await screen.next('session:update', (one) => one.session_id === session_id && one.version === version)).state;
  const marks = ({ items = [] }: SessionState) => items.map(({ status }) => status).join(' ');
  const history = async (session_id: string, version: number): Promise<HistoryEvent[]> =>
    until('the trail', async () => {
      const { events } = await chair.ok('session:history', { session_id });
      return events.at(-1)?.version === version && events;
    });
  const findings = async (session_id: string) => {
    const prisma = openDatabase(database, silent, { connections: 1, statementMs: 5000 });
    try {
      const result = await verify(prisma, session_id);
      return result === 'unknown' ? result : result.findings;
    } finally {
      await closeDatabase(prisma, silent);
    }
  };

  it('PG-13 a programme is gone through over a socket and over REST of two instances to its end, and the room sees each item', async () => {
    const session_id = await started();
    const first = await chair.ok('session:switch', { session_id, cycle_count: 0 });
    expect(first).to.include({ status: 'running', active_participant_id: 'ann', cycle_count: 1, item_index: 1, round: 1 });
    expect(marks(await shown(session_id, 3))).to.equal('done running waiting');
    const back = await post<SwitchData>(session_id, 'switch', { next_item_id: 'welcome' });
    expect(back.ok && back.data).to.include({ active_participant_id: null, item_index: 0, cycle_count: 2 });
    expect(marks(await shown(session_id, 4))).to.equal('running waiting waiting');
    await post(session_id, 'switch', { next_item_id: 'break' });
    const last = await chair.ok('session:switch', { session_id });
    expect(last).to.include({ status: 'completed', item_index: 2, cycle_started_at: null });
    expect(await shown(session_id, 6)).to.include({ status: 'completed', deadline_at: null });
    expect((await history(session_id, 6)).map(({ event_type }) => event_type).slice(2)).to.deep.equal(Array(4).fill('cycle_switched'));
    expect(await findings(session_id)).to.deep.equal([]);
  });

  it('PG-14 a switch that names another cycle_count is a CONFLICT with the state, and one that names the present one loses no race', async () => {
    const session_id = await started();
    const late = await chair.refused('CONFLICT', 'session:switch', { session_id, cycle_count: 1 });
    expect(late).to.have.nested.property('details.state.cycle_count', 0);
    // A second press of the same button.
    const presses = await Promise.all([chair, screen].map((one) => one.command('session:switch', { session_id, cycle_count: 0 })));
    expect(presses.map((reply) => (reply.ok ? 'ok' : reply.error.code)).toSorted()).to.deep.equal(['CONFLICT', 'ok']);
    const edits = Array.from({ length: 5 }, (_, n) => screen.ok('session:edit', { session_id, metadata: { n } }));
    const [passed] = await Promise.all([chair.command('session:switch', { session_id, cycle_count: 1 }), ...edits]);
    expect(passed.ok).to.equal(true);
    expect(await chair.ok('session:get', { session_id })).to.include({ cycle_count: 2, version: 9 });
  });

  it('PG-14 a switch for an item that has run out meanwhile skips no other one', async () => {
    const session_id = await started({
      items: [{ time_ms: 1_000 }, { time_ms: MINUTE }, {}],
      time_per_cycle_ms: MINUTE,
      auto_advance: true,
    });
    await screen.next('session:expired', (one) => one.session_id === session_id);
    await chair.refused('CONFLICT', 'session:switch', { session_id, cycle_count: 0 });
    expect(await chair.ok('session:get', { session_id })).to.include({ item_index: 1, cycle_count: 1 });
  });

  it('PG-15 an edit of more than 16 KiB passes over a socket and over REST, and tells the room', async () => {
    const session_id = await started();
    const rest500 = Array.from({ length: 490 }, (_, n): ItemInput => ({ title: `Item ${n}`.padEnd(100, '.'), time_ms: MINUTE }));
    const state = await chair.ok('session:edit', { session_id, items: [{ item_id: 'welcome' }, ...rest500], metadata: { room: 'B2' } });
    expect(state.items).to.have.length(491);
    expect(await shown(session_id, 3)).to.deep.equal(state);
    const shorter = await post<SessionState>(session_id, 'edit', {
      items: [{ item_id: 'welcome', title: null }, ...rest500.slice(0, 400)],
    });
    expect(shorter.ok && shorter.data.items).to.have.length(401);
    expect(shorter.ok && shorter.data.metadata).to.deep.equal({ room: 'B2' });
    const events = await history(session_id, 4);
    expect(events.at(-1)).to.include({ event_type: 'session_edited', participant_id: null });
    expect(await findings(session_id)).to.deep.equal([]);
  });

  it('PG-15 an edit of more than a megabyte is PAYLOAD_TOO_LARGE, and one of nothing a VALIDATION_ERROR', async () => {
    const session_id = await started();
    await chair.refused('PAYLOAD_TOO_LARGE', 'session:edit', { session_id, metadata: { text: 'x'.repeat(1024 * 1024) } });
    const { message } = await chair.refused('VALIDATION_ERROR', 'session:edit', { session_id });
    expect(message).to.include('items');
    await chair.refused('VALIDATION_ERROR', 'session:edit', { session_id, items: [] });
  });

  it('PG-16 each item is warned of anew, and those that run out follow each other without anybody', async () => {
    const session_id = await started({
      items: [{ time_ms: 1_000 }, { time_ms: 1_200 }],
      participants: [],
      auto_advance: true,
      warning_thresholds_ms: [400],
    });
    const deadlines: string[] = [];
    for (let item = 0; item < 2; item += 1) {
      deadlines.push((await screen.next('session:warning', (one) => one.session_id === session_id)).deadline_at);
      await screen.next('session:expired', (one) => one.session_id === session_id);
    }
    expect(Date.parse(deadlines[1] ?? '') - Date.parse(deadlines[0] ?? '')).to.equal(1_200);
    expect(await chair.ok('session:get', { session_id })).to.include({ status: 'expired', item_index: 1, version: 4 });
    await history(session_id, 4);
    expect(await findings(session_id)).to.deep.equal([]);
  });

  it('PG-17 a socket that asks for changes gets whole states of a large session with a programme', async () => {
    const participants = Array.from({ length: 12 }, (_, n) => ({ participant_id: n === 0 ? 'ann' : `p${n}` }));
    const { session_id } = await chair.ok('session:create', { sync_mode: 'per_cycle', participants, items: AGENDA });
    await screen.ok('session:join', { session_id, deltas: true });
    await chair.ok('session:start', { session_id });
    expect(marks(await shown(session_id, 2))).to.equal('running waiting waiting');
    const brief = await chair.ok('session:switch', { session_id, deltas: true });
    expect(brief).to.include({ item_index: 1, cycle_count: 1 });
  });

  it('PG-23 the questions of a concurrent programme, of different length, are answered by everybody at once', async () => {
    const items = [{ time_ms: 20_000, auto_advance: true }, { time_ms: 60_000 }];
    const session_id = await started({ concurrent: true, items });
    for (const participant_id of ['ann', 'ben'])
      await screen.ok('session:finish', { session_id, participant_id, cycle_count: 0, answer: 'b' });
    const state = await shown(session_id, 4);
    expect(state).to.include({ item_index: 1, cycle_count: 1, status: 'running' });
    expect(state.participants.map((one) => one.given_ms)).to.deep.equal([60_000, 60_000]);
    expect(await chair.ok('session:switch', { session_id, cycle_count: 1 })).to.include({ status: 'completed', item_index: 1 });
    await history(session_id, 5);
    expect(await findings(session_id)).to.deep.equal([]);
  });

  it('PG-18 a programme that Redis lost goes on with the item that ran', async () => {
    const session_id = await started();
    await chair.ok('session:switch', { session_id });
    await history(session_id, 3);
    await cluster.redis().flushall();
    const state = await chair.ok('session:switch', { session_id });
    expect(state).to.include({ status: 'running', item_index: 2, cycle_count: 2 });
    await history(session_id, 5);
    expect(await findings(session_id)).to.deep.equal([]);
  });
});
