import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { check } from 'recheck';
import { parseSync } from 'vite';

const root = path.resolve(import.meta.dirname, '../..');

interface Found {
  pattern: string;
  flags: string;
  where: string;
}

describe('regular expressions', () => {
  it('Z-10 no regular expression of server and client can be made to backtrack without bound', async () => {
    const found = (await Promise.all(['server', 'client-sdk/src'].map(literalsIn))).flat();
    expect(found).to.have.length.above(20);
    const distinct = new Map(found.map((each) => [`${each.pattern}/${each.flags}`, each]));
    const bad = [];
    for (const { pattern, flags, where } of distinct.values()) {
      const { status } = await check(pattern, flags, { timeout: 20_000 });
      if (status !== 'safe') bad.push(`${where}: /${pattern}/${flags} ${status}`);
    }
    expect(bad).to.deep.equal([]);
  });

  it('Z-11 the check of Z-10 finds a regular expression that backtracks', async () => {
    expect((await check('^(a+)+$', '')).status).to.equal('vulnerable');
  });
});

/** Every regular expression that is written as one in the TypeScript of a folder. */
async function literalsIn(folder: string): Promise<Found[]> {
  const files = (await readdir(path.join(root, folder), { recursive: true })).filter(
    (name) => /\.tsx?$/.test(name) && !name.includes('generated'),
  );
  const all = await Promise.all(
    files.map(async (name) => {
      const text = await readFile(path.join(root, folder, name), 'utf8');
      // This check finds only literals, so no RegExp may be made at run time.
      expect(/\bRegExp\(/.test(text), `${name} makes a RegExp at run time`).to.equal(false);
      const found: Found[] = [];
      walk(parseSync(name, text).program, ({ pattern, flags }) => found.push({ pattern, flags, where: `${folder}/${name}` }));
      return found;
    }),
  );
  return all.flat();
}

function walk(node: unknown, tell: (regex: { pattern: string; flags: string }) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if ('regex' in node) tell(node.regex as { pattern: string; flags: string });
  for (const value of Object.values(node)) walk(value, tell);
}
