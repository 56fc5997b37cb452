import { once } from 'node:events';
import { expect } from 'chai';
import { createLogger } from '../../server/observability/logger.ts';
import { connectRedis } from '../../server/store/connection.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDirectory, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { endAll, startLogged } from '../ops/logged.ts';

const ONE_LINE = /^REDIS_URL: Redis refuses database 5: ERR DB index is out of range$/;

describe('databases and passwords of Redis', () => {
  let cluster: Cluster;
  let url: string;
  before(async () => {
    ({ url } = await startOwnRedis({ settings: { databases: '3' } }));
    cluster = await openCluster({ REDIS_URL: url });
  });
  after(() => cluster.close());
  afterEach(endAll);

  it('S-60 instances that use different databases of one Redis do not hear each other’s publications', async () => {
    const live = await cluster.client(await cluster.instance({ REDIS_URL: `${url}/0` }));
    const staging = await cluster.client(await cluster.instance({ REDIS_URL: `${url}/1` }));
    const exam = { session_id: 'exam', sync_mode: 'global', total_time_ms: 3_600_000 } as const;
    const { session_id } = await live.ok('session:create', exam);
    await staging.ok('session:create', exam);
    const onOther = await cluster.client(await cluster.instance({ REDIS_URL: `${url}/1` }));
    for (const client of [live, onOther]) await client.ok('session:join', { session_id });

    for (const command of ['session:start', 'session:pause', 'session:delete'] as const) await staging.ok(command, { session_id });
    // Instances of one database do.
    await onOther.next('session:deleted');
    await live.ok('session:message', { session_id, message: 'fence' });
    await live.next('session:message');
    expect(live.seen('session:update')).to.deep.equal([]);
    expect(live.seen('session:deleted')).to.deep.equal([]);
    expect((await live.ok('session:get', { session_id })).status).to.equal('pending');
  });

  it('S-61 a database that Redis refuses ends the start of an instance with one line that names REDIS_URL', async () => {
    const refused = await cluster.instance({ REDIS_URL: `${url}/5` }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(refused).to.match(ONE_LINE);
  });

  it('S-61 a database that Redis refuses ends the start of a worker', async () => {
    const worker = await startLogged('worker', {
      REDIS_URL: `${url}/5`,
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
      LOG_LEVEL: 'silent',
    });
    if (worker.child.exitCode === null) await once(worker.child, 'exit');
    expect(worker.child.exitCode).to.equal(1);
    expect(worker.said().trim()).to.match(ONE_LINE);
  });

  it('S-64 a password that Redis does not know, or none where it asks for one, ends the start of an instance with one line that names REDIS_URL', async () => {
    const { url: known } = await startOwnRedis({ withoutPassword: false });
    const { host } = new URL(known);
    for (const unknown of [`redis://${host}`, `redis://default:guess@${host}`]) {
      const refused = await cluster.instance({ REDIS_URL: unknown }).then(
        () => 'started',
        (error: Error) => error.message,
      );
      expect(refused).to.match(/^REDIS_URL: Redis asks for a user name and a password, /);
    }
  });

  it('S-62 an instance whose Redis returns without its database is not ready, uses no other database, and goes on when the database is back', async () => {
    const directory = await freshDirectory('redis');
    const first = await startOwnRedis({ directory, settings: { databases: '6' } });
    const instance = await cluster.instance({ REDIS_URL: `${first.url}/5` });
    await rest(instance, 'POST', '/v1/sessions', { sync_mode: 'count_up' });
    const { port } = first;
    await first.stop();
    const smaller = await startOwnRedis({ port, settings: { databases: '2' } });
    const look = connectRedis(smaller.url, 'blocking', 'test', createLogger('silent', 'test'));
    // Each of its connections has tried.
    const tries = async () => Number(/total_connections_received:(\d+)/.exec(await look.info('stats'))?.[1]);
    await until('the instance has tried again and again', async () => (await tries()) > 20);
    expect((await rest(instance, 'GET', '/ready')).status).to.equal(503);
    expect((await rest(instance, 'POST', '/v1/sessions', { sync_mode: 'count_up' })).status).to.equal(503);
    expect(await look.dbsize()).to.equal(0);
    look.disconnect();
    await smaller.stop();
    await startOwnRedis({ directory, port, settings: { databases: '6' } });
    await until('it is ready', async () => (await rest(instance, 'GET', '/ready')).status === 200);
  });
});
