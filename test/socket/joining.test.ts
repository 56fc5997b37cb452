import { expect } from 'chai';
import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { applyChanges } from '#clock';
import type { ChangesEvent, ParticipantEdit, SessionState, UpdateEvent } from '#contract';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

const people = (from: number, to: number): ParticipantEdit[] =>
  Array.from({ length: to - from }, (_, n) => ({ participant_id: `p${from + n}`, total_time_ms: 600_000 }));
const LATE = { participant_id: 'late', total_time_ms: 60_000 };

describe('participants who join and withdraw, over two instances', () => {
  let cluster: Cluster;
  let a: { url: string };
  let b: { url: string };
  let host: TestClient;
  let other: TestClient;
  before(async () => {
    cluster = await openCluster({ DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' });
    [a, b] = [await cluster.instance(), await cluster.instance()];
    [host, other] = [await cluster.client(a), await cluster.client(b)];
  });
  after(() => cluster.close());

  /** What a socket of the second instance knows of a session, by what it is told. */
  async function watch(session_id: string, deltas: boolean | 2) {
    const client = await cluster.client(b);
    const heard: (UpdateEvent | ChangesEvent)[] = [];
    client.socket.on('session:update', (event: UpdateEvent | ChangesEvent) => heard.push(event));
    const { state } = await client.ok('session:join', { session_id, deltas });
    const at = async (version: number): Promise<SessionState> => {
      await until(`version ${version}`, async () => heard.at(-1)?.version === version);
      return heard.reduce((known, event) => ('state' in event ? event.state : applyChanges(known, event.changes)), state);
    };
    return { heard, at };
  }

  it('JN-30 an edit lets participants join and withdraw over the socket, over REST and by the client, and the room is told', async () => {
    const { session_id } = await host.ok('session:create', chess());
    const room = await watch(session_id, false);
    const joined = await host.ok('session:edit', { session_id, participants: [LATE] });
    expect(joined.participants[2]).to.include({ participant_id: 'late', participant_index: 2, total_time_ms: 60_000 });
    const answer = await rest({ url: b.url }, 'POST', `/v1/sessions/${session_id}/edit`, {
      participants: [{ ...LATE, participant_id: 'x' }],
    });
    expect(answer.status).to.equal(200);
    const sdk = new SyncKairosClient(a.url);
    const state = await sdk.edit(session_id, { participants: [{ participant_id: 'x', withdrawn: true }] });
    sdk.disconnect();
    expect(state.participants[3]).to.deep.include({ participant_id: 'x', withdrawn: true });
    expect(await room.at(4)).to.deep.equal(state);
    const refused = await host.raw('session:edit', { session_id, participants: [{ participant_id: 'y', total_time_ms: 5 }] });
    expect(refused).to.have.nested.property('error.details[0].field', 'participants.0.total_time_ms');
    await host.ok('session:start', { session_id });
    const said = await other.raw('session:switch', { session_id, next_participant_id: 'x' });
    expect(said).to.have.nested.property('error.message', 'Cannot switch: x has withdrawn');
    expect(said).to.have.nested.property('error.details.withdrawn', true);
  });

  for (const concurrent of [false, true]) {
    const kind = concurrent ? 'a concurrent session' : 'a session whose clocks run in turn';
    it(`JN-31 whoever asks for changes and whoever asks for states know ${kind} as it grows from 2 to 130 participants`, async () => {
      const { session_id } = await host.ok('session:create', chess({ concurrent, participants: people(0, 2) }));
      const rooms = await Promise.all(([false, true, 2] as const).map(async (deltas) => watch(session_id, deltas)));
      await host.ok('session:start', { session_id });
      for (const [n, [from, to]] of (
        [
          [2, 9],
          [9, 10],
          [10, 63],
          [63, 65],
          [65, 97],
          [97, 130],
        ] as const
      ).entries()) {
        await [host, other][n % 2]?.ok('session:edit', { session_id, participants: people(from, to) });
        await [other, host][n % 2]?.ok(concurrent ? 'session:start' : 'session:switch', { session_id });
      }
      await other.ok('session:edit', {
        session_id,
        participants: [
          { participant_id: 'p100', withdrawn: true },
          { participant_id: 'p3', name: 'Cem' },
        ],
      });
      const back = await host.ok('session:edit', {
        session_id,
        participants: [
          { participant_id: 'p100', withdrawn: false },
          { participant_id: 'p4', withdrawn: true },
        ],
      });
      expect(back.participants).to.have.lengthOf(130);
      expect(back.participants[100]).not.to.have.property('withdrawn');
      for (const room of rooms) expect(await room.at(back.version)).to.deep.equal(back);
      expect(await other.ok('session:get', { session_id })).to.deep.equal(back);
      const [, , third] = rooms;
      if (concurrent)
        expect(third?.heard.filter((event) => 'changes' in event && event.event_type === 'session_edited')).not.to.deep.equal([]);
      // What the trail has of it, by states and by changes.
      const page = async (snapshots: 'all' | 'changes') => host.ok('session:history', { session_id, limit: 1_000, snapshots });
      await until('the trail', async () => (await page('all')).events.at(-1)?.version === back.version);
      const whole = await page('all');
      expect(whole.events.at(-1)?.state_snapshot.participants.map((one) => one.participant_id)).to.deep.equal(
        back.participants.map((one) => one.participant_id),
      );
      const told = (await page('changes')).events as { changes?: { participants?: { participant_id: string }[] } }[];
      expect(told.flatMap(({ changes }) => changes?.participants ?? []).some((one) => one.participant_id === 'p129')).to.equal(true);
    });
  }

  it('JN-32 of joins that two instances send at once none is lost, and everybody has a place of their own', async () => {
    const { session_id } = await host.ok('session:create', chess({ participants: people(0, 1) }));
    await host.ok('session:start', { session_id });
    await Promise.all(people(1, 41).map(async (one, n) => [host, other][n % 2]?.ok('session:edit', { session_id, participants: [one] })));
    const { participants, version } = await host.ok('session:get', { session_id });
    expect(version).to.equal(42);
    expect(new Set(participants.map((one) => one.participant_id)).size).to.equal(41);
    expect(participants.map((one) => one.participant_index)).to.deep.equal(Array.from({ length: 41 }, (_, n) => n));
  });

  it('JN-33 a join that cuts somebody’s time off is answered with a notice of them', async () => {
    const closes_at = new Date(Date.now() + 1_800_000).toISOString();
    const { session_id } = await host.ok('session:create', chess({ concurrent: true, closes_at, participants: people(0, 1) }));
    const long = { participant_id: 'long', total_time_ms: 3_600_000 };
    const reply = await host.raw('session:edit', { session_id, participants: [long] });
    expect(reply).to.have.nested.property('notices[0].participant_id', 'long');
    expect(reply).to.have.nested.property('notices.length', 1);
    expect(await host.raw('session:edit', { session_id, participants: [{ participant_id: 'p0', name: 'Ann' }] })).not.to.have.property(
      'notices',
    );
  });
});
