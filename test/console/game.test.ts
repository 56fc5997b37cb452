import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { Stage } from '../sdk/kit.ts';
import { buildConsole, hasBrowser, launch, openDevice, sightings } from './browser.ts';
import { lacking } from '../kit/lacking.ts';

const TOLERANCE_MS = 50;

/** Waits until the clock of a player runs. */
async function turnOf(page: Page, player: string): Promise<void> {
  await page.locator(`.clock[data-player="${player}"][data-active="true"]`).waitFor({ timeout: 10_000 });
}

async function shows(page: Page, player: string, digits: string): Promise<void> {
  await page.locator(`.clock[data-player="${player}"] .clock-time`, { hasText: digits }).waitFor({ timeout: 10_000 });
}

async function createGame(page: Page, preset = 'Chess'): Promise<string> {
  await page.getByRole('radio', { name: preset }).check();
  await page.getByLabel('Plays first').fill('Anna');
  await page.getByLabel('Plays second').fill('Ben');
  await page.getByRole('button', { name: 'Create game' }).click();
  await page.getByRole('button', { name: 'Start' }).waitFor();
  return new URL(page.url()).hash;
}

describe('console', function () {
  this.timeout(60_000);
  let stage: Stage;
  let browser: Browser;
  let problems: string[];

  before(async function () {
    if (!hasBrowser) lacking(this, 'no Chromium at CHROMIUM_PATH or /usr/bin/chromium');
    await buildConsole();
    browser = await launch();
  });
  after(() => browser?.close());
  beforeEach(() => {
    stage = new Stage();
    problems = [];
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await stage.close();
  });

  it('a game made in one browser and played from another keeps time in both, over two instances and with one device’s clock set wrong', async () => {
    const [one, two] = [await stage.instance(), await stage.instance()];
    const anna = await openDevice(browser, one.url, problems);
    const hash = await createGame(anna);
    const ben = await openDevice(browser, `${two.url}/${hash}`, problems, { aheadMs: 30_000 });
    await ben.getByRole('heading', { name: 'Chess 5 + 3' }).waitFor();
    await ben.getByText(/−(29,999|30,000|30,001) ± /).waitFor();

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
    await ben.getByRole('button', { name: 'Finish' }).click();
    await ben.getByRole('button', { name: 'Really finish?' }).click();
    await anna.getByText('Finished').first().waitFor();

    const [here, there] = [await sightings(anna), await sightings(ben)];
    const shared = Object.keys(here).filter((sight) => there[sight] !== undefined && /4:5[789]$/.test(sight));
    expect(shared).to.include.members(['white 4:59', 'white 4:58', 'white 4:57', 'black 4:59', 'black 4:58', 'black 4:57']);
    for (const sight of shared) {
      const apart = Math.abs((here[sight] ?? 0) - (there[sight] ?? 0));
      expect(apart, `${sight} on both screens`).to.be.at.most(TOLERANCE_MS);
    }
    const finals = await Promise.all([anna, ben].map((page) => page.locator('.clock-time').allTextContents()));
    expect(finals[0]).to.deep.equal(finals[1]);
    expect(problems).to.deep.equal([]);
  });

  it('an idle player’s clock can’t be tapped, and a double tap ends one turn', async () => {
    const { url } = await stage.instance();
    const page = await openDevice(browser, url, problems);
    await createGame(page, 'Blitz');
    await page.getByRole('button', { name: 'Start' }).click();
    await turnOf(page, 'white');
    await page.locator('.clock[data-player="black"]').click({ force: true });
    await page.locator('.clock[data-player="white"]').dblclick();
    await turnOf(page, 'black');
    await page.getByText('1 move ·').waitFor();
    expect(await page.locator('.standing').textContent()).to.equal('Ben to move');
  });

  it('keeps counting while offline for three seconds, says so, and catches up', async () => {
    const [one, two] = [await stage.instance(), await stage.instance()];
    const anna = await openDevice(browser, one.url, problems);
    const hash = await createGame(anna);
    const ben = await openDevice(browser, `${two.url}/${hash}`, problems);
    await ben.getByRole('button', { name: 'Start' }).click();
    await turnOf(anna, 'white');
    await ben.context().setOffline(true);
    await ben.getByText('Reconnecting…').waitFor();
    await shows(ben, 'white', '4:57');
    await anna.keyboard.press('Space');
    await turnOf(anna, 'black');
    await ben.context().setOffline(false);
    await turnOf(ben, 'black');
    await ben.getByText('Connected').waitFor();
    await shows(anna, 'black', '4:55');
    await shows(ben, 'black', '4:55');
    const [here, there] = [await sightings(anna), await sightings(ben)];
    for (const sight of ['white 4:58', 'black 4:55']) {
      expect(Math.abs((here[sight] ?? 0) - (there[sight] ?? Infinity)), sight).to.be.at.most(TOLERANCE_MS);
    }
  });

  it('a device that comes late never shows a wrong time', async () => {
    const { url } = await stage.instance();
    const first = await openDevice(browser, url, problems);
    const hash = await createGame(first);
    await first.getByRole('button', { name: 'Start' }).click();
    await shows(first, 'white', '4:58');
    const late = await openDevice(browser, `${url}/${hash}`, problems);
    await shows(late, 'white', '4:57');
    const white = Object.keys(await sightings(late)).filter((sight) => sight.startsWith('white'));
    expect(white.filter((sight) => !/^white (–:––|4:5[78])$/.test(sight))).to.deep.equal([]);
  });

  it('is whole on a narrow phone, and tells how well it knows the time', async () => {
    const { url } = await stage.instance();
    const page = await openDevice(browser, url, problems, { width: 320, height: 568 });
    await createGame(page);
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).to.equal(0);
    await page.getByText('Connected').waitFor();
    await page.getByText(/[+−][\d.,]+ ± [\d.]+ ms/).waitFor();
    expect(await page.getByLabel('Link for a second device').inputValue()).to.equal(page.url());
  });

  it('a link to a game that is gone says so kindly', async () => {
    const { url } = await stage.instance();
    const page = await openDevice(browser, `${url}/#/s/nowhere`, problems);
    await page.getByText('This game does not exist any more').waitFor();
    await page.getByRole('link', { name: 'New game' }).click();
    await page.getByRole('button', { name: 'Create game' }).waitFor();
    expect(problems).to.deep.equal([]);
  });
});
