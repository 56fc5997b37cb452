import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const spec = readFileSync(path.join(ROOT, 'docs/SPEC.md'), 'utf8');
const ids = [...spec.matchAll(/^- \*\*([A-Z]+-\d+)\*\* /gm)].map(([, id = '']) => id);

const testFiles = readdirSync(path.join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.(test|long|chaos)\.ts$/.test(file),
);
/** The IDs with which titles begin, with the files that quote them. */
const quoted = testFiles.flatMap((file) => {
  const text = readFileSync(path.join(ROOT, 'test', file), 'utf8');
  return [...text.matchAll(/\bit(?:\.\w+)?\(\s*['"`]([A-Z]{1,2}-\d+)\b/g)].map(([, id = '']) => ({ file, id }));
});
/** The titles that begin with anything else. What a title takes its ID from is checked where that is written. */
const without = testFiles.flatMap((file) => {
  const text = readFileSync(path.join(ROOT, 'test', file), 'utf8');
  return [...text.matchAll(/^ *it(?:\.\w+)?\(\s*['"`](?![A-Z]{1,2}-\d+ |\$\{(?:id|rule|title)\})(.*)/gm)].map(
    ([, title = '']) => `${file}: ${title}`,
  );
});

describe('the specification', () => {
  it('Z-54 no ID is given to two rules', () => {
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).to.deep.equal([]);
  });

  it('Z-55 every ID with which the title of a test begins is that of a rule', () => {
    expect(quoted.length).to.be.greaterThan(500);
    const known = new Set(ids);
    expect(quoted.filter(({ id }) => !known.has(id)).map(({ file, id }) => `${file}: ${id}`)).to.deep.equal([]);
  });

  it('Z-56 the title of every test begins with the ID of a rule', () => {
    expect(without).to.deep.equal([]);
  });
});
