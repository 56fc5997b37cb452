import { expect } from 'chai';
import { ConfigError } from '../../server/config.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

interface Row {
  version: number;
  event_type: string;
}

describe('processes', () => {
  let cluster: Cluster;
  let first: InstanceProcess;
  let second: InstanceProcess;
  let third: InstanceProcess;
  let refusal: unknown;
  before(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const refused = cluster.process({ PORT: 'eighty' }).catch((error: unknown) => error);
    [first, second, third, refusal] = await Promise.all([cluster.process(), cluster.process(), cluster.process(), refused]);
  });
  after(() => cluster.close());

  it('I-20 a game on two processes loses nothing acknowledged when either is killed with -9', async () => {
    const white = await cluster.client(first);
    const black = await cluster.client(second);
    const { session_id } = await white.ok('session:create', chess());
    await black.ok('session:join', { session_id });
    await white.ok('session:start', { session_id });
    await black.next('session:update', (event) => event.version === 2);
    expect((await rest(second, 'POST', `/v1/sessions/${session_id}/switch`)).status).to.equal(200);
    for (const client of [white, black]) await client.next('session:update', (event) => event.version === 3);

    // Moves until the process dies in the middle of them.
    const acknowledged: number[] = [];
    const moveUntilTheEnd = async (client: TestClient) => {
      for (;;) acknowledged.push((await client.ok('session:switch', { session_id })).version);
    };
    const moving = moveUntilTheEnd(white).catch(() => 'ended');
    await until('some moves were made', async () => acknowledged.length >= 20, 30_000);
    await first.kill();
    expect(await moving).to.equal('ended');
    const last = acknowledged.at(-1) ?? 0;
    expect(acknowledged).to.deep.equal(Array.from({ length: acknowledged.length }, (_, i) => i + 4));

    // The survivor has all of it, tells its sockets, and goes on. One move more may have been committed and not
    // acknowledged.
    const { version } = await black.ok('session:get', { session_id });
    expect(version).to.be.within(last, last + 1);
    await black.next('session:update', (event) => event.version === version);
    const back = await cluster.client(third);
    expect((await back.ok('session:join', { session_id, last_known_version: last })).missed).to.equal(version - last);
    const moved = await black.ok('session:switch', { session_id });
    expect(moved.version).to.equal(version + 1);
    await back.next('session:update', (event) => event.version === version + 1);

    await second.kill();
    expect((await back.ok('session:complete', { session_id })).version).to.equal(version + 2);

    // The trail is complete within fifteen seconds, though both of its writers died.
    const total = version + 2;
    const rows = await until('every version is in the trail', async () => {
      const answer = await rest(third, 'GET', `/v1/sessions/${session_id}/events?limit=1000`);
      const { events } = answer.json()['data'] as { events: Row[] };
      return events.length >= total && events;
    });
    expect(rows.map((row) => row.version)).to.deep.equal(Array.from({ length: total }, (_, i) => i + 1));
  }).timeout(60_000);

  it('I-21 a process ends with 0 after SIGTERM, and tells its sockets before', async () => {
    const client = await cluster.client(third);
    const gone = client.disconnected();
    expect(await third.stop()).to.equal(0);
    await gone;
    expect(client.seen('server:closing')).to.have.length(1);
  });

  it('I-22 a process with an invalid setting ends with one line that names the setting', () => {
    expect(String(refusal)).to.match(/did not start:\nPORT must be a whole number$/);
  });

  it('I-22 an instance does not start at an address that can’t be had, and says so in one line', async () => {
    const { url } = await cluster.instance();
    for (const [settings, message] of [
      [{ PORT: new URL(url).port }, /^PORT \d+ is in use/],
      [{ OPERATOR_PORT: new URL(url).port }, /^OPERATOR_PORT \d+ is in use/],
      // An address of documentation (RFC 5737), which no machine has.
      [{ HOST: '192.0.2.1' }, /^HOST 192\.0\.2\.1 with PORT 0 can't be listened on \(EADDRNOTAVAIL\)$/],
    ] as const) {
      const error: unknown = await cluster.instance(settings).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ConfigError);
      expect((error as Error).message).to.match(message);
    }
  });
});
