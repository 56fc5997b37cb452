import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { chess } from '../kit/games.ts';
import { openCluster } from '../kit/server.ts';
import { freshDatabase, startOwnRedis } from '../kit/services.ts';
import { lookInto } from '../kit/redis.ts';
import { rest } from '../kit/rest.ts';
import { until } from '../kit/until.ts';
import { endAll, startLogged } from './logged.ts';

describe('what surrounds an instance', () => {
  afterEach(endAll);

  it('M-60 an instance takes no notice of WORKER_PORT=tcp://…, which Kubernetes sets for a Service named worker; a worker refuses it and says why', () => {
    const link = 'tcp://10.96.12.7:3001';
    const load = (name: string, program: 'instance' | 'worker') => () =>
      loadConfig({ REDIS_URL: 'redis://a', AUDIT_WORKER: 'none', [name]: link }, program);
    expect(load('WORKER_PORT', 'instance')().WORKER_PORT).to.equal(undefined);
    for (const [name, program] of [
      ['WORKER_PORT', 'worker'],
      ['OPERATOR_PORT', 'instance'],
      ['PORT', 'instance'],
    ] as const) {
      expect(load(name, program)).to.throw(ConfigError, `${name} is what Kubernetes sets for a Service of that name`);
    }
  });

  it('M-61 the rights in Redis that OPERATIONS names are enough for instances that write the trail', async () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/OPERATIONS.md'), 'utf8');
    const rights = /`ACL SETUSER synckairos on >password ([^`]+)`/.exec(page)?.[1]?.split(' ') ?? [];
    expect(rights).to.contain('&sk*');
    const { url, port } = await startOwnRedis();
    const admin = lookInto(url);
    await admin.call('ACL', 'SETUSER', 'synckairos', 'on', '>password', ...rights);
    await admin.call('ACL', 'SETUSER', 'default', 'resetkeys', 'resetchannels', '-@all', '+acl', '+info');
    const cluster = await openCluster({
      REDIS_URL: `redis://synckairos:password@127.0.0.1:${port}`,
      KEY_PREFIX: 'sk',
      AUDIT_WORKER: 'inline',
      DATABASE_URL: await freshDatabase(),
      RATE_LIMIT_GENERAL: '100',
      RATE_LIMIT_SWITCH: '10',
      LIMIT_SESSIONS_PER_OWNER: '10',
    });
    try {
      const white = await cluster.client(await cluster.instance());
      const black = await cluster.client(await cluster.instance());
      const { session_id } = await white.ok('session:create', chess());
      await black.ok('session:join', { session_id });
      await white.ok('session:start', { session_id });
      await white.ok('session:switch', { session_id });
      await black.next('session:update', ({ version }) => version === 3);
      const versions = async () => (await white.ok('session:history', { session_id })).events.map(({ version }) => version);
      await until('the trail has it', async () => (await versions()).length === 3, 30_000);
      await white.ok('session:delete', { session_id });
      await black.next('session:deleted');
      // Whatever is refused is written down there.
      expect(await admin.call('ACL', 'LOG')).to.deep.equal([]);
    } finally {
      await cluster.close();
      admin.disconnect();
    }
  });

  it('M-62 an instance warns at its start of a Redis that may evict sessions, and a metric shows it', async () => {
    const evicting = await startOwnRedis({ settings: { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' } });
    const keeping = await startOwnRedis({ settings: { maxmemory: '100mb' } });
    for (const { url, expected } of [
      { url: evicting.url, expected: 1 },
      { url: keeping.url, expected: 0 },
    ]) {
      const instance = await startLogged('main', { REDIS_URL: url, AUDIT_WORKER: 'none' });
      const at = { url: await instance.line(/"url":"(http:[^"]+)"/) };
      expect((await rest(at, 'GET', '/metrics')).text).to.contain(`\nsynckairos_redis_evicting ${expected}\n`);
      expect(instance.said().includes('Redis may evict running sessions')).to.equal(expected === 1);
    }
  });

  it('M-72 a worker without an instance also looks whether Redis may evict', async () => {
    const evicting = await startOwnRedis({ settings: { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' } });
    const worker = await startLogged('worker', {
      REDIS_URL: evicting.url,
      DATABASE_URL: await freshDatabase(),
      WORKER_PORT: '0',
      LOG_LEVEL: 'info',
    });
    const at = { url: await worker.line(/"url":"(http:[^"]+)"/) };
    await worker.line(/"msg":"(Redis may evict running sessions)/);
    expect((await rest(at, 'GET', '/metrics')).text).to.contain('\nsynckairos_redis_evicting 1\n');
  });
});
