import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { EventStore } from '../../server/audit/store.ts';
import { argumentsFor } from '../kit/programs.ts';
import { chess } from '../kit/games.ts';
import { freshDatabase, freshPrefix, redisUrl } from '../kit/services.ts';
import { type Bench, bench, eventOf, eventsOf, put, query, silent, storedRows, until } from './kit.ts';
import { RecordedSession } from './recorded-session.ts';

const run = promisify(execFile);

/** `npm run audit -- …`. */
async function audit(env: Record<string, string>, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { env: { PATH: process.env['PATH'], ...env }, timeout: 20_000 };
  return run(process.execPath, [...(await argumentsFor('audit/cli')), ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}

describe('npm run audit', function () {
  describe('status and retry', () => {
    let database: string;
    let prefix: string;
    let env: Record<string, string>;
    let b: Bench;
    beforeEach(async () => {
      database = await freshDatabase();
      prefix = freshPrefix();
      env = { REDIS_URL: await redisUrl(), KEY_PREFIX: prefix };
      b = bench(await redisUrl(), prefix, database);
    });
    afterEach(() => b.close());

    it('A-20 audit status counts the jobs and tells the lag of what is on its way', async () => {
      expect(await audit(env, 'status')).to.deep.equal({
        code: 0,
        stdout: 'jobs: 0 waiting, 0 active, 0 delayed, 0 failed\nlag: 0.000 s\n',
        stderr: '',
      });
      const secondsAgo = (ms: number) => new Date(Date.now() - ms).toISOString();
      await put(b.redis, prefix, [eventOf('game', 1, { event: { timestamp: secondsAgo(60_000) } })]);
      const { stdout } = await audit(env, 'status');
      expect(Number(/^lag: ([\d.]+) s$/m.exec(stdout)?.[1])).to.be.within(60, 90);
    });

    it('A-21 audit status shows failed jobs with their cause; audit retry puts them back, with all their attempts', async () => {
      await query(database, 'ALTER TABLE sync_events ADD CONSTRAINT odd CHECK (version <> 7)');
      await put(b.redis, prefix, eventsOf('game', 1, 10));
      b.writer();
      await until('a failed job', async () => (await b.queue.getFailedCount()) === 1);
      const { code, stdout } = await audit(env, 'status');
      expect(code).to.equal(0);
      expect(stdout).to.match(/^jobs: 0 waiting, 0 active, 0 delayed, 1 failed$/m);
      expect(stdout).to.match(/^failed 20\S+Z after 5 attempts: 1 of 1 events refused: .*check constraint "odd"/m);
      expect(stdout).to.match(/^ {2}job events-[0-9a-f]+: game 7$/m);

      // Not mended yet: it fails again, after five more attempts.
      expect(await audit(env, 'retry')).to.deep.equal({ code: 0, stdout: '1 failed jobs put back into the queue\n', stderr: '' });
      await until('a failed job again', async () => (await b.queue.getFailedCount()) === 1);
      expect((await b.queue.getFailed())[0]?.attemptsMade).to.equal(5);
      await query(database, 'ALTER TABLE sync_events DROP CONSTRAINT odd');
      await audit(env, 'retry');
      await until('the tenth row', async () => (await storedRows(database)).length === 10);
      await until('an empty queue', async () => (await b.queue.getFailedCount()) === 0);
      expect((await audit(env, 'retry')).stdout).to.equal('0 failed jobs put back into the queue\n');
    });
  });

  it('A-22 audit verify ends with 0 for a trail that equals what was committed, and with 2 after naming the wrong rows', async () => {
    const url = await freshDatabase();
    const env = { DATABASE_URL: url };
    const session_id = await recorded(url);
    expect(await audit(env, 'verify', session_id)).to.deep.include({ code: 0, stderr: '' });
    await query(url, `UPDATE sync_events SET time_elapsed_ms = 1 WHERE version = 3`);
    const found = await audit(env, 'verify', session_id);
    expect(found.code).to.equal(2);
    expect(found.stdout).to.match(/^version 3 of epoch \d+ altered: has another time_elapsed_ms than the rules lead to$/m);
    expect(await audit(env, 'verify', 'nobody')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'nobody: the trail knows no such session\n',
    });
  });

  it('A-23 audit events prints what happened in a session, also in one that was deleted, and does so under its former name replay too', async () => {
    const url = await freshDatabase();
    const session = await recorded(url);
    const { code, stdout } = await audit({ DATABASE_URL: url }, 'events', session);
    expect(code).to.equal(0);
    expect(stdout.split('\n').map((line) => line.split(/ +/).join(' '))).to.deep.equal([
      'version instant type who elapsed remaining status',
      '1 2026-03-01T12:00:00.000Z session_created - 0 - pending',
      '2 2026-03-01T12:00:01.000Z session_started white 0 1800000 running',
      '3 2026-03-01T12:00:02.000Z cycle_switched white 1000 1799000 running',
      '4 2026-03-01T12:00:03.000Z session_deleted black 1000 1799000 running',
      '',
    ]);
    expect(await audit({ DATABASE_URL: url }, 'replay', session)).to.deep.equal({ code: 0, stdout, stderr: '' });
  });

  it('A-24 npm run audit says in one line what is wrong, with the name of the variable and without its value', async () => {
    const usage = 'usage: npm run audit -- status | retry | verify <session> | events <session>\n';
    for (const args of [['nonsense'], ['verify'], ['status', 'x']]) {
      expect(await audit({}, ...args)).to.deep.equal({ code: 1, stdout: '', stderr: usage });
    }
    expect((await audit({}, 'status')).stderr).to.equal('REDIS_URL must be set\n');
    expect((await audit({}, 'verify', 'x')).stderr).to.equal('DATABASE_URL must be set\n');
    expect((await audit({ DATABASE_URL: 'secret' }, 'events', 'x')).stderr).to.match(/^DATABASE_URL must be a URL .*\n$/);
    const nowhere = await audit({ DATABASE_URL: 'postgresql://user:geheim@127.0.0.1:1/x' }, 'verify', 'x');
    expect(nowhere.code).to.equal(1);
    expect(nowhere.stderr)
      .to.match(/^DATABASE_URL: 127\.0\.0\.1:1\/x: [^\n]+\n$/)
      .and.not.include('geheim');
  });

  it('A-113 audit verify says in one line that it did not judge rows made by rules that only a newer version knows', async () => {
    const url = await freshDatabase();
    const id = await recorded(url);
    await query(url, 'UPDATE sync_events SET rules = 99');
    expect(await audit({ DATABASE_URL: url }, 'verify', id)).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'It takes a newer version of the server to read this session: an event made by rules 99, which this version does not know\n',
    });
  });

  /** A short game in the trail that was deleted. Returns its id. */
  async function recorded(url: string): Promise<string> {
    const recordedSession = new RecordedSession(chess()).do({ type: 'start' }).do({ type: 'switch' }).do({ type: 'delete' });
    const database = openDatabase(url, silent, { connections: 1, statementMs: 5000 });
    await new EventStore(database, silent).write(recordedSession.queued, new AbortController().signal);
    await closeDatabase(database, silent);
    return recordedSession.state.session_id;
  }
});
