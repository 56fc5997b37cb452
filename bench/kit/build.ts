import { execFile } from 'node:child_process';
import { access, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const BENCH = path.resolve(import.meta.dirname, '..');
const ROOT = path.resolve(BENCH, '..');
const BUILD = path.join(BENCH, 'results', 'build');
const DEADLINE_MS = 60_000;

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
}

/**
 * Compiles service and controls in the same way into a folder of their own, as `npm run build:server` does: a loader of TypeScript would slow both down, and
 * a build that somebody else replaces midway would compare two things at once.
 * @throws when the compiler left nothing that could run; mistakes of type alone are passed to `progress`
 */
export async function buildPrograms(progress: (line: string) => void): Promise<Programs> {
  await rm(BUILD, { recursive: true, force: true });
  await mkdir(BUILD, { recursive: true });
  const compiler = path.join(ROOT, 'node_modules', '.bin', 'tsc');
  await run(compiler, ['-p', path.join(BENCH, 'tsconfig.programs.json')], { timeout: DEADLINE_MS }).catch((error: { stdout?: string }) => {
    progress(`the compiler complains, going on with what it made: ${String(error.stdout).split('\n', 1)[0] ?? ''}`);
  });
  await cp(path.join(ROOT, 'server/store/scripts'), path.join(BUILD, 'server/store/scripts'), { recursive: true });
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
  return { ...programs, flags: scripts['start:server'].match(/--\S+/g) ?? [] };
}

interface Manifest {
  imports: Record<string, { default: string }>;
  scripts: { 'start:server': string };
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as Manifest;
}

/** The package's own imports, as they are named in package.json, within this build. */
async function compiledImports(): Promise<Record<string, string>> {
  const { imports } = await manifest();
  return Object.fromEntries(Object.entries(imports).map(([name, { default: file }]) => [name, file.replace('./dist/', './')]));
}
