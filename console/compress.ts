/** Writes each text asset in compressed forms beside it, so that servers need not compress it again and again. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(html|js|css|svg)$/;
/** Of 11. The last two levels save 7 % of the script and take five times as long, at every `npm start`. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
const FORMS: readonly (readonly [ending: string, squeeze: (content: Buffer) => Promise<Buffer>])[] = [
  ['.br', (content) => promisify(brotliCompress)(content, QUALITY)],
  ['.gz', promisify(gzip)],
];

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
