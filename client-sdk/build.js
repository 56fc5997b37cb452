// Builds the package: the same sources as ES modules and as CommonJS, each with its types, without a bundler; and the
// documents of the server that users of the package need, so that it can be read without the repository.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const here = import.meta.dirname;
const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

rmSync(path.join(here, 'dist'), { recursive: true, force: true });
for (const format of ['esm', 'cjs']) {
  execFileSync(process.execPath, [tsc, '-p', path.join(here, `tsconfig.${format}.json`)], { stdio: 'inherit' });
}
// tsc rewrites the extensions of imports in programs, not in declarations.
for (const name of readdirSync(path.join(here, 'dist'), { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.ts')) continue;
  const file = path.join(here, 'dist', name);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(from '\.[^']+)\.ts'/g, "$1.js'"));
}
// The nearest package.json says which of the two a `.js` file is.
writeFileSync(path.join(here, 'dist/cjs/package.json'), '{ "type": "commonjs" }\n');

/** Documents of the repository that the package carries. */
const DOCUMENTS = ['PROTOCOL.md', 'PROGRAMMES.md', 'TIME-CONTROLS.md', 'WEBHOOKS.md', 'FEED.md', 'EMBED.md'];
for (const name of DOCUMENTS) {
  const text = readFileSync(path.join(here, '../docs', name), 'utf8');
  // What the package does not carry is named, not linked.
  const alone = text.replaceAll(/(?<!!)\[([^\]]*)\]\((?!https?:|#)([^)#]+)[^)]*\)/g, (link, words, target) =>
    DOCUMENTS.includes(target) ? link : words,
  );
  writeFileSync(path.join(here, 'docs', name), alone);
}
