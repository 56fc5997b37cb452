/** Writes each text asset in compressed forms beside it, so that servers need not compress it again and again. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(html|js|css|svg)$/;
const FORMS = [
  ['.br', promisify(brotliCompress)],
  ['.gz', promisify(gzip)],
] as const;

/** Compresses what a build has written to `directory`. */
export function compress(directory: string): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    async closeBundle() {
      const names = await readdir(directory, { recursive: true });
      for (const name of names.filter((candidate) => TEXT.test(candidate))) {
        const file = path.join(directory, name);
        const content = await readFile(file);
        for (const [ending, squeeze] of FORMS) await writeFile(file + ending, await squeeze(content));
      }
    },
  };
}
