import { expect } from 'chai';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { parseRedisUrl } from '../../server/redis-url.ts';
import { connect } from '../kit/redis-cluster.ts';
import { lookInto } from '../kit/redis.ts';
import { startOwnRedis } from '../kit/services.ts';

describe('DATABASE_URL', () => {
  it('S-63 a password that would make a part of itself the host is refused in one line that repeats nothing of it', () => {
    for (const password of ['x@secret/word', 'x@secret?word', 'x@secret#word']) {
      const env = { REDIS_URL: 'redis://a', DATABASE_URL: `postgresql://me:${password}@b:5432/trail` };
      expect(() => loadConfig(env), password)
        .to.throw(ConfigError, /^DATABASE_URL must have no @ behind its host: [^\n]*$/)
        .with.property('message')
        .that.does.not.contain('secret');
    }
  });
});

describe('REDIS_URL', () => {
  it('F-1 REDIS_URL is one server', () => {
    for (const [url, db] of [
      ['redis://localhost', 0],
      ['redis://me:secret@127.0.0.1:6380/2', 2],
      ['rediss://redis.example/', 0],
      ['redis://[::1]:6380?db=3', 3],
    ] as const) {
      expect(parseRedisUrl(url)).to.deep.equal({ form: 'single', url, db });
    }
  });

  it('F-2 REDIS_URL may be a comma list of nodes of a cluster, of which the first has user and password', () => {
    const nodes = [
      { host: 'a', port: 7000 },
      { host: '::1', port: 6379 },
    ];
    expect(parseRedisUrl('redis://a:7000,redis://[::1]')).to.deep.equal({ form: 'cluster', nodes, access: { tls: false } });
    expect(parseRedisUrl('redis://a:7000,[::1]')).to.deep.equal({ form: 'cluster', nodes, access: { tls: false } });
    expect(parseRedisUrl('rediss://me:p%40ss@a:7000,rediss://[::1]:6379')).to.deep.equal({
      form: 'cluster',
      nodes,
      access: { username: 'me', password: 'p@ss', tls: true },
    });
  });

  it('F-3 REDIS_URL may name Sentinels and their master', () => {
    expect(parseRedisUrl('redis-sentinel://s1,s2:26380/games')).to.deep.equal({
      form: 'sentinel',
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
      name: 'games',
      db: 0,
      access: { tls: false },
      sentinelAccess: {},
    });
    expect(parseRedisUrl('rediss-sentinel://:p%2Fw@s1:1/games/3?sentinel_username=guard&sentinel_password=other')).to.deep.include({
      name: 'games',
      db: 3,
      access: { password: 'p/w', tls: true },
      sentinelAccess: { username: 'guard', password: 'other' },
    });
  });

  it('F-2 an instance signs in to each node of a cluster', async () => {
    const redis = await startOwnRedis({ settings: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' } });
    const node = connect(redis);
    await node.cluster('ADDSLOTSRANGE', 0, 16_383);
    await node.config('SET', 'requirepass', 'p@ss');
    const address = `127.0.0.1:${redis.port}`;
    const client = lookInto(`redis://:p%40ss@${address},${address}`);
    try {
      expect(await client.set('key', 'value')).to.equal('OK');
    } finally {
      client.disconnect();
      node.disconnect();
      await redis.stop();
    }
  });

  it('F-4 any other REDIS_URL stops the start with one line that names the variable without its value', () => {
    for (const url of [
      'secret',
      'http://secret:1',
      'redis://',
      'redis://secret:port',
      'redis://a:1,',
      'redis://a:1,http://secret:2',
      'redis://a:1,rediss://secret:2',
      'redis://a:1/1,secret:2',
      'redis://a:1,me:secret@b:2',
      'redis://a:%ZZ@secret:1,b:2',
      'redis-sentinel://secret:26379',
      'redis-sentinel://secret:26379/',
      'redis-sentinel:///secret',
      'redis-sentinel://s1,me:secret@s2/name',
      'redis-sentinel://s1/name/secret',
      'redis-sentinel://s1/name?secret=1',
      'redis://a/-1',
      'redis://a/0/1',
      'redis://a/secret',
      'redis://a?db=secret',
      // A character of the password that should be encoded makes a host of what stands before it.
      'redis://secret:1/word@a:2',
      'redis://me:secret@more/word@a:2/1',
      'redis://secret:1?word@a:2',
      'redis://secret:1#word@a:2',
      'redis://secret:1#word@a,b:2',
      'redis-sentinel://secret:1/word@a/3',
      'redis-sentinel://secret:1#word@a/name',
    ]) {
      expect(() => loadConfig({ REDIS_URL: url, AUDIT_WORKER: 'none' }), url)
        .to.throw(ConfigError, /^REDIS_URL must be redis:\/\/host:port [^\n]*$/)
        .with.property('message')
        .that.does.not.contain('secret');
    }
  });
});
