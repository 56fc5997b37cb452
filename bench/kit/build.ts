import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const BENCH = path.resolve(import.meta.dirname, '..');
const ROOT = path.resolve(BENCH, '..');
const BUILD = path.join(BENCH, 'results', 'build');
const DEADLINE_MS = 60_000;
const INSTALL_DEADLINE_MS = 300_000;

/** Compiled programs, by the path of their source below the repository. */
export interface Programs {
  service: string;
  worker: string;
  switchControl: string;
  timerControl: string;
  drainControl: string;
  crowd: string;
  probe: string;
  /** Options of Node for each of them: those of `npm run start:server`. */
  flags: string[];
  /** The service of another commit, which takes the control's place. Undefined where the controls are measured. */
  against?: OtherService | undefined;
}

/** The compiled service of another commit. */
export interface OtherService {
  service: string;
  flags: string[];
  /** Its short hash. */
  commit: string;
  /** Deletes what was built. */
  remove(): Promise<void>;
}

/**
 * Compiles service and controls in the same way into a folder of their own, as `npm run build:server` does: a loader of
 * TypeScript would slow both down, and a shared build could be replaced midway and would then compare two versions.
 * @throws when the compiler left nothing that could run; mistakes of type alone are passed to `progress`
 */
export async function buildPrograms(progress: (line: string) => void): Promise<Programs> {
  await rm(BUILD, { recursive: true, force: true });
  await mkdir(BUILD, { recursive: true });
  const compiler = path.join(ROOT, 'node_modules', '.bin', 'tsc');
  await run(compiler, ['-p', path.join(BENCH, 'tsconfig.programs.json')], { timeout: DEADLINE_MS }).catch((error: { stdout?: string }) => {
    progress(`the compiler complains, going on with what it made: ${String(error.stdout).split('\n', 1)[0] ?? ''}`);
  });
  // What the compiler leaves behind: scripts of Redis, and of threads.
  for (const file of await readdir(path.join(ROOT, 'server/store'), { recursive: true })) {
    if (/\.(lua|js)$/.test(file)) await cp(path.join(ROOT, 'server/store', file), path.join(BUILD, 'server/store', file));
  }
  // Found before the repository's own package.json, it makes the imports of the contract stay inside this build.
  const description = {
    name: 'synckairos-bench',
    version: '0.0.0',
    type: 'module',
    imports: await compiledImports(),
  };
  await writeFile(path.join(BUILD, 'package.json'), JSON.stringify(description));
  const programs = {
    service: path.join(BUILD, 'server/main.js'),
    worker: path.join(BUILD, 'server/worker.js'),
    switchControl: path.join(BUILD, 'bench/programs/switch-control.js'),
    timerControl: path.join(BUILD, 'bench/programs/timer-control.js'),
    drainControl: path.join(BUILD, 'bench/programs/drain-control.js'),
    crowd: path.join(BUILD, 'bench/programs/crowd.js'),
    probe: path.join(BUILD, 'bench/programs/probe.js'),
  };
  await Promise.all(Object.values(programs).map((file) => access(file)));
  const { scripts } = await manifest();
  return { ...programs, flags: flagsOf(scripts['start:server']) };
}

/**
 * Builds another commit of this repository in a folder of its own, by its own `npm run build:server`. Packages are
 * shared where its lock file is the same.
 * @throws when git knows no such commit, or its build fails
 */
export async function buildOther(ref: string, progress: (line: string) => void): Promise<OtherService> {
  const git: Git = async (...args) => (await run('git', args, { cwd: ROOT })).stdout.trim();
  const commit = await git('rev-parse', '--short', '--verify', `${ref}^{commit}`);
  const folder = await mkdtemp(path.join(tmpdir(), 'synckairos-bench-against-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    return { ...(await buildCommit(commit, folder, git, progress)), commit, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

type Git = (...args: string[]) => Promise<string>;

async function buildCommit(
  commit: string,
  folder: string,
  git: Git,
  progress: (line: string) => void,
): Promise<{ service: string; flags: string[] }> {
  const archive = path.join(folder, 'commit.tar');
  await git('archive', '--output', archive, commit);
  await run('tar', ['-xf', archive, '-C', folder]);
  const lock = async (root: string) => readFile(path.join(root, 'package-lock.json'), 'utf8');
  if ((await lock(folder)) === (await lock(ROOT))) {
    await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  } else {
    progress(`installing the packages of ${commit}, which has another lock file`);
    await run('npm', ['ci', '--ignore-scripts'], { cwd: folder, timeout: INSTALL_DEADLINE_MS });
  }
  progress(`building ${commit}`);
  await run('npx', ['prisma', 'generate'], { cwd: folder, timeout: DEADLINE_MS });
  await run('npm', ['run', 'build:server'], { cwd: folder, timeout: DEADLINE_MS });
  const { scripts } = await manifest(folder);
  return { service: path.join(folder, 'dist/server/main.js'), flags: flagsOf(scripts['start:server']) };
}

const flagsOf = (script: string): string[] => script.match(/--\S+/g) ?? [];

interface Manifest {
  imports: Record<string, { default: string }>;
  scripts: { 'start:server': string };
}

async function manifest(root = ROOT): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Manifest;
}

/** The package's own imports, as they are named in package.json, within this build. */
async function compiledImports(): Promise<Record<string, string>> {
  const { imports } = await manifest();
  return Object.fromEntries(Object.entries(imports).map(([name, { default: file }]) => [name, file.replace('./dist/', './')]));
}
