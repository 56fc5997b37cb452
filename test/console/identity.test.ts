import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { inSeconds, JWT, sign } from '../access/kit.ts';
import { createGame, press } from './play.ts';
import { browserRoom } from './room.ts';

const PATIENCE = { timeout: 30_000 };
const QUESTION = 'Become somebody else?';

describe('console: identity', () => {
  const room = browserRoom();

  const says = (page: Page, text: string | RegExp) => page.locator('.status-item', { hasText: text }).waitFor(PATIENCE);
  const asks = (page: Page) => page.getByRole('dialog', { name: QUESTION }).waitFor(PATIENCE);
  /** The token that the tab has. */
  const kept = (page: Page) => page.evaluate<string>("sessionStorage.getItem('synckairos.token')");
  const anna = async (exp = inSeconds(3_600)) => sign({ sub: 'anna', exp });
  const mallory = async () => sign({ sub: 'mallory' });

  it('CO-60 the page says who its user is, in which role, and until when', async () => {
    const { url } = await room.stage.instance(JWT);
    const until = inSeconds(7_200);
    const page = await room.open(`${url}/#token=${await anna(until)}`);
    await says(page, /^You are anna ?until /);
    const shown = await page.evaluate<string>(`new Date(${until * 1_000}).toLocaleString([], { hour: '2-digit', minute: '2-digit' })`);
    await says(page, `until ${shown}`);
    await createGame(page, 'Chess');
    await says(page, /^You are anna ?owner ?until /);

    const watcher = await room.open(
      `${url}/#token=${await sign({ sub: 'walter', sessions: { '*': 'viewer' }, exp: inSeconds(40 * 86_400) })}`,
    );
    await says(watcher, /^You are walter ?watcher ?until .*\d{4}/);
    const nobody = await room.open(url);
    await nobody.getByRole('heading', { name: 'Who are you?' }).waitFor(PATIENCE);
    expect(await nobody.locator('.identity').count()).to.equal(0);
  });

  it('CO-61 a link for somebody else asks before it replaces the identity of the tab; closing the question changes nothing', async () => {
    const { url } = await room.stage.instance(JWT);
    const [mine, other] = [await anna(), await mallory()];
    const page = await room.open(`${url}/#token=${mine}`);
    const game = await createGame(page, 'Chess');
    // The tab goes to the link of somebody else, as by a link on a page or a pasted address.
    await page.evaluate(`location.href = '${url}/${game}&token=${other}'`);
    await asks(page);
    expect(page.url()).to.equal(`${url}/${game}`);
    await page.getByRole('dialog').getByText('mallory').waitFor();
    await press(page, 'Stay who I am');
    await says(page, /^You are anna ?owner/);
    expect(await kept(page)).to.equal(mine);

    await page.goto('about:blank');
    await page.goto(`${url}/#token=${other}`);
    await asks(page);
    await page.keyboard.press('Escape');
    await says(page, 'You are anna');
    await page.reload();
    await says(page, 'You are anna');
    expect(await page.getByRole('dialog').count()).to.equal(0);

    await page.evaluate(`location.hash = 'token=${other}'`);
    await asks(page);
    await press(page, 'Change');
    await says(page, 'You are mallory');
    expect(await kept(page)).to.equal(other);
    expect(page.url()).to.not.contain('token');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-62 nothing is asked for the first token, for a newer one of the same person, nor where the former one has ended; an older one changes nothing', async () => {
    const { url } = await room.stage.instance(JWT);
    const page = await room.open(`${url}/#token=${await anna()}`);
    const newer = await anna(inSeconds(7_200));
    await page.evaluate(`location.hash = 'token=${newer}'`);
    await page.waitForFunction(`sessionStorage.getItem('synckairos.token') === '${newer}'`, undefined, PATIENCE);
    await says(page, 'You are anna');
    expect(await page.getByRole('dialog').count()).to.equal(0);

    await page.evaluate(`location.hash = 'token=${await anna(inSeconds(60))}'`);
    await page.waitForFunction("location.hash === ''", undefined, PATIENCE);
    expect(await kept(page), 'an older one').to.equal(newer);

    await page.evaluate(`sessionStorage.setItem('synckairos.token', '${await anna(inSeconds(-60))}')`);
    await page.evaluate(`location.hash = 'token=${await mallory()}'`);
    await says(page, 'You are mallory');
    expect(await page.getByRole('dialog').count()).to.equal(0);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [320, 1280]) {
      it(`CO-63 the question of CO-61 fits ${width} px in ${colorScheme}, and axe finds no fault in it`, async () => {
        const { url } = await room.stage.instance(JWT);
        const long = await sign({ sub: `auth0|${'x'.repeat(200)}`, sessions: { '*': 'owner' } });
        const page = await room.open(`${url}/#token=${long}`, { width, height: 700, colorScheme, reducedMotion: 'reduce' });
        await page.getByText('Connected').waitFor(PATIENCE);
        const fits = () => page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');
        expect(await fits(), 'the line at the bottom').to.equal(true);
        await page.evaluate(`location.hash = 'token=${await mallory()}'`);
        await asks(page);
        await page.getByText('Connected').waitFor(PATIENCE);
        expect(await fits(), 'the question').to.equal(true);
        await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
        const found = await page.evaluate<string[]>(
          "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id }) => id))",
        );
        expect(found).to.deep.equal([]);
      });
    }
  }
});
