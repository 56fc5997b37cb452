import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { JWT } from '../access/kit.ts';
import { freshDatabase } from '../kit/services.ts';
import { createGame, rested, settled, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';
import { eachView } from './views.ts';

/** From an old phone to a wall, and a phone on its side. */
const SIZES = [
  ...[320, 390, 480, 600, 768, 1024, 1280, 1920, 2560, 3840].map((width) => [width, Math.round(Math.max(568, width * 0.5625))] as const),
  [667, 375],
] as const;
const SMALLEST_TARGET = 44;
/** Those of axe's usual rules that look at colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Runs in the page: what does not fit, and what is too small for a finger. */
const MEASURE = `(() => {
  const faults = [];
  const root = document.documentElement;
  const within = document.querySelector('dialog[open]') ?? document.body;
  const name = (element) => element.tagName.toLowerCase() + '.' + element.className + ' “' + (element.ariaLabel ?? element.textContent.trim()).slice(0, 30) + '”';
  if (root.scrollWidth > root.clientWidth) faults.push('the page is wider than the screen by ' + (root.scrollWidth - root.clientWidth));
  for (const element of within.querySelectorAll('button, a, input, select, summary, .clock-time, .clock-name, .clock-phase, h1, h2')) {
    const box = element.getBoundingClientRect();
    if (box.width === 0) continue;
    if (box.left < -1 || box.right > root.clientWidth + 1) faults.push(name(element) + ' sticks out of the screen');
    const clock = element.closest('.clock')?.getBoundingClientRect();
    if (clock && (box.left < clock.left - 1 || box.right > clock.right + 1 || box.top < clock.top - 1 || box.bottom > clock.bottom + 1)) {
      faults.push(name(element) + ' sticks out of its clock');
    }
    if (!element.matches('button, a, input, select, summary')) continue;
    const target = (element.closest('label') ?? element).getBoundingClientRect();
    if (target.height < ${SMALLEST_TARGET} || target.width < ${SMALLEST_TARGET}) faults.push(name(element) + ' is a target of ' + target.width + ' × ' + target.height);
  }
  return faults;
})()`;

describe('console: views', function () {
  this.timeout(300_000);
  const room = browserRoom();
  let axe: string;
  let database: string;

  before(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    database = await freshDatabase();
  });

  /** What axe finds. Another colour scheme changes nothing but colours. */
  async function violations(page: Page, onlyColours: boolean): Promise<string[]> {
    if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe);
    const options = { resultTypes: ['violations'], ...(onlyColours ? { runOnly: { type: 'rule', values: COLOUR_RULES } } : {}) };
    const { violations: found } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
    return found.map(
      ({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
    );
  }

  const SCHEMES = ['light', 'dark'] as const;
  async function violationsIn(page: Page, view: string): Promise<string[]> {
    const faults: string[] = [];
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      for (const fault of await violations(page, colorScheme === 'dark')) faults.push(`${view}, ${colorScheme}: ${fault}`);
    }
    return faults;
  }

  it('CO-50 CO-51 axe finds no fault in any view, light or dark; every view fits from 320 px to 4K, and every control is at least 44 px', async () => {
    const { url } = await room.stage.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: database });
    // Without transitions, or colours are looked at halfway.
    const page = await room.open(url, { reducedMotion: 'reduce' });
    const faults: string[] = [];
    await eachView(page, url, async (view) => {
      faults.push(...(await violationsIn(page, view)));
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        for (const fault of await page.evaluate<string[]>(MEASURE)) faults.push(`${view} at ${width} × ${height}: ${fault}`);
      }
      await page.setViewportSize({ width: 1200, height: 750 });
    });
    const locked = await room.open((await room.stage.instance(JWT)).url, { reducedMotion: 'reduce' });
    await locked.getByRole('heading', { name: 'Who are you?' }).waitFor({ timeout: 30_000 });
    faults.push(...(await violationsIn(locked, 'sign in')));
    expect(faults.join('\n')).to.equal('');
  });

  it('CO-52 a whole game is played by keyboard; the focus shows, and comes back when a sheet closes', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await settled(page);
    const tabTo = async (name: string): Promise<void> => {
      for (let steps = 0; steps < 40; steps += 1) {
        await page.keyboard.press('Tab');
        const [text, visible] = await page.evaluate<[string, boolean]>(`(() => {
          const focused = document.activeElement;
          const ring = [focused, focused.closest('label')].some((element) => element !== null && getComputedStyle(element).outlineStyle !== 'none');
          return [(focused.ariaLabel ?? focused.textContent).trim(), ring || focused === document.body];
        })()`);
        expect(visible, `focus on “${text}”`).to.equal(true);
        if (text === name) return;
      }
      throw new Error(`no way to ${name} by Tab`);
    };
    await tabTo('Create');
    await page.keyboard.press('Enter');
    await stands(page, 'Ready to start');
    await page.keyboard.press('Space');
    await turnOf(page, 'white');
    await rested(page);
    await page.keyboard.press('Space');
    await turnOf(page, 'black');
    await tabTo('Pause');
    // A second press by the same means within 300 ms would be a double press.
    await rested(page);
    // On a button the space bar means the button.
    await page.keyboard.press('Space');
    await stands(page, 'Paused');
    await tabTo('More');
    await rested(page);
    await page.keyboard.press('Enter');
    await tabTo('Share');
    await rested(page);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Share' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.ariaLabel')).to.equal('More');
    await tabTo('Finish');
    await rested(page);
    await page.keyboard.press('Enter');
    await tabTo('Finish the game');
    await rested(page);
    await page.keyboard.press('Enter');
    await stands(page, 'Finished');
  });

  it('CO-53 nothing moves for people who have asked for less motion', async () => {
    const { url } = await room.stage.instance();
    const transitions = async (reducedMotion: 'reduce' | 'no-preference'): Promise<string> => {
      const page = await room.open(url, { reducedMotion });
      await createGame(page, 'Chess');
      return page.evaluate<string>(`getComputedStyle(document.querySelector('.clock')).transitionDuration`);
    };
    expect(await transitions('no-preference')).not.to.match(/^0s$/);
    expect(await transitions('reduce')).to.equal('0s');
  });

  it('CO-54 a link that leads nowhere says what is wrong with it and leads to the first page', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(`${url}/#token=`);
    const faults = { '#/s/': 'names no game', '#/s/%E0%A4%A': 'names no game', '#nonsense': 'no view', '#/stage/x&delay=soon': 'delay=5' };
    for (const [hash, fault] of Object.entries(faults)) {
      await page.getByRole('button', { name: 'Advanced' }).waitFor({ timeout: 30_000 });
      await page.goto(`${url}/${hash}`);
      await page.getByRole('status').getByText(fault).waitFor({ timeout: 30_000 });
      // By key: a second click so soon at the same place would be that of a double click.
      await page.getByRole('link', { name: 'To the first page' }).press('Enter');
    }
    expect(room.problems).to.deep.equal([]);
  });
});
