import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'results', 'generated', '.git', '.data']);
/** A diary names files as they were called on its day. */
const DIARIES = ['CHANGELOG.md', 'docs/performance/'];
/** Only below the top folders, so that `v1/sessions` is not taken for a file; not what a benchmark leaves behind. */
const NAMED_FILE = /`((?:server|client-sdk|console|test|bench(?!\/results)|prisma|deploy|docs|\.ci)\/[\w./@-]+)`/g;
const BARE_FILE = /`([\w-]+\.(?:tsx?|lua|md|css|prisma))`/g;

const files = [...filesBelow('')];
const baseNames = new Set(files.map((file) => path.basename(file)));
const documents = files
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8').replaceAll(/^```.*?^```/gms, '') }));

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue;
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(file);
    else yield file;
  }
}

/** The anchors of a Markdown file: those that GitHub makes of its headings, and its own. */
function anchorsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const ofHeadings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .replaceAll(/\[(.*?)\]\(.*?\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...ofHeadings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}

function brokenLinks({ file, text }: { file: string; text: string }): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [to = '', anchor] = target.split('#');
      const found = path.resolve(ROOT, to === '' ? file : path.join(path.dirname(file), to));
      return !existsSync(found) || (anchor !== undefined && found.endsWith('.md') && !anchorsOf(found).includes(anchor));
    })
    .map((target) => `${file}: ${target}`);
}

function missingFiles({ file, text }: { file: string; text: string }): string[] {
  const byPath = [...text.matchAll(NAMED_FILE)].map(([, name = '']) => name).filter((name) => !existsSync(path.join(ROOT, name)));
  const byName = [...text.matchAll(BARE_FILE)].map(([, name = '']) => name).filter((name) => !baseNames.has(name));
  return [...byPath, ...byName].map((name) => `${file}: ${name}`);
}

describe('the documents', () => {
  it('Z-50 every relative link in a document leads to a file that exists, and its anchor to a heading of that file', () => {
    expect(documents.length).to.be.greaterThan(50);
    expect(documents.flatMap(brokenLinks)).to.deep.equal([]);
  });

  it('Z-51 every file that a document names exists, but for those that a diary names', () => {
    const present = documents.filter(({ file }) => !DIARIES.some((diary) => file.startsWith(diary)));
    expect(present.flatMap(missingFiles)).to.deep.equal([]);
  });
});
