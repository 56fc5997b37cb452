import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '../../docs/decisions');
const FORM = [
  /^# \d{3} · \S/,
  /^- Status: (accepted|superseded)$/m,
  /^- Date: \d{4}-\d\d-\d\d$/m,
  /^- Superseded by: \S/m,
  /^## Context\n\n\S/m,
  /^## Decision\n\n\S/m,
  /^## Consequences\n\n\S/m,
];

const read = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8');
const pages = readdirSync(FOLDER).filter((file) => /^\d/.test(file));

describe('the decisions', () => {
  it('Z-52 every decision has a status, a date, what superseded it, its context, the decision and its consequences, in this form', () => {
    const lacking = pages.flatMap((file) => FORM.filter((part) => !part.test(read(file))).map((part) => `${file}: ${part.source}`));
    expect(lacking).to.deep.equal([]);
  });

  it('Z-53 the list of decisions names each once, with its title, its date and its status', () => {
    const rows = read('README.md')
      .split('\n')
      .filter((line) => line.startsWith('| ['));
    const expected = pages.map((file) => {
      const page = read(file);
      const [, number, title] = /^# (\d{3}) · (.*)$/m.exec(page) ?? [];
      return `| [${number}](${file}) | ${title} | ${/^- Date: (.*)$/m.exec(page)?.[1]} | ${/^- Status: (.*)$/m.exec(page)?.[1]}`;
    });
    expect(rows.map((row, index) => row.slice(0, expected[index]?.length))).to.deep.equal(expected);
  });
});
