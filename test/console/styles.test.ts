import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';

const STYLES = path.resolve(import.meta.dirname, '../../console/src/styles');

/** The declarations of all style sheets of the page: file, property and value. */
async function declarations(): Promise<{ file: string; property: string; value: string }[]> {
  const found = [];
  for (const file of await readdir(STYLES)) {
    const css = (await readFile(path.join(STYLES, file), 'utf8')).replaceAll(/\/\*[^]*?\*\//g, '');
    for (const [, property = '', value = ''] of css.matchAll(/(?<=[{;]\s*)([\w-]+):\s*([^;{}]+);/g)) found.push({ file, property, value });
  }
  return found;
}

/** The custom properties of the root, in light or in dark. */
async function colours(scheme: 'light' | 'dark'): Promise<Map<string, string>> {
  const css = await readFile(path.join(STYLES, 'base.css'), 'utf8');
  const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
  const all = (part: string) => [...part.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value] as const);
  return new Map([...all(light.replaceAll(/(?<=\n)\S[^]*?@media/g, '')), ...(scheme === 'dark' ? all(dark.split('\n}\n')[0] ?? '') : [])]);
}

/** How bright a colour is, from 0 for black to 1 for white: the relative luminance of WCAG 2. */
function brightness(colour: string): number {
  const [, digits = ''] = /^#([\da-f]{3}|[\da-f]{6})$/.exec(colour) ?? [];
  if (digits === '') throw new Error(`${colour} is no colour of hexadecimal digits`);
  const full = digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits;
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of WCAG 2, from 1 for none to 21. */
function contrast(one: string, other: string): number {
  const [darker = 0, brighter = 0] = [brightness(one), brightness(other)].sort((a, b) => a - b);
  return (brighter + 0.05) / (darker + 0.05);
}

describe('console: styles', () => {
  it('CO-211 text has one of six sizes, each a quarter larger than the one before, from 13 px up; only digits grow with their panel', async () => {
    const root = await colours('light');
    const sizes = [1, 2, 3, 4, 5, 6].map((step) => Number.parseFloat(root.get(`--text-${step}`) ?? ''));
    for (const [step, size] of sizes.entries()) expect(size, `--text-${step + 1}`).to.be.closeTo(0.8 * 1.25 ** step, 0.001);
    const smallest = (await declarations()).find(({ file, value }) => file === 'base.css' && value.startsWith('clamp(16.25px'));
    expect(smallest, 'the smallest size of the root, of which 0.8 is 13 px').not.to.equal(undefined);
    const others = (await declarations()).filter(
      // What a stage says is read from afar, so it grows with the screen.
      ({ file, property, value }) =>
        file !== 'stage.css' &&
        property === 'font-size' &&
        value !== smallest?.value &&
        /[\d.]+(?!cq|v[wh]|vm|\d|\.)[a-z%]+/.test(
          value.replaceAll(/var\(--(text-[1-6]|digits[\w-]*)\)/g, '').replaceAll(/(?<=\d)(cq\w+|v[wh]|vmin)/g, ''),
        ),
    );
    expect(others).to.deep.equal([]);
  });

  it('CO-211 all space between things is of one scale: 4, 8, 12, 16, 24 and 40 px', async () => {
    const root = await colours('light');
    expect([1, 2, 3, 4, 5, 6].map((step) => 16 * Number.parseFloat(root.get(`--space-${step}`) ?? ''))).to.deep.equal([
      4, 8, 12, 16, 24, 40,
    ]);
    const others = (await declarations()).filter(
      ({ property, value }) =>
        /^(margin|padding|gap|row-gap|column-gap)(-|$)/.test(property) &&
        /(?<![\w.-])\d*\.?\d+(rem|em|px|%)/.test(value.replaceAll(/\b[1-3]px\b/g, '')),
    );
    expect(others).to.deep.equal([]);
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`CO-212 in ${scheme} the states of a clock differ in brightness by 2:1 each, and what is written on them by 4.5:1`, async () => {
      const root = await colours(scheme);
      const of = (name: string): string => root.get(name) ?? '';
      const states = ['up', 'run', 'now', 'soon'];
      for (const [index, state] of states.entries()) {
        expect(contrast(of(`--${state}`), of(`--on-${state}`)), `text on ${state}`).to.be.at.least(4.5);
        for (const other of states.slice(index + 1)) {
          expect(contrast(of(`--${state}`), of(`--${other}`)), `${state} and ${other}`).to.be.at.least(2);
        }
      }
      for (const ground of ['--paper', '--surface']) {
        expect(contrast(of('--field-edge'), of(ground)), `the edge of a field on ${ground}`).to.be.at.least(3);
        const ring = Math.max(contrast(of('--ring-inner'), of(ground)), contrast(of('--ring-outer'), of(ground)));
        expect(ring, `the ring around what has the focus, on ${ground}`).to.be.at.least(3);
      }
      expect(contrast(of('--ring-inner'), of('--ring-outer'))).to.be.at.least(3);
    });
  }
});
