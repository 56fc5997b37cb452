import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TimeControl } from '#contract';
import { formatTimeControl, parseTimeControl } from '../../client-sdk/src/index.ts';
import { rowsOf, timeOf } from './played-example.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/TIME-CONTROLS.md'), 'utf8');

/** What a section of the page tells: the control, its notation where it has one, and the rows of its example. */
interface Section {
  title: string;
  control: TimeControl;
  overrun_ms: number;
  seconds: string | undefined;
  minutes: string | undefined;
  rows: string[][];
}

const sections = page
  .split(/^## /m)
  .slice(1)
  .flatMap((text): Section[] => {
    const json = /```json\n([^]*?)\n```/.exec(text)?.[1];
    if (json === undefined) return [];
    const [, seconds, minutes] = /^Notation: `(.*?)` in seconds, `(.*?)` in minutes\.$/m.exec(text) ?? [];
    const rows = [...text.matchAll(/^\| (\d.*) \|$/gm)].map(([, row = '']) => row.split(' | '));
    const { time_control, overrun_ms = 0 } = JSON.parse(json) as { time_control: TimeControl; overrun_ms?: number };
    return [{ title: text.split('\n', 1)[0] ?? '', control: time_control, overrun_ms, seconds, minutes, rows }];
  });

describe('the page of time controls', () => {
  it('D-40 TIME-CONTROLS.md has a section for each field of a time control', () => {
    const text = JSON.stringify(sections.map(({ control }) => control));
    const fields =
      'turns at_zero repeat_last increment_ms increment_every increment_when max_time_ms delay_ms delay_type byoyomi canadian hourglass charge_unit_ms least_charge_ms';
    for (const field of fields.split(' ')) expect(text).to.contain(`"${field}"`);
  });

  for (const { title, control, overrun_ms, seconds, minutes, rows } of sections) {
    it(`D-40 the JSON of “${title}” is what its notation means`, () => {
      expect(formatTimeControl(control) ?? undefined).to.equal(seconds);
      expect(formatTimeControl(control, { unit: 'minutes' }) ?? undefined).to.equal(minutes);
      if (seconds !== undefined) expect(parseTimeControl(seconds)).to.deep.equal(control);
      if (minutes !== undefined) expect(parseTimeControl(minutes, { unit: 'minutes' })).to.deep.equal(control);
    });

    it(`D-41 the example of “${title}” is what the arithmetic makes of its turns`, () => {
      expect(rows).not.to.deep.equal([]);
      const lengths = rows.map(([, length = '']) => timeOf(length));
      const players = (rows[0]?.length ?? 0) - 3;
      expect(rows).to.deep.equal(rowsOf(control, lengths, { players, overrun_ms }));
    });
  }
});
