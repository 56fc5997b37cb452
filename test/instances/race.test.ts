import { expect } from 'chai';
import type { Reply, SwitchData } from '#contract';
import type { App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster, type Settings } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { entriesOf } from '../kit/stored.ts';

const ROUNDS = 50;
const SOCKETS = 20;

describe('twenty sockets over two instances race for the switch', () => {
  let cluster: Cluster;
  let apps: App[];
  let clients: TestClient[];
  const open = async (settings: Settings) => {
    cluster = await openCluster(settings);
    apps = [await cluster.instance(), await cluster.instance()];
    clients = await Promise.all(Array.from({ length: SOCKETS }, (_, i) => cluster.client(apps[i % 2] as App)));
  };
  afterEach(() => cluster.close());

  /** Lets all sockets switch at once, again and again, and returns every reply. */
  const race = async (session_id: string, guard: (round: number) => Promise<object>) => {
    const replies: Reply<SwitchData>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const payload = { session_id, ...(await guard(round)) };
      replies.push(...(await Promise.all(clients.map((client) => client.command('session:switch', payload)))));
    }
    return replies;
  };
  const started = async () => {
    const [first] = clients as [TestClient];
    const { session_id } = await first.ok('session:create', chess());
    await Promise.all(clients.map((client) => client.ok('session:join', { session_id })));
    await first.ok('session:start', { session_id });
    return session_id;
  };
  const stateOf = (session_id: string) => (clients[0] as TestClient).ok('session:get', { session_id });

  it('I-10 the version grows, and the trail has rows, for exactly the unguarded switches that are acknowledged; all others are CONFLICT with the present state', async () => {
    await open({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const session_id = await started();
    const replies = await race(session_id, async () => ({}));
    const winners = replies.filter((reply) => reply.ok);
    const { version, cycle_count } = await stateOf(session_id);
    expect(winners.length).to.be.at.least(ROUNDS);
    expect(version - 2).to.equal(winners.length);
    expect(cycle_count).to.equal(winners.length);
    expect(new Set(winners.map((reply) => reply.data.version)).size).to.equal(winners.length);
    for (const reply of replies) {
      if (reply.ok) continue;
      expect(reply.error.code).to.equal('CONFLICT');
      const details = reply.error.details as { expected_version: number; actual_version: number; state: { version: number } };
      expect(details.actual_version).to.be.greaterThan(details.expected_version);
      expect(details.state.version).to.equal(details.actual_version);
    }
    // Every socket was told each version exactly once.
    for (const client of clients) {
      await client.next('session:update', (event) => event.version === version);
      const heard = client.seen('session:update').map((event) => event.version);
      expect([...heard, version].toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: version - 1 }, (_, i) => i + 2));
    }
    const events = await until('the trail is complete', async () => {
      const answer = await rest(apps[0] as App, 'GET', `/v1/sessions/${session_id}/events?limit=1000`);
      const { events: found } = answer.json()['data'] as { events: { version: number; event_type: string }[] };
      return found.length >= version && found;
    });
    expect(events.map((event) => event.version)).to.deep.equal(Array.from({ length: version }, (_, i) => i + 1));
    expect(events.filter((event) => event.event_type === 'cycle_switched')).to.have.length(winners.length);
  });

  it('I-11 of switches that expect the same version at once exactly one succeeds', async () => {
    await open({});
    const session_id = await started();
    const replies = await race(session_id, async (round) => ({ expected_version: round + 2 }));
    expect(replies.filter((reply) => reply.ok)).to.have.length(ROUNDS);
    for (const reply of replies) if (!reply.ok) expect(reply.error.code).to.equal('CONFLICT');
    expect((await stateOf(session_id)).version).to.equal(ROUNDS + 2);
  });

  it('I-12 of switches that are guarded by the same active participant at once one succeeds, and the others learn who is active', async () => {
    await open({ AUDIT_WORKER: 'off' });
    const session_id = await started();
    const replies = await race(session_id, async (round) => ({ current_participant_id: round % 2 === 0 ? 'white' : 'black' }));
    expect(replies.filter((reply) => reply.ok)).to.have.length(ROUNDS);
    for (const reply of replies) if (!reply.ok) expect(reply.error.code).to.equal('NOT_ACTIVE_PARTICIPANT');
    const { version } = await stateOf(session_id);
    expect(version).to.equal(ROUNDS + 2);
    const entries = await entriesOf(cluster.redis(), cluster.settings.KEY_PREFIX, session_id);
    const versions = entries.map(({ event }) => (JSON.parse(event) as { version: number }).version);
    expect(versions).to.deep.equal(Array.from({ length: version }, (_, i) => i + 1));
  });

  it('I-13 the version grows by exactly the acknowledged ones of commands of all kinds that are sent at once', async () => {
    await open({});
    const session_id = await started();
    let acknowledged = 0;
    for (let round = 0; round < 20; round++) {
      const names = ['session:switch', 'session:pause', 'session:resume', 'session:switch'] as const;
      const replies = await Promise.all(clients.map((client, i) => client.command(names[i % 4] ?? names[0], { session_id })));
      acknowledged += replies.filter((reply) => reply.ok).length;
      for (const reply of replies) if (!reply.ok) expect(reply.error.code).to.be.oneOf(['CONFLICT', 'INVALID_STATE_TRANSITION']);
    }
    expect((await stateOf(session_id)).version).to.equal(2 + acknowledged);
  });
});
