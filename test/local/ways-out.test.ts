import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../server/local/free-port.ts';
import { ended, type NpmStart, npmStart, spawnNpmStart, survivors } from '../kit/npm-start.ts';
import { freshDirectory } from '../kit/services.ts';

const root = path.resolve(import.meta.dirname, '../..');
const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;

/** What npm start says on standard error in a folder, run by somebody who is not root, until it ends. */
async function asUser(directory: string): Promise<string> {
  const args = ['--import', 'tsx', '--conditions=development', 'server/local/start.ts', directory];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env['PATH'], PORT: '0', HOME: tmpdir() },
    ...(IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {}),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'close');
  return said;
}

describe('the ways out of npm start', () => {
  const started: NpmStart[] = [];
  const start = async (...args: Parameters<typeof npmStart>) => {
    const running = await npmStart(...args);
    started.push(running);
    return running;
  };
  const stop = async (running: NpmStart) => {
    running.npm.kill('SIGTERM');
    expect(await ended(running.npm)).to.equal(0);
  };
  afterEach(async () => {
    for (const running of started.splice(0)) {
      for (const pid of await survivors(running)) process.kill(pid, 'SIGKILL');
      running.npm.kill('SIGKILL');
      await ended(running.npm);
    }
  });
  /** One line, with no stack behind it. */
  const line = (pattern: string) => new RegExp(`^npm start: ${pattern}\\n$`);

  it('Z-31 npm start refuses a data folder that belongs to another user, as after a start by root, in one line with a way out', async () => {
    const directory = await freshDirectory('start');
    const wayOut = `.* \\(E(ACCES|PERM)\\): it belongs to (root; run sudo chown -R .*|you, .*; run chmod -R u\\+rwX) ${directory}, or keep the data elsewhere: npm start -- some/folder`;
    if (IS_ROOT) {
      await stop(await start(directory));
      expect(await asUser(directory)).to.match(line(wayOut));
      await rm(path.join(directory, 'redis'), { recursive: true });
      await chmod(directory, 0o777);
      // Now it fails at what PostgreSQL has there.
      expect(await asUser(directory)).to.match(line(wayOut));
    } else {
      await mkdir(directory, { mode: 0o555 });
      expect(await asUser(directory)).to.match(line(wayOut));
    }
  });

  it('Z-31 npm start does not try to build the page where its folder belongs to another user', async () => {
    const folder = await freshDirectory('clone');
    await mkdir(path.join(folder, 'dist/console'), { recursive: true });
    await copyFile(path.join(root, 'package.json'), path.join(folder, 'package.json'));
    if (!IS_ROOT) await chmod(path.join(folder, 'dist/console'), 0o555);
    const { status, stderr } = spawnSync('npm', ['start', '--silent'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: path.join(folder, 'home'), npm_config_update_notifier: 'false' },
      ...(IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {}),
      encoding: 'utf8',
    });
    expect(stderr).to.match(line(`${folder}/dist.* can't be written; run sudo chown -R "\\$\\(id -un\\)" dist, or set SKIP_BUILD=1`));
    expect(status).to.equal(1);
  });

  it('Z-32 npm start refuses a data folder that is a file in one line too', async () => {
    const file = await freshDirectory('start');
    await writeFile(file, '');
    expect(await asUser(file)).to.match(line(`.* \\(E\\w+\\); keep the data elsewhere: npm start -- some/folder`));
  });

  it('Z-33 npm start refuses a lost or altered password of its PostgreSQL in one line with a way out; that of its Redis is made anew', async () => {
    const directory = await freshDirectory('start');
    await stop(await start(directory));
    const password = path.join(directory, 'postgres/password');
    await rm(path.join(directory, 'redis/password'));
    for (const spoil of [() => rm(password), () => writeFile(password, 'another one')]) {
      await spoil();
      const refused = spawnNpmStart(directory);
      expect(await ended(refused.npm)).to.equal(1);
      const errors = refused
        .output()
        .split('\n')
        .filter((each) => each !== '' && !each.startsWith('['));
      expect(errors).to.have.lengthOf(1);
      expect(errors[0]).to.match(
        new RegExp(
          `^npm start: ${password} (is missing|is not the one that the database was made with): put the file back, or delete ${path.dirname(password)} to start with an empty trail$`,
        ),
      );
    }
    await rm(path.dirname(password), { recursive: true });
    await stop(await start(directory));
  });

  it('Z-34 a second npm start in the same folder says how to run beside the first', async () => {
    const directory = await freshDirectory('start');
    const first = await start(directory);
    const { port } = new URL(first.url);
    const beside = (other: string) => `or run another one beside it: PORT=${other} npm start -- some/folder`;
    const second = spawnNpmStart(directory, { PORT: port });
    expect(await ended(second.npm)).to.equal(1);
    const earlier = `PORT ${port} is in use by an earlier npm start, which runs as process ${first.server.pid}`;
    expect(second.output())
      .to.contain(earlier)
      .and.contain(beside(String(Number(port) + 1)));
    const free = String(await freePort());
    const third = spawnNpmStart(directory, { PORT: free });
    expect(await ended(third.npm)).to.equal(1);
    expect(third.output()).to.contain(`${directory} is in use by process ${first.server.pid}`).and.contain(beside(free));
    const fourth = await start(await freshDirectory('start'));
    await stop(fourth);
    expect((await fetch(`${first.url}/health`)).status, 'the first one goes on').to.equal(200);
  });

  it('Z-35 npm pack leaves no file that git would add', async () => {
    const before = await readdir(root);
    for (const args of [['-w', '@synckairos/client'], []]) {
      const { status, stdout } = spawnSync('npm', ['pack', '--silent', '--ignore-scripts', ...args], { cwd: root, encoding: 'utf8' });
      expect(status).to.equal(0);
      const packed = stdout.trim().split('\n').at(-1) ?? '';
      expect(spawnSync('git', ['check-ignore', '-q', packed], { cwd: root }).status, packed).to.equal(0);
      if (!before.includes(packed)) await rm(path.join(root, packed));
    }
  });
});
