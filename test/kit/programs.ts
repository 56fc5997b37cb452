import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { oncePerRun } from './once-per-run.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The programs of the server that tests run in a process of their own. */
export type Program = 'main' | 'worker' | 'audit/cli';

/**
 * The arguments by which node runs a program. In a run of all tests it is the built one, which starts in less than half
 * the processor time; in a run of some files it is the sources, so that nothing has to be built first.
 */
export async function argumentsFor(program: Program): Promise<string[]> {
  const isWholeRun = process.env['TEST_PREPARE'] !== undefined;
  // Coverage counts lines of the sources, so it needs these.
  const countsCoverage = process.env['NODE_V8_COVERAGE'] !== undefined;
  if (!isWholeRun || countsCoverage) return ['--import', 'tsx', '--conditions=development', path.join(root, 'server', `${program}.ts`)];
  await oncePerRun('server', () => promisify(execFile)('npm', ['run', '--silent', 'build:server'], { cwd: root }));
  return [path.join(root, 'dist/server', `${program}.js`)];
}
