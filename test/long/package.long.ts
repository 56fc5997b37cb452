import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { until } from '../kit/until.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

describe('the package synckairos', function () {
  this.timeout(600_000);
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'synckairos-package-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('CL-6 the package that npm pack makes installs into an empty project, and starts a server there that plays a game', async () => {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
    await writeFile(path.join(folder, 'package.json'), '{ "name": "empty", "version": "1.0.0" }');
    const tarball = path.join(folder, stdout.trim().split('\n').at(-1) ?? '');
    await run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder });
    const program = path.join(folder, 'node_modules/.bin/synckairos');
    const server = spawn(program, ['start'], { cwd: folder, env: { ...process.env, PORT: '0', REDIS_URL: '', DATABASE_URL: '' } });
    let said = '';
    for (const stream of [server.stdout, server.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
    const ended = new Promise((resolve) => server.on('exit', resolve));
    try {
      const url = await until('its address', async () => /runs at (\S+)/.exec(said)?.[1], 120_000);
      const call = async (...args: string[]): Promise<string> =>
        (await run(program, args, { cwd: folder, env: { ...process.env, SYNCKAIROS_URL: url } })).stdout.trim();
      const players = JSON.stringify(['anna', 'ben'].map((one) => ({ participant_id: one, total_time_ms: 300_000 })));
      await call('create', 'session_id=game', 'sync_mode=per_participant', `participants=${players}`);
      await call('start', 'game', 'active_participant_id=anna');
      await call('switch', 'game', 'current_participant_id=anna');
      expect(await call('complete', 'game')).to.match(/^game v4 completed/);
      const { events } = JSON.parse(
        await until('the trail', async () => {
          const text = await call('history', 'game');
          return text.includes('session_completed') && text;
        }),
      ) as { events: { event_type: string }[] };
      expect(events.map(({ event_type }) => event_type)).to.have.lengthOf(4);
      expect(await (await fetch(url)).text(), 'its page').to.contain('<title>');
    } finally {
      server.kill('SIGINT');
      await ended;
    }
  });
});
