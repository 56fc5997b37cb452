import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import pg from 'pg';
import { commandLine, identify } from '../../server/local/processes.ts';
import { freshDatabase, freshDirectory, startOwnPostgres, startOwnRedis } from '../kit/services.ts';

async function inRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await work(redis);
  } finally {
    await redis.quit();
  }
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('private Redis', () => {
  it('N-12 the private Redis keeps its data over a stop and over a crash, and never evicts', async () => {
    const directory = await freshDirectory('redis');
    const first = await startOwnRedis({ directory });
    expect(await inRedis(first.url, (redis) => redis.config('GET', 'maxmemory-policy'))).to.deep.equal(['maxmemory-policy', 'noeviction']);
    await inRedis(first.url, (redis) => redis.set('before', 'stop'));
    await first.stop();
    expect(await first.ended).to.equal('ended with code 0');

    const second = await startOwnRedis({ directory, port: first.port });
    expect(second.url).to.equal(first.url);
    await inRedis(second.url, (redis) => redis.set('before', 'kill'));
    await second.kill();
    expect(await second.ended).to.equal('was ended by SIGKILL');

    const third = await startOwnRedis({ directory });
    expect(await inRedis(third.url, (redis) => redis.get('before'))).to.equal('kill');
    await Promise.all([third.stop(), third.stop()]);
    expect(await identify(third.pid)).to.equal(undefined);
  });

  it('N-13 a start replaces a Redis that was left running in its directory', async () => {
    const directory = await freshDirectory('redis');
    const left = await startOwnRedis({ directory });
    const next = await startOwnRedis({ directory });
    expect(await identify(left.pid)).to.equal(undefined);
    expect(await inRedis(next.url, (redis) => redis.ping())).to.equal('PONG');
  });

  it('N-10 the private Redis asks for a password that is in no command line and no log, and that no other user can read', async () => {
    const directory = await freshDirectory('redis');
    const server = await startOwnRedis({ directory, withoutPassword: false });
    const { password } = new URL(server.url);
    expect(password).to.have.length.above(30);
    expect(await inRedis(server.url, (redis) => redis.ping())).to.equal('PONG');
    const stranger = connect(server.port, '127.0.0.1', () => stranger.write('PING\r\n'));
    const [refused] = (await once(stranger, 'data')) as [Buffer];
    stranger.destroy();
    expect(refused.toString()).to.match(/^-NOAUTH/);
    const modes = await Promise.all(
      ['', 'password'].map(async (file) => ((await stat(path.join(directory, file))).mode & 0o777).toString(8)),
    );
    expect(modes).to.deep.equal(['700', '600']);
    const told = `${await commandLine(server.pid)}${await readFile(path.join(directory, 'server.log'), 'utf8')}`;
    expect(told)
      .to.match(/redis|valkey/i)
      .and.to.not.contain(password);
    await server.stop();
    const again = await startOwnRedis({ directory, withoutPassword: false });
    expect(new URL(again.url).password).to.equal(password);
  });

  it('N-10 the private Redis gets a new password where a crash has left the file empty', async () => {
    const directory = await freshDirectory('redis');
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, 'password'), '');
    const server = await startOwnRedis({ directory, withoutPassword: false });
    expect(await inRedis(server.url, (redis) => redis.ping())).to.equal('PONG');
  });

  it('N-11 a directory that an earlier version left open and without a password is taken over with its data', async () => {
    const directory = await freshDirectory('redis');
    const earlier = await startOwnRedis({ directory });
    await inRedis(earlier.url, (redis) => redis.set('kept', 'yes'));
    await earlier.stop();
    await chmod(directory, 0o755);
    const server = await startOwnRedis({ directory, withoutPassword: false });
    expect(await inRedis(server.url, (redis) => redis.get('kept'))).to.equal('yes');
    expect(((await stat(directory)).mode & 0o777).toString(8)).to.equal('700');
  });

  it('N-14 a private Redis that can’t start is reported with the end of its log', async () => {
    const started = startOwnRedis({ settings: { 'no-such-setting': 'yes' } });
    const error = await started.then(
      () => new Error('started'),
      (reason: unknown) => reason as Error,
    );
    expect(error.name).to.equal('StartError');
    expect(error.message).to.match(/^Redis ended with code 1:[^]*no-such-setting/);
  });
});

describe('private PostgreSQL', () => {
  it('N-12 the private PostgreSQL keeps its data over a crash, also where another process has the pid of its lock file', async () => {
    const directory = await freshDirectory('postgres');
    const first = await startOwnPostgres({ directory });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const lock = path.join(directory, 'data', 'postmaster.pid');
    const lines = await readFile(lock, 'utf8');
    await first.kill();
    await writeFile(lock, lines.replace(/^\d+/, String(process.ppid)));

    const second = await startOwnPostgres({ directory, port: first.port });
    expect(second.url).to.equal(first.url);
    expect(await query(second.url, 'SELECT answer FROM kept')).to.deep.equal([{ answer: 42 }]);
    await second.stop();
    expect(await second.ended).to.equal('ended with code 0');
  });

  it('N-13 a start replaces a PostgreSQL that was left running in its directory', async () => {
    const directory = await freshDirectory('postgres');
    const left = await startOwnPostgres({ directory });
    const next = await startOwnPostgres({ directory });
    expect(await identify(left.pid)).to.equal(undefined);
    expect(await query(next.url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
  });

  it('N-15 the private PostgreSQL asks for a password that no other user can read', async () => {
    const directory = await freshDirectory('postgres');
    const server = await startOwnPostgres({ directory });
    const wrong = new URL(server.url);
    wrong.password = 'guess';
    const error = await query(wrong.href, 'SELECT 1').then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message).to.match(/password authentication failed/);
  });
});

describe('the test kit', () => {
  it('N-16 the test kit hands out migrated databases that share no data', async () => {
    const [one, two] = await Promise.all([freshDatabase(), freshDatabase()]);
    expect(one).to.not.equal(two);
    await query(one, 'CREATE TABLE mine (id int)');
    for (const url of [one, two])
      expect(await query(url, 'SELECT count(*)::int AS events FROM sync_events')).to.deep.equal([{ events: 0 }]);
    expect(await query(two, "SELECT to_regclass('mine') AS mine")).to.deep.equal([{ mine: null }]);
  });
});
