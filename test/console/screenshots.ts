/**
 * `npm run screenshots -- [folder]` takes pictures of each mode and of the other views, from a server of its own, into
 * `test-results/screenshots` or a folder. With `--readme` it makes those of the README from them.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freshDatabase, stopServices } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { Stage } from '../sdk/kit.ts';
import { buildConsole, launch } from './browser.ts';
import { makeCollages } from './collage.ts';
import { choose, createGame, type Entries, press, settled, shows, turnOf } from './play.ts';

interface Look {
  name: string;
  width: number;
  height: number;
  colorScheme: 'light' | 'dark';
}

const LOOKS: readonly Look[] = [
  { name: 'wide-light', width: 1280, height: 800, colorScheme: 'light' },
  { name: 'wide-dark', width: 1280, height: 800, colorScheme: 'dark' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'narrow', width: 320, height: 568, colorScheme: 'light' },
];
const WALL: Look = { name: 'wall', width: 3840, height: 2160, colorScheme: 'dark' };

/** How long the players of the pictures think. */
const GAME_MS = [900, 1_300, 2_100, 800, 3_200, 5_400, 1_700, 4_100, 6_300, 2_600, 1_200];

/** Each mode by a preset that has it, and how far to play. */
const GAMES: readonly { name: string; preset: string; entries: Entries; play: (page: Page) => Promise<void> }[] = [
  { name: 'per_participant', preset: 'Chess', entries: { White: 'Anna', Black: 'Ben' }, play: moves('white', 'black', GAME_MS) },
  { name: 'per_group', preset: 'Team match', entries: {}, play: moves('red', 'blue') },
  { name: 'per_cycle', preset: 'Quiz question', entries: { 'Team 1': 'Otters', 'Team 2': 'Larks', 'Team 3': 'Hares' }, play: endsTurns },
  { name: 'auction', preset: 'Auction lot', entries: { 'Time for each turn': '13 s' }, play: (page) => shows(page, 'global', '0:12') },
  { name: 'global', preset: 'Countdown', entries: {}, play: (page) => shows(page, 'global', '1:29:57') },
  { name: 'agenda', preset: 'Meeting agenda', entries: {}, play: (page) => shows(page, 'global', '4:58') },
  { name: 'count_up', preset: 'Stopwatch', entries: {}, play: (page) => shows(page, 'global', '0:11') },
  {
    name: 'expired',
    preset: 'Auction lot',
    entries: { 'Time for each turn': '3 s' },
    play: (page) => page.getByText('Time is up').first().waitFor(),
  },
];

function moves(first: string, second: string, thoughtsMs: readonly number[] = [900, 1_400, 700]): (page: Page) => Promise<void> {
  return async (page) => {
    for (const [index, ms] of thoughtsMs.entries()) {
      await turnOf(page, index % 2 === 0 ? first : second);
      await page.waitForTimeout(ms);
      await page.keyboard.press('Space');
    }
    await turnOf(page, thoughtsMs.length % 2 === 0 ? first : second);
  };
}

async function endsTurns(page: Page): Promise<void> {
  for (const name of ['Otters', 'Larks']) {
    await page.getByRole('button', { name, pressed: true }).waitFor();
    await page.waitForTimeout(500);
    await page.keyboard.press('Space');
  }
  await page.getByRole('button', { name: 'Hares', pressed: true }).waitFor();
}

const given = process.argv.slice(2);
const folder = path.resolve(given.find((argument) => !argument.startsWith('--')) ?? 'test-results/screenshots');
const README = path.resolve(import.meta.dirname, '../../docs/images');

async function open(browser: Browser, url: string, { width, height, colorScheme }: Look): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  await page.goto(url);
  await settled(page);
  return page;
}

async function shoot(
  browser: Browser,
  url: string,
  name: string,
  looks: readonly Look[],
  ready?: (page: Page) => Promise<unknown>,
): Promise<void> {
  for (const look of looks) {
    const page = await open(browser, url, look);
    await ready?.(page);
    await page.screenshot({ path: path.join(folder, `${name}-${look.name}.png`) });
    await page.context().close();
  }
}

/** Two devices at the same moment: right after their digits have changed. */
async function shootTogether(browser: Browser, url: string): Promise<void> {
  const looks = LOOKS.filter(({ name }) => name === 'wide-light' || name === 'phone');
  const pages = await Promise.all(looks.map((look) => open(browser, url, look)));
  const digits = (): Promise<string[]> =>
    Promise.all(pages.map(async (page) => (await page.locator('.clock-time').allTextContents()).join(' ')));
  const [before = ''] = await digits();
  await until('the digits change', async () => (await digits()).every((now, _, [first]) => now === first && now !== before));
  await Promise.all(pages.map((page, index) => page.screenshot({ path: path.join(folder, `together-${looks[index]?.name}.png`) })));
  for (const page of pages) await page.context().close();
}

async function main(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await buildConsole();
  const stage = new Stage();
  const browser = await launch();
  try {
    const { url } = await stage.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const [wide] = LOOKS;
    if (wide === undefined) return;
    await shoot(browser, url, 'setup', [...LOOKS, WALL]);
    await shoot(browser, url, 'own-rules', LOOKS, (page) => choose(page, 'Own rules'));
    for (const { name, preset, entries, play } of GAMES) {
      const page = await open(browser, url, wide);
      const hash = await createGame(page, preset, entries);
      await press(page, 'Start');
      await play(page);
      const looks = name === 'per_participant' ? [...LOOKS, WALL] : LOOKS;
      await shoot(browser, `${url}/${hash}`, name, looks, (shot) => shot.locator('.clock').first().waitFor());
      if (name !== 'per_participant') continue;
      await shootTogether(browser, `${url}/${hash}`);
      await shoot(browser, `${url}/${hash}`, 'history', LOOKS, async (shot) => {
        await press(shot, 'History');
        await shot.getByText('all there are').waitFor();
      });
      await shoot(browser, `${url}/${hash}`, 'share', LOOKS, async (shot) => {
        await press(shot, 'Share');
        await shot.getByRole('img', { name: 'QR code' }).waitFor();
      });
      await shoot(browser, `${url}/${hash}`, 'adjust', LOOKS, (shot) => press(shot, 'Adjust'));
      await page.context().close();
    }
    await shoot(browser, `${url}/#/operator`, 'operator', LOOKS, (page) =>
      // Two readings, for a line.
      page.locator('.sparkline polyline[points*=" "]').first().waitFor(),
    );
    if (given.includes('--readme')) await makeCollages(browser, folder, README);
    console.log(`pictures in ${folder}`);
  } finally {
    await browser.close();
    await stage.close();
    await stopServices();
  }
}

await main();
