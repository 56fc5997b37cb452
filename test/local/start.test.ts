import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { ended, type NpmStart, npmStart, spawnNpmStart, survivors } from '../kit/npm-start.ts';
import { databaseServer, freshDirectory, redisUrl } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const DEADLINE_MS = 30_000;

describe('npm start', () => {
  const started: NpmStart[] = [];
  const start = async (...args: Parameters<typeof npmStart>) => {
    const running = await npmStart(...args);
    started.push(running);
    return running;
  };

  afterEach(async () => {
    for (const running of started.splice(0)) {
      for (const pid of await survivors(running)) process.kill(pid, 'SIGKILL');
      running.npm.kill('SIGKILL');
      await ended(running.npm);
    }
  });

  it('N-3 npm start stops everything on Ctrl-C and on SIGTERM to npm alone, and keeps its data', async () => {
    const directory = await freshDirectory('start');
    const first = await start(directory);
    expect(await createSession(first.url, 'kept')).to.equal(201);
    expect(first.services).to.have.length(2);
    // Ctrl-C: the terminal signals the whole group, and npm passes the signal on once more.
    process.kill(-pidOf(first), 'SIGINT');
    expect(await ended(first.npm)).to.equal(0);
    expect(await survivors(first)).to.deep.equal([]);

    const second = await start(directory);
    expect((await fetch(`${second.url}/v1/sessions/kept`)).status).to.equal(200);
    second.npm.kill('SIGTERM');
    expect(await ended(second.npm)).to.equal(0);
    expect(await survivors(second)).to.deep.equal([]);
    expect(second.output()).to.match(/SIGTERM: stopping/);
  });

  it('N-3 what npm start began stops by itself when npm is killed, and the next start works', async () => {
    const directory = await freshDirectory('start');
    const first = await start(directory);
    first.npm.kill('SIGKILL');
    await until('everything has ended', async () => (await survivors(first)).length === 0, DEADLINE_MS);

    const second = await start(directory);
    process.kill(second.server.pid, 'SIGKILL');
    await ended(second.npm);

    // Whether the private servers have noticed or not.
    const third = await start(directory);
    third.npm.kill('SIGTERM');
    await ended(third.npm);
    expect(await survivors(third)).to.deep.equal([]);
    expect(await survivors(second)).to.deep.equal([]);
  });

  it('N-4 npm start exits at once on a second signal', async () => {
    const running = await start(await freshDirectory('start'));
    // A Redis that does not react keeps the shutdown waiting.
    const redis = running.services[0]?.pid ?? 0;
    process.kill(redis, 'SIGSTOP');
    running.npm.kill('SIGTERM');
    await until('it says so', async () => running.output().includes('stopping'), DEADLINE_MS);
    const begun = performance.now();
    const repeat = setInterval(() => running.npm.kill('SIGTERM'), 700);
    await until('the server has ended', async () => !(await survivors(running)).includes(running.server.pid), DEADLINE_MS);
    clearInterval(repeat);
    expect(performance.now() - begun).to.be.lessThan(10_000);
    process.kill(redis, 'SIGCONT');
    await until('Redis has ended', async () => (await survivors(running)).length === 0, DEADLINE_MS);
  });

  it('N-5 npm start names a port that another program uses, and a variable that is wrong', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const directory = await freshDirectory('start');
    const busy = spawnNpmStart(directory, { PORT: String(port) });
    expect(await ended(busy.npm)).to.equal(1);
    expect(busy.output()).to.match(/PORT \d+ is in use: stop what uses it, or choose another one/);
    other.close();

    const wrong = spawnNpmStart(directory, { SESSION_TTL_SECONDS: 'soon' });
    expect(await ended(wrong.npm)).to.equal(1);
    expect(wrong.output()).to.include('npm start: SESSION_TTL_SECONDS must be a whole number\n');
    expect(existsSync(path.join(directory, 'redis'))).to.equal(false);
  });

  it('N-6 npm start uses the Redis and the PostgreSQL that REDIS_URL and DATABASE_URL name', async () => {
    const directory = await freshDirectory('start');
    const server = await databaseServer();
    await server.createDatabase('configured');
    const running = await start(directory, { REDIS_URL: `${await redisUrl()}/5`, DATABASE_URL: server.urlOf('configured') });
    expect(await (await fetch(`${running.url}/ready`)).json()).to.deep.include({ status: 'ready' });
    // The keys of webhooks are kept there, and no data.
    for (const name of ['redis', 'postgres']) expect(existsSync(path.join(directory, name)), name).to.equal(false);
    running.npm.kill('SIGTERM');
    expect(await ended(running.npm)).to.equal(0);
  });
});

function pidOf({ npm }: NpmStart): number {
  return npm.pid ?? 0;
}

async function createSession(url: string, id: string): Promise<number> {
  const session = {
    session_id: id,
    sync_mode: 'per_participant',
    participants: ['a', 'b'].map((name) => ({ participant_id: name, total_time_ms: 60_000 })),
  };
  const response = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(session),
  });
  return response.status;
}
