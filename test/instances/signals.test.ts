import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { freePort } from '../../server/local/free-port.ts';
import type { PrivateRedis } from '../../server/local/private-redis.ts';
import { createKeys } from '../../server/store/keys.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';
import { freshDatabase, freshDirectory, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FROM_SOURCES = ['--import', 'tsx', '--conditions=development'];

describe('a signal', () => {
  let redis: PrivateRedis;
  let cluster: Cluster;
  let children: ChildProcess[];
  beforeEach(async () => {
    redis = await startOwnRedis();
    cluster = await openCluster({ REDIS_URL: redis.url });
    children = [];
  });
  afterEach(async () => {
    process.kill(redis.pid, 'SIGCONT');
    for (const child of children) child.kill('SIGKILL');
    await cluster.close();
    await redis.stop();
  });

  const codeWithin = async (ms: number, { ended }: Pick<InstanceProcess, 'ended'>) =>
    Promise.race([ended, wait(ms, `still there after ${ms} ms`, { ref: false })]);
  const isReady = async (url: string) => (await fetch(`${url}/ready`).catch(() => null))?.status;
  const start = (command: string, args: string[], options: { cwd: string; env: Record<string, string> }) => {
    const child = spawn(command, args, { ...options, env: { PATH: process.env['PATH'] ?? '', ...options.env }, stdio: 'ignore' });
    children.push(child);
    return { child, ended: once(child, 'exit').then(([code]) => code as number | null) };
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`X-5 ${signal} ends an instance with 0, after /ready has said 503`, async () => {
      const instance = await cluster.process({ SHUTDOWN_DRAIN_MS: '4000' });
      expect(await isReady(instance.url)).to.equal(200);
      instance.signal(signal);
      await until('not ready', async () => (await isReady(instance.url)) === 503);
      expect(await codeWithin(30_000, instance)).to.equal(0);
    });
  }

  it('X-5 a signal ends an instance with 0 even while Redis and PostgreSQL do not answer', async () => {
    const hung = { AUDIT_WORKER: 'inline', DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' };
    const instance = await cluster.process(hung);
    const client = await cluster.client(instance);
    await client.ok('session:create', { sync_mode: 'count_up' });
    process.kill(redis.pid, 'SIGSTOP');
    const inHand = client.raw('session:create', { sync_mode: 'count_up' });
    instance.signal('SIGTERM');
    expect((await inHand).ok).to.equal(false);
    expect(await codeWithin(30_000, instance)).to.equal(0);
  });

  it('X-6 a second signal ends an instance at once', async () => {
    const patient = await cluster.process({ SHUTDOWN_DRAIN_MS: '60000', SHUTDOWN_TIMEOUT_MS: '120000' });
    patient.signal('SIGTERM');
    await until('it closes', async () => (await isReady(patient.url)) === 503);
    patient.signal('SIGINT');
    expect(await codeWithin(30_000, patient)).to.equal(1);
  });

  it('X-6 after SHUTDOWN_TIMEOUT_MS an instance ends at once', async () => {
    const instance = await cluster.process({ SHUTDOWN_TIMEOUT_MS: '200' });
    const client = await cluster.client(instance);
    process.kill(redis.pid, 'SIGSTOP');
    client.socket.emit('session:create', { sync_mode: 'count_up' });
    instance.signal('SIGTERM');
    expect(await codeWithin(10_000, instance)).to.equal(1);
  });

  it('X-6 a second signal, whichever it is, ends the audit worker at once', async () => {
    const env = { REDIS_URL: redis.url, KEY_PREFIX: 'w', DATABASE_URL: await freshDatabase(), LOG_LEVEL: 'silent' };
    const { child, ended } = start(process.execPath, [...FROM_SOURCES, path.join(ROOT, 'server/worker.ts')], { cwd: ROOT, env });
    await until('it relays', async () => (await cluster.redis().exists(createKeys('w').relayLease)) === 1);
    process.kill(redis.pid, 'SIGSTOP');
    child.kill('SIGTERM');
    await wait(100);
    child.kill('SIGINT');
    expect(await codeWithin(10_000, { ended })).to.equal(1);
  });

  it('X-7 a signal to `npm run start:server` reaches the instance, and the exit code of the instance reaches npm', async () => {
    // Script and settings as they are, with the sources in place of the build.
    const cwd = await freshDirectory('npm');
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    await mkdir(path.join(cwd, 'dist/server'), { recursive: true });
    await writeFile(
      path.join(cwd, 'package.json'),
      JSON.stringify({ type: 'module', scripts: { 'start:server': scripts['start:server'] } }),
    );
    await copyFile(path.join(ROOT, '.npmrc'), path.join(cwd, '.npmrc'));
    await writeFile(path.join(cwd, 'dist/server/main.js'), `await import(${JSON.stringify(path.join(ROOT, 'server/main.ts'))});`);
    const PORT = String(await freePort());
    const env = {
      PORT,
      REDIS_URL: redis.url,
      AUDIT_WORKER: 'none',
      HOME: cwd,
      NODE_OPTIONS: `--import ${path.join(ROOT, 'node_modules/tsx/dist/loader.mjs')} --conditions=development`,
    };
    const { child, ended } = start('npm', ['run', 'start:server'], { cwd, env });
    const url = `http://127.0.0.1:${PORT}`;
    await until('it is ready', async () => (await isReady(url)) === 200, 60_000);
    child.kill('SIGTERM');
    expect(await codeWithin(30_000, { ended })).to.equal(0);
    expect(await isReady(url)).to.equal(undefined);
  });
});
