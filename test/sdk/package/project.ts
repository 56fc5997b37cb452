/** The package as its users get it: built, packed, and installed into an empty project. Built and packed once a run. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { oncePerRun } from '../../kit/once-per-run.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
/**
 * What the package needs, and React for its hooks, from the packages that are here already: the registry is not asked.
 */
const NEIGHBOURS = ['socket.io-client', 'react', 'react-dom', '@types/react'];

export const sdkFolder: string = path.join(root, 'client-sdk');

export interface Project {
  folder: string;
  tarball: string;
  /** Writes a file into the project and returns its path. */
  write(name: string, content: string): Promise<string>;
  /**
   * Runs a program of the repository's packages, or node, in the project. Resolves with what it printed; rejects when
   * it fails, with that as the message.
   */
  run(program: string, ...args: string[]): Promise<string>;
}

let opened: Promise<Project> | undefined;
let users = 0;

export function openProject(): Promise<Project> {
  users += 1;
  return (opened ??= install());
}

/** Removes the project when the last of those who opened it closes it. */
export async function closeProject(): Promise<void> {
  users -= 1;
  if (users > 0 || opened === undefined) return;
  const { folder } = await opened;
  opened = undefined;
  await rm(path.dirname(folder), { recursive: true, force: true });
}

/** Runs a program from the repository's packages, or node, in a folder. */
export async function runIn(folder: string, program: string, ...args: string[]): Promise<string> {
  const file = program === 'node' ? process.execPath : path.join(root, 'node_modules/.bin', program);
  try {
    const { stdout } = await run(file, args, { cwd: folder, timeout: 60_000, env: { ...process.env, NO_COLOR: '1' } });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

async function install(): Promise<Project> {
  const base = await mkdtemp(path.join(tmpdir(), 'synckairos-package-'));
  const folder = path.join(base, 'project');
  await mkdir(folder);
  await writeFile(path.join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  const packed = await oncePerRun('package', (into) => run('npm', ['pack', '--silent', '--pack-destination', into], { cwd: sdkFolder }));
  const tarball = path.join(packed, (await readdir(packed))[0] ?? '');
  const neighbours = NEIGHBOURS.map((name) => `file:${path.join(root, 'node_modules', name)}`);
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball, ...neighbours], { cwd: folder });
  return {
    folder,
    tarball,
    async write(name, content) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    run: (program, ...args) => runIn(folder, program, ...args),
  };
}

/** A fenced block of the package's README. */
export interface Example {
  /** The heading above it. */
  title: string;
  language: string;
  code: string;
}

export async function readmeExamples(): Promise<Example[]> {
  const text = await readFile(path.join(sdkFolder, 'README.md'), 'utf8');
  const examples: Example[] = [];
  let title = '';
  for (const match of text.matchAll(/^#+ (?<heading>.+)$|^(?<indent> *)```(?<language>\w+)\n(?<code>[^]*?)^ *```$/gm)) {
    const { heading, indent = '', language = '', code = '' } = match.groups ?? {};
    if (heading !== undefined) title = heading;
    else examples.push({ title, language, code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), '') });
  }
  return examples;
}
