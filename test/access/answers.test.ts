import { expect } from 'chai';
import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import type { BriefHistoryEvent, CommandName, CreatePayload, JsonObject, Reply, SessionState } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { decide } from '../../server/domain/decide.ts';
import { createSessionStore } from '../../server/store/session-store.ts';
import { silent } from '../audit/kit.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { proposal } from '../store/store-fixture.ts';
import { JWT, sign } from './kit.ts';

/** What no reader may find in what they get, wherever it stands. */
const SECRET = 'secret-of-';
const secretsIn = (texts: readonly string[]) =>
  [...new Set(texts.flatMap((text) => text.match(/secret-of-p\d+/g) ?? []))].map((text) => text.slice(SECRET.length)).toSorted();

/** A socket with all that it received: what was pushed to it, and what answered its commands. */
interface Ears {
  client: TestClient;
  pushed: string[];
  answered: string[];
}

const quiz = (count: number, change: Partial<CreatePayload> = {}) =>
  chess({
    sync_mode: 'per_cycle',
    concurrent: true,
    answers: 'hidden',
    time_per_cycle_ms: 3_600_000,
    undo_depth: 0,
    participants: Array.from({ length: count }, (_, n) => ({ participant_id: `p${n}` })),
    ...change,
  });

describe('hidden answers over every way out of the server', () => {
  let cluster: Cluster;
  let url: string;
  let [a, b] = [{ url: '' }, { url: '' }];
  let tokens: Record<'owner' | 'controller' | 'p1' | 'viewer', string>;
  before(async () => {
    url = await freshDatabase();
    cluster = await openCluster({ ...JWT, DATABASE_URL: url, AUDIT_WORKER: 'inline' });
    [a, b] = [await cluster.instance(), await cluster.instance()];
    const as = (role: string, more = {}) => sign({ sessions: { '*': role }, ...more });
    const participant = as('participant', { participant_id: 'p1' });
    tokens = { owner: await as('owner'), controller: await as('controller'), p1: await participant, viewer: await as('viewer') };
  });
  after(() => cluster.close());

  const listen = async (at: { url: string }, token?: string): Promise<Ears> => {
    const client = await cluster.client(at, token === undefined ? {} : { auth: { token } });
    const ears: Ears = { client, pushed: [], answered: [] };
    client.socket.io.engine.on('packet', ({ data }: { data?: unknown }) => {
      if (typeof data === 'string') (data.startsWith('3') ? ears.answered : ears.pushed).push(data);
    });
    return ears;
  };

  /** All that a reader can ask for or provoke, over both transports. Returns the texts that they got. */
  const askAll = async (session_id: string, token: string | undefined, who: string): Promise<string[]> => {
    const { client, answered } = await listen(b, token);
    const said: [CommandName, object][] = [
      ['session:get', {}],
      ['session:get', { expected_version: 1 }],
      ['session:join', { last_known_version: 1 }],
      ['session:switch', { cycle_count: 9 }],
      ['session:switch', { cycle_count: 9, deltas: true }],
      ['session:finish', { participant_id: 'p1', cycle_count: 9 }],
      ['session:finish', { participant_id: 'p1', expected_version: 1 }],
      ['session:pause', { command_id: `pause-${who}` }],
      ['session:resume', {}],
      ['session:pause', { command_id: `pause-${who}` }],
      ['session:edit', { metadata: { who } }],
      ['session:adjust', { delta_ms: 1 }],
      ['session:message', { message: 'hello', expected_version: 1 }],
      ['session:complete', { expected_version: 1 }],
      ['session:delete', { expected_version: 1 }],
      ['session:links', { expected_version: 1 }],
      ...['all', 'changes', 'none'].map((snapshots): [CommandName, object] => ['session:history', { snapshots }]),
    ];
    for (const [name, payload] of said) await client.raw(name, { session_id, ...payload });
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    const path = `/v1/sessions/${session_id}`;
    for (const tail of ['', '?expected_version=1', '/events', '/events?snapshots=changes', '/events?snapshots=none']) {
      answered.push((await rest(a, 'GET', path + tail, undefined, headers)).text);
    }
    answered.push((await rest(a, 'GET', `${path}/events`, undefined, { ...headers, accept: 'application/x-ndjson' })).text);
    answered.push((await rest(a, 'POST', `${path}/switch`, { cycle_count: 9 }, headers)).text);
    client.close();
    return answered;
  };

  const historyOf = async (client: TestClient, session_id: string, snapshots: 'all' | 'changes' = 'all') => {
    const events: BriefHistoryEvent[] = [];
    for (let after_version = 0; ;) {
      const page = await client.ok('session:history', { session_id, snapshots, after_version });
      events.push(...page.events);
      if (page.next_after_version === after_version) return events;
      after_version = page.next_after_version;
    }
  };

  for (const count of [3, 12, 60]) {
    it(`CC-76 of ${count} participants, each reader gets the answers of the running cycle that they may see, and pushes have none`, async () => {
      const owner = await listen(a, tokens.owner);
      const { session_id } = await owner.client.ok('session:create', quiz(count));
      const join = async (token: string, at: { url: string }, deltas: boolean | 2) => {
        const ears = await listen(at, token);
        await ears.client.ok('session:join', { session_id, deltas });
        return ears;
      };
      const { viewer, p1, controller } = tokens;
      const rooms = [await join(viewer, b, false), await join(viewer, a, 2), await join(p1, b, 2), await join(controller, b, false)];
      await owner.client.ok('session:start', { session_id });
      const host = await listen(b, controller);
      const finish = (n: number, at: Ears) =>
        at.client.ok('session:finish', { session_id, participant_id: `p${n}`, cycle_count: 0, answer: SECRET + `p${n}` });
      const own = await listen(b, p1);
      expect((await finish(1, own)).participants[0]?.answer, 'the sender’s own').to.equal(`${SECRET}p1`);
      await finish(0, host);
      rooms.push(await join(viewer, a, false), await join(controller, a, 2), await join(p1, a, true));
      await owner.client.ok('session:pause', { session_id });
      await owner.client.ok('session:resume', { session_id });
      const reader = await cluster.client(a, { auth: { token: tokens.owner } });
      await until('the trail has it', async () => (await historyOf(reader, session_id)).length === 6);

      expect(secretsIn(await askAll(session_id, viewer, 'viewer'))).to.deep.equal([]);
      expect(secretsIn(await askAll(session_id, p1, 'p1'))).to.deep.equal(['p1']);
      for (const who of ['controller', 'owner'] as const)
        expect(secretsIn(await askAll(session_id, tokens[who], who))).to.deep.equal(['p0', 'p1']);
      expect(secretsIn([...owner.pushed, ...host.pushed, ...rooms.flatMap(({ pushed }) => pushed)])).to.deep.equal([]);

      // Both instances go on with the session, so that what one has in its memory must not lack answers.
      for (let n = 2; n < count; n++) await finish(n, n % 2 === 0 ? owner : host);
      const everybody = Array.from({ length: count }, (_, n) => `p${n}`).toSorted();
      for (const [index, { pushed }] of rooms.entries())
        await until(`room ${index} sees all`, async () => secretsIn(pushed.slice(-1)).length === count);
      const shown = await rooms[0]?.client.ok('session:get', { session_id });
      expect(secretsIn([JSON.stringify(shown)])).to.deep.equal(everybody);
      await until('the trail has it', async () => (await historyOf(reader, session_id)).at(-1)?.version === shown?.version);
      const [watcher] = rooms;
      for (const snapshots of ['all', 'changes'] as const) {
        const events = await historyOf(watcher?.client ?? reader, session_id, snapshots);
        const last = events.pop();
        const named = (last?.metadata['answers'] ?? []) as JsonObject[];
        expect(named.map((one) => one['participant_id']).toSorted()).to.deep.equal(everybody);
        expect(secretsIn([JSON.stringify(last?.state_snapshot ?? last?.changes)])).to.deep.equal(everybody);
        expect(secretsIn([JSON.stringify(events)]), 'before it').to.deep.equal([]);
      }
      await owner.client.ok('session:switch', { session_id, cycle_count: 0 });
      expect(JSON.stringify(await host.client.ok('session:get', { session_id }))).not.to.contain(SECRET);

      const database = openDatabase(url, silent, { connections: 1, statementMs: 5_000 });
      try {
        await until('the whole trail', async () => (await historyOf(reader, session_id)).at(-1)?.event_type === 'cycle_switched');
        expect(await verify(database, session_id)).to.deep.include({ findings: [] });
      } finally {
        await closeDatabase(database, silent);
      }
    }).timeout(90_000);
  }

  it('CC-77 where nobody is asked who they are, nobody gets answers of the running cycle but a sender their own', async () => {
    const open = await openCluster({ DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' });
    const [mine, theirs] = [a, b];
    try {
      [a, b] = [await open.instance(), await open.instance()];
      const host = await listen(a);
      const { session_id } = await host.client.ok('session:create', quiz(12));
      await host.client.ok('session:start', { session_id });
      const answer = () =>
        host.client.success('session:finish', {
          session_id,
          participant_id: 'p0',

          command_id: 'once',
          answer: `${SECRET}p0`,
        });
      expect((await answer()).data.participants[0]?.answer).to.equal(`${SECRET}p0`);
      const again = await answer();
      expect(again.replayed).to.equal(true);
      expect(again.data.participants[0], 'a repetition shows what everybody sees').not.to.have.property('answer');
      const finished = async () =>
        (await historyOf(host.client, session_id)).find(({ event_type }) => event_type === 'participant_finished');
      await until('the trail has it', async () => (await finished()) !== undefined);
      expect((await finished())?.metadata).to.have.all.keys('finished_at', 'hidden');
      expect(secretsIn(await askAll(session_id, undefined, 'anybody'))).to.deep.equal([]);
      const late = await listen(b);
      await late.client.ok('session:join', { session_id });
      await host.client.ok('session:edit', { session_id, metadata: { late: true } });
      const update = await late.client.next('session:update', ({ event_type }) => event_type === 'session_edited');
      expect(secretsIn([JSON.stringify(update)]), 'the first of its instance in the room').to.deep.equal([]);
      expect(secretsIn(host.pushed)).to.deep.equal([]);
    } finally {
      [a, b] = [mine, theirs];
      await open.close();
    }
  });

  it('CC-78 a room that is healed, and a client that reads over REST, get no hidden answers', async () => {
    const owner = await listen(a, tokens.owner);
    const created: SessionState[] = [];
    for (const count of [3, 12]) created.push(await owner.client.ok('session:create', quiz(count)));
    for (const { session_id } of created) {
      await owner.client.ok('session:start', { session_id });
      const state = await owner.client.ok('session:get', { session_id });
      const [seconds, micros] = await cluster.redis().time();
      const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
      const decision = decide(state, { type: 'finish', participant_id: 'p2', answer: `${SECRET}p2` }, now);
      if (!decision.ok) throw new Error(decision.message);
      const store = createSessionStore(cluster.redis(), cluster.settings.KEY_PREFIX);
      expect((await store.commit(proposal(state, decision.event, { audit: false }))).outcome).to.equal('committed');
    }
    for (const { session_id } of created) {
      await owner.client.next('session:update', (update) => update.session_id === session_id && update.version === 3, 60_000);
      expect(secretsIn(owner.pushed)).to.deep.equal([]);
      const client = new SyncKairosClient(a.url, { token: tokens.viewer });
      expect(secretsIn([JSON.stringify(await client.getSession(session_id))])).to.deep.equal([]);
      client.disconnect();
    }
  }).timeout(90_000);

  it('CC-79 a cycle that ends by itself tells its answers, and the next one hides its own', async () => {
    const owner = await listen(a, tokens.owner);
    const given = quiz(3, { auto_advance: true, time_per_cycle_ms: 1_000 });
    const { session_id } = await owner.client.ok('session:create', given);
    const viewer = await listen(b, tokens.viewer);
    await viewer.client.ok('session:join', { session_id });
    await owner.client.ok('session:start', { session_id });
    await owner.client.ok('session:finish', { session_id, participant_id: 'p1', answer: `${SECRET}p1` });
    const update = await viewer.client.next('session:update', ({ event_type }) => event_type === 'participant_expired');
    expect(update.answers?.map(({ participant_id, answer }) => [participant_id, answer])).to.deep.equal([['p1', `${SECRET}p1`]]);
    const ended = async () => (await historyOf(viewer.client, session_id)).find(({ event_type }) => event_type === 'participant_expired');
    await until('the trail has it', async () => (await ended()) !== undefined);
    expect(secretsIn([JSON.stringify((await ended())?.metadata)])).to.deep.equal(['p1']);
    const telling = viewer.pushed.filter((text) => secretsIn([text]).length > 0);
    expect(telling.every((text) => text.includes('"participant_expired"') && text.includes('"answers":[{'))).to.equal(true);
    const reply: Reply<unknown> = await owner.client.raw('session:create', { ...quiz(3), concurrent: false });
    expect(!reply.ok && reply.error.code).to.equal('VALIDATION_ERROR');
  });
});
