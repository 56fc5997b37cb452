import { expect } from 'chai';
import type { HistoryData, HistoryEvent } from '#contract';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import type { PrismaClient } from '../../server/audit/generated/client.ts';
import { history } from '../../server/audit/history.ts';
import { EventStore } from '../../server/audit/store.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { eventsOf, silent } from './kit.ts';

const MEGABYTE = 1024 * 1024;
const EVENTS = 25;
/** What the fixture of an event leaves out of a state. The client checks that each snapshot is a whole one. */
const REST_OF_STATE = {
  total_time_ms: null,
  time_per_cycle_ms: null,
  increment_ms: 0,
  max_time_ms: null,
  active_participant_id: null,
  active_group_id: null,
  cycle_started_at: null,
  cycle_time_used_ms: 0,
  deadline_at: null,
  action_on_timeout: null,
  auto_advance: false,
  outage_policy: 'charge',
  warning_thresholds_ms: [],
  groups: [],
};

describe('history of a session with large states', () => {
  let database: PrismaClient;
  let cluster: Cluster;
  let app: { url: string };
  let client: TestClient;

  before(async () => {
    const url = await freshDatabase();
    database = openDatabase(url, silent, { connections: 2, statementMs: 5_000 });
    // Three of them fit into a megabyte, one that is larger than a page among them.
    const queued = eventsOf('game', 1, EVENTS, { state: REST_OF_STATE }).map(({ event, state }, index) => ({
      event,
      state: state.replace('"metadata":{}', `"metadata":{"much":"${'é'.repeat(index === 11 ? MEGABYTE : 170_000)}"}`),
    }));
    await new EventStore(database, silent).write(queued, new AbortController().signal);
    cluster = await openCluster({ AUDIT_WORKER: 'off', DATABASE_URL: url });
    app = await cluster.instance();
    client = await cluster.client(app);
  });
  after(async () => {
    await cluster.close();
    await closeDatabase(database, silent);
  });

  const get = async (after: number): Promise<HistoryData> => {
    const reply = (await rest(app, 'GET', `/v1/sessions/game/events?limit=1000&after_version=${after}`)).reply<HistoryData>();
    if (!reply.ok) throw new Error(reply.error.code);
    return reply.data;
  };
  const ask = (after_version: number) => client.ok('session:history', { session_id: 'game', limit: 1_000, after_version });
  const bytesOf = (events: HistoryEvent[]) => events.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0);

  for (const [over, read] of [
    ['REST', get],
    ['a socket', ask],
  ] as const) {
    it(`A-78 over ${over} a page ends at a megabyte, has at least one event, and tells where to go on`, async () => {
      const pages: HistoryData[] = [];
      for (let after = 0; ; after = pages.at(-1)?.next_after_version ?? 0) {
        const page = await read(after);
        if (page.next_after_version === after) break;
        pages.push(page);
      }
      expect(pages.flatMap(({ events }) => events).map(({ version }) => version)).to.deep.equal(
        Array.from({ length: EVENTS }, (_, n) => n + 1),
      );
      for (const { events, next_after_version } of pages) {
        expect(events.at(-1)?.version).to.equal(next_after_version);
        if (events.length > 1) expect(bytesOf(events)).to.be.at.most(MEGABYTE);
      }
      expect(pages.map(({ events }) => events.length)).to.deep.equal([3, 3, 3, 2, 1, 3, 3, 3, 3, 1]);
    });
  }

  it('A-78 lines come in the same pages, with the cursor in the header', async () => {
    const answer = await rest(app, 'GET', '/v1/sessions/game/events?limit=1000', undefined, { accept: 'application/x-ndjson' });
    expect(answer.text.trimEnd().split('\n')).to.have.length(3);
    expect(answer.headers.get('x-next-after-version')).to.equal('3');
  });

  it('A-78 the page after a filtered one begins after the versions that were walked over', async () => {
    const found: number[] = [];
    let after = 0;
    for (let cursor = -1; cursor !== after;) {
      cursor = after;
      const page = await client.ok('session:history', {
        session_id: 'game',
        limit: 1_000,
        after_version: cursor,
        event_types: ['session_started', 'cycle_switched'],
      });
      found.push(...page.events.map(({ version }) => version));
      after = page.next_after_version;
    }
    expect(found).to.deep.equal(Array.from({ length: EVENTS - 1 }, (_, n) => n + 2));
    expect(after).to.equal(EVENTS);
  });

  it('A-79 a page of history reads no more from the database at a time than it holds', async () => {
    const replies: number[] = [];
    const watched = database.$extends({
      query: {
        $queryRaw: async ({ args, query: run }) => {
          const rows = (await run(args)) as { snapshot?: string }[];
          replies.push(rows.reduce((sum, { snapshot }) => sum + (snapshot?.length ?? 0), 0));
          return rows;
        },
      },
    });
    // What is extended so is a client all the same.
    await history(watched as unknown as PrismaClient, 'game', 0, 1_000);
    expect(replies.length).to.be.above(1);
    for (const size of replies) expect(size).to.be.below(MEGABYTE / 2);
  });
});
