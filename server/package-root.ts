import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json, both for the sources and for dist/. */
export const PACKAGE_ROOT = findRoot(import.meta.dirname);

/** The version of this server, from package.json. */
export const SERVER_VERSION = (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }).version;

/** The built console page, if there is one: `npm run build` puts it beside the compiled server. */
export function consoleDir(): string | undefined {
  const folder = join(PACKAGE_ROOT, 'dist', 'console');
  return existsSync(join(folder, 'index.html')) ? folder : undefined;
}

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('package.json is missing');
  return findRoot(parent);
}
