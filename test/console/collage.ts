/** Puts screenshots together into the pictures of the README. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';

interface Collage {
  name: string;
  width: number;
  height: number;
  /** File names without ending, each with where it goes: left, top and width in px. */
  pictures: readonly (readonly [file: string, left: number, top: number, width: number])[];
}

const TILE = 392;
const tile = (file: string, index: number) => [file, 6 + (index % 3) * (TILE + 6), 6 + Math.floor(index / 3) * 251, TILE] as const;

const COLLAGES: readonly Collage[] = [
  {
    name: 'console',
    width: 1200,
    height: 640,
    pictures: [
      ['together-wide-light', 24, 40, 860],
      ['together-phone', 910, 40, 262],
    ],
  },
  {
    name: 'modes',
    width: 1200,
    height: 508,
    pictures: [
      'per_group-wide-light',
      'auction-wide-light',
      'per_cycle-wide-dark',
      'global-wide-light',
      'agenda-wide-dark',
      'count_up-wide-dark',
    ].map(tile),
  },
  {
    name: 'looking-back',
    width: 1200,
    height: 386,
    pictures: [
      ['history-wide-light', 6, 6, 591],
      ['operator-wide-dark', 603, 6, 591],
    ],
  },
];

/** Makes each collage from the screenshots in `from`, and writes it to `to`. */
export async function makeCollages(browser: Browser, from: string, to: string): Promise<void> {
  for (const { name, width, height, pictures } of COLLAGES) {
    const page = await browser.newPage({ viewport: { width, height } });
    const images = await Promise.all(
      pictures.map(async ([file, left, top, shown]) => {
        const data = (await readFile(path.join(from, `${file}.png`))).toString('base64');
        return `<img src="data:image/png;base64,${data}" style="left:${left}px;top:${top}px;width:${shown}px">`;
      }),
    );
    await page.setContent(
      `<style>body{margin:0;background:#e3e6e2}img{position:absolute;border-radius:14px;box-shadow:0 0 0 1px #0002}</style>${images.join('')}`,
    );
    await page.screenshot({ path: path.join(to, `${name}.png`) });
    await page.close();
  }
}
