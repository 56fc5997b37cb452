import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { until } from '../kit/until.ts';
import { choose, createGame, press, shows, stands } from './play.ts';
import { browserRoom } from './room.ts';

/** Counts the tones that a page plays, instead of listening to them. */
const COUNT_TONES = `globalThis.tones = 0; globalThis.listening = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...when) { globalThis.tones += 1; return start.apply(this, when); };
  globalThis.AudioContext = class extends AudioContext {
    constructor(...given) { super(...given); globalThis.listening += 1; globalThis.audio = this; }
    resume() { return globalThis.asleep ? Promise.reject(new Error('not now')) : super.resume(); }
  };`;

const announced = (page: Page, text: string): Promise<void> =>
  page.locator('[role="status"]', { hasText: text }).waitFor({ state: 'attached', timeout: 20_000 });

async function switchOn(page: Page): Promise<void> {
  await press(page, 'Sound');
  await page.getByRole('dialog').getByRole('button', { name: 'Sound' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sound', pressed: true }).waitFor();
  await press(page, 'Close');
}

describe('console: time runs out', () => {
  const room = browserRoom();

  it('CO-6 warning thresholds show by colour and are announced; they sound only where somebody asked for it', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await page.addInitScript({ content: COUNT_TONES });
    await page.reload();
    await choose(page, 'Auction lot');
    await press(page, 'Advanced');
    const hash = await createGame(page, 'Auction lot', { 'Time for each turn': '13 s', 'Warnings when this is left': '12 s, 10 s, 5 s' });
    const quiet = await room.open(url);
    await quiet.addInitScript({ content: COUNT_TONES });
    await quiet.goto(`${url}/${hash}`);
    await quiet.reload();
    const tones = (of: Page): Promise<number> => of.evaluate<number>('tones');
    expect(await page.evaluate('listening')).to.equal(0);
    await switchOn(page);
    // One tone, so that whoever asked knows how loud it is.
    expect(await tones(page)).to.equal(1);
    await press(page, 'Start');
    await page.locator('.clock[data-level="soon"][data-active="true"]').waitFor({ timeout: 20_000 });
    await page.locator('.clock[data-level="now"][data-active="true"]').waitFor({ timeout: 20_000 });
    await announced(page, 'The clock: 10 seconds left');
    await announced(page, 'The clock: 5 seconds left');
    await page.locator('.clock[data-expired="true"]').waitFor({ timeout: 20_000 });
    await announced(page, 'Time is up');
    // Three warnings, and three tones for the end.
    await until('all tones', async () => (await tones(page)) === 7);
    await stands(quiet, 'Time is up');
    expect(await tones(quiet)).to.equal(0);
  });

  it('CO-90 sound that was interrupted works again by itself, at a touch or with the next warning', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await page.addInitScript({ content: COUNT_TONES });
    await page.reload();
    await createGame(page, 'Auction lot', { 'Time for each turn': '14 s' });
    await switchOn(page);
    const state = (): Promise<string> => page.evaluate<string>('audio.state');
    const runs = async (): Promise<boolean> => (await state()) === 'running';
    await until('sound', runs);
    // As a call or another application does it. Chromium lets a page suspend its own, and says so in the same way.
    await page.evaluate('audio.suspend()');
    await until('sound after an interruption', runs);
    // Where the browser waits for a touch: nothing wakes it before.
    await page.evaluate('globalThis.asleep = true; audio.suspend()');
    expect(await state()).to.equal('suspended');
    await page.evaluate('globalThis.asleep = false');
    await page.mouse.click(5, 5);
    await until('sound after a touch', runs);
    // And where nobody touches it, the next warning does.
    await page.evaluate('globalThis.asleep = true; audio.suspend()');
    await press(page, 'Start');
    await page.evaluate('globalThis.asleep = false; tones = 0');
    expect(await state()).to.equal('suspended');
    await until('the first warning', async () => (await page.evaluate<number>('tones')) > 0);
    expect(await state()).to.equal('running');
  });

  it('CO-7 CO-91 adjusting gives time to the chosen clock on every screen, and says in a person’s words where it is refused', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    const hash = await createGame(page, 'Chess', { White: 'Anna', Black: 'Ben' });
    const other = await room.open(`${url}/${hash}`);
    await shows(other, 'black', '5:00');
    await press(page, 'Adjust');
    await page.getByRole('radio', { name: 'Ben' }).check();
    await press(page, '+1 min');
    await shows(other, 'black', '6:00');
    await press(page, '−5 min');
    await shows(other, 'black', '1:00');
    await press(page, '−1 min');
    await page.getByRole('alert').filter({ hasText: 'Something must be left on the clock' }).waitFor({ timeout: 30_000 });
    await shows(other, 'white', '5:00');
    await page.keyboard.press('Escape');
    await press(page, 'Finish');
    await press(page, 'Cancel it: it won’t count');
    await stands(other, 'Cancelled');
  });
});
