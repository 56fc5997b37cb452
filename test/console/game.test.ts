import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { until } from '../kit/until.ts';
import { type Sightings, sightings } from './browser.ts';
import { createGame, press, shows, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

/** A busy machine makes frames of a page late. How exact a page is on its own is in deadline.test.ts. */
const TOLERANCE_MS = 1_000;
const ONE_LATE_MS = 3_000;

/** Waits until pages have shown this, be it that a busy one shows the next second already. */
const haveShown = (sight: string, ...pages: Page[]) =>
  Promise.all(pages.map((page) => until(sight, async () => (await sightings(page))[sight] !== undefined)));

/** A game of Anna and Ben; returns the hash of its page. */
const chess = (page: Page, preset = 'Chess'): Promise<string> => createGame(page, preset, { White: 'Anna', Black: 'Ben' });

function expectTogether(sights: string[], here: Sightings, there: Sightings): void {
  const apart = sights.map((sight) => Math.abs((here[sight] ?? 0) - (there[sight] ?? Infinity))).sort((a, b) => a - b);
  expect(apart[Math.floor(apart.length / 2)], 'on both screens, mostly').to.be.at.most(TOLERANCE_MS);
  expect(apart.at(-1), 'on both screens').to.be.at.most(ONE_LATE_MS);
}

describe('console: a game', () => {
  const room = browserRoom();

  it('CO-8 a game that one browser creates and another one plays shows the same times in both, over two instances and with one device’s clock set wrong', async () => {
    const [one, two] = [await room.stage.instance(), await room.stage.instance()];
    const anna = await room.open(one.url);
    const hash = await chess(anna);
    const ben = await room.open(`${two.url}/${hash}`, { aheadMs: 30_000 });
    await ben.getByRole('heading', { name: 'Chess 5 + 3' }).waitFor();
    await ben.getByText(/−(29,99\d|30,00\d) ± /).waitFor();

    await ben.keyboard.press('Space');
    await turnOf(anna, 'white');
    await shows(anna, 'white', '4:57');
    await anna.locator('.clock[data-active="true"]').click();
    await turnOf(ben, 'black');
    await shows(ben, 'black', '4:57');
    await ben.keyboard.press('Space');
    await turnOf(anna, 'white');
    await anna.getByRole('button', { name: 'Pause' }).click();
    await ben.getByRole('button', { name: 'Resume' }).click();
    await turnOf(anna, 'white');
    await press(ben, 'Finish');
    await ben.getByRole('button', { name: 'Finish the game' }).click();
    await anna.getByText('Finished').first().waitFor();

    const [here, there] = [await sightings(anna), await sightings(ben)];
    const shared = Object.keys(here).filter((sight) => there[sight] !== undefined && /4:5[789]$/.test(sight));
    // Of six; a page that is held up for a second leaves one out.
    expect(shared).to.have.length.above(2);
    expectTogether(shared, here, there);
    const finals = await Promise.all([anna, ben].map((page) => page.locator('.clock-time').allTextContents()));
    expect(finals[0]).to.deep.equal(finals[1]);
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-9 an idle player’s clock can’t be tapped, and a double tap ends one turn', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await chess(page, 'Rapid');
    await page.getByRole('button', { name: 'Start' }).click();
    await turnOf(page, 'white');
    await page.locator('.clock[data-player="black"]').click({ force: true });
    await page.locator('.clock[data-player="white"]').dblclick();
    await turnOf(page, 'black');
    await page.getByText('· 1 move').waitFor();
    expect(await page.locator('.standing').textContent()).to.equal('Ben to move');
  });

  it('CO-8 a page that is offline for three seconds keeps counting, says so, catches up, and shows the same times to the end of the game', async () => {
    const [one, two] = [await room.stage.instance(), await room.stage.instance()];
    const anna = await room.open(one.url);
    const hash = await chess(anna);
    const ben = await room.open(`${two.url}/${hash}`);
    await ben.getByRole('button', { name: 'Start' }).click();
    await turnOf(anna, 'white');
    await ben.context().setOffline(true);
    await ben.getByText('Reconnecting…').waitFor();
    await haveShown('white 4:57', ben);
    await anna.keyboard.press('Space');
    await turnOf(anna, 'black');
    await ben.context().setOffline(false);
    await turnOf(ben, 'black');
    await ben.getByText('Connected').waitFor();
    const backAt = await ben.evaluate<number>('performance.timeOrigin + performance.now()');
    await haveShown('black 4:55', anna, ben);
    await ben.keyboard.press('Space');
    await turnOf(anna, 'white');
    await shows(anna, 'white', /4:5[0-6]/);
    await anna.keyboard.press('Space');
    await turnOf(ben, 'black');
    await press(ben, 'Finish');
    await press(ben, 'Finish the game');
    for (const page of [anna, ben]) await stands(page, 'Finished');

    const [here, there] = [await sightings(anna), await sightings(ben)];
    // Together before one of them was away, and whatever came up after it was back.
    const shared = Object.keys(here).filter(
      (sight) => there[sight] !== undefined && ((here[sight] ?? 0) > backAt || sight === 'white 4:58'),
    );
    expect(shared).to.include.members(['white 4:58', 'black 4:55']);
    expectTogether(shared, here, there);
    const finals = await Promise.all([anna, ben].map((page) => page.locator('.clock-time').allTextContents()));
    expect(finals[0]).to.deep.equal(finals[1]);
  });

  it('CO-9 a device that joins late never shows a wrong time', async () => {
    const { url } = await room.stage.instance();
    const first = await room.open(url);
    const hash = await chess(first);
    await first.getByRole('button', { name: 'Start' }).click();
    await shows(first, 'white', '4:58');
    const late = await room.open(`${url}/${hash}`);
    const white = async () => Object.keys(await sightings(late)).filter((sight) => sight.startsWith('white 4'));
    while ((await white()).length < 3) await late.waitForTimeout(100);
    const [there, here] = [await sightings(late), await sightings(first)];
    const seen = Object.keys(there).filter((sight) => sight.startsWith('white') && sight !== 'white –:––');
    for (const [index, sight] of seen.entries()) {
      const after = (there[sight] ?? Infinity) - (here[sight] ?? Infinity);
      // It comes somewhere within the first second that it shows.
      expect(after, `${sight} on the late screen`).to.be.within(-ONE_LATE_MS, ONE_LATE_MS + (index === 0 ? 1_000 : 0));
    }
  });

  it('CO-51 a game fits on a narrow phone, and the page tells how exactly it knows the time', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url, { width: 320, height: 568 });
    await chess(page);
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).to.equal(0);
    await page.getByText('Connected').waitFor();
    await page.getByText(/[+−][\d.,]+ ± [\d.]+ ms/).waitFor();
  });

  it('CO-54 a link to a game that is gone leads to a page that says so', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(`${url}/#/s/nowhere`);
    await page.getByText('This game does not exist any more').waitFor();
    await page.getByRole('link', { name: 'New game' }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).waitFor();
    expect(room.problems).to.deep.equal([]);
  });
});
