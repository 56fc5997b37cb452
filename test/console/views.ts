/** Every view of the console, one after the other on one page, for tests of how they look. */
import type { Page } from 'playwright-core';
import { choose, createGame, type Entries, press, rested, settled, shows, stands, turnOf } from './play.ts';

/** Calls `look` at each view. The server needs a trail. */
export async function eachView(page: Page, url: string, look: (view: string) => Promise<void>): Promise<void> {
  const home = async (): Promise<void> => {
    await page.goto(`${url}/#/`);
    await settled(page);
  };
  const started = async (preset: string, entries?: Entries, isOpen = false): Promise<void> => {
    if (!isOpen) await home();
    await createGame(page, preset, entries);
    await press(page, 'Start');
    await page.locator('.clock[data-active="true"]').waitFor({ timeout: 30_000 });
  };
  const crowd = async (preset: string, standing = '·', entries: Entries = {}): Promise<void> => {
    await home();
    await createGame(page, preset, entries);
    await press(page, 'Start');
    await stands(page, standing);
  };
  await home();
  await look('setup');
  await press(page, 'Paste a list');
  await look('setup with a list');
  await choose(page, 'Three stages');
  await look('setup of a time control');
  await choose(page, 'Own rules');
  await page.getByLabel('Time for each').fill('soon');
  await press(page, 'Create');
  await page.locator('.field[data-faulty="true"]').waitFor();
  await look('own rules with a fault');

  await started('Chess');
  await look('per_participant');
  await rested(page);
  await page.keyboard.press('Space');
  await turnOf(page, 'black');
  for (const sheet of ['Adjust', 'Finish', 'Share', 'History']) {
    await press(page, sheet);
    if (sheet === 'Share') await page.getByRole('img', { name: 'QR code' }).waitFor({ timeout: 30_000 });
    if (sheet === 'History') {
      await page.getByText('all there are').waitFor({ timeout: 30_000 });
      await page.getByText('As a table').click();
    }
    await look(sheet);
    await press(page, 'Close');
  }
  for (const sheet of ['Seat', 'Sound', 'Keys']) {
    await press(page, sheet);
    await page.getByRole('dialog').waitFor({ timeout: 30_000 });
    await look(sheet);
    await press(page, 'Close');
  }
  await press(page, 'More');
  await look('behind ⋯');
  await press(page, 'Pause');
  await stands(page, 'Paused');
  await look('paused');
  await page.goto(`${page.url()}&watch`);
  await page.getByText('Watching').waitFor({ timeout: 30_000 });
  await look('watching');

  await started('Three stages');
  await page.locator('.clock-phase', { hasText: '40 moves to +1:00:00' }).first().waitFor();
  await look('stages');
  await started('Byo-yomi', { 'Time control': '1s 5x30 byo-yomi' });
  await page.locator('.clock-phase', { hasText: 'period 1 of 5' }).waitFor();
  await look('period');
  await started('Backgammon');
  await page.locator('.clock-phase', { hasText: 'delay' }).waitFor();
  await look('delay');

  await started('Team match');
  await look('per_group');
  await started('Quiz question');
  await look('per_cycle');
  await started('Meeting agenda');
  await page.locator('.programme-plan', { hasText: 'over at' }).waitFor();
  await look('rundown');
  await page.locator('.programme button', { hasText: 'Plans' }).click();
  await look('an item');
  await press(page, 'Close');
  await press(page, 'Stage');
  await page.getByRole('img', { name: 'QR code' }).waitFor({ timeout: 30_000 });
  await look('stage sheet');
  await page.getByLabel('Message to the stage').fill('Please wrap up');
  await press(page, 'Show');
  await page.goto(page.url().replace('#/s/', '#/stage/'));
  await page.locator('.stage-message', { hasText: 'Please wrap up' }).waitFor({ timeout: 30_000 });
  await look('stage');
  await started('Intervals');
  await look('intervals');
  await crowd('Exam');
  await page.locator('.hall-left', { hasText: /1:2\d:\d\d/ }).waitFor({ timeout: 30_000 });
  await look('hall');
  await page.getByRole('button', { name: 'Everybody', exact: true }).click();
  await look('one of the hall');
  await press(page, 'Close');
  await page.goto(`${page.url()}&as=everybody`);
  await page.getByRole('button', { name: 'Hand in' }).waitFor({ timeout: 15_000 });
  await look('own clock');
  await started('Auction');
  await rested(page);
  await page.getByRole('button', { name: 'Paddle 2' }).click();
  await stands(page, 'Highest bid');
  await look('auction');
  await page.goto(`${page.url()}&as=paddle-4`);
  await page.getByRole('button', { name: 'Bid 20' }).waitFor({ timeout: 15_000 });
  await look('bidder');
  await home();
  await choose(page, 'Quiz');
  await look('setup of a quiz');
  await crowd('Quiz', 'answered', { 'Time for each turn': '5:00', 'Who plays, one a line': 'Anna' });
  await look('quiz');
  const quiz = page.url();
  await page.goto(`${quiz}&join`);
  await page.getByRole('link', { name: 'Anna' }).click();
  await page.getByRole('button', { name: 'Lima' }).click();
  await page.getByText('Sent after').waitFor({ timeout: 15_000 });
  await look('player of a quiz');
  await page.goto(quiz);
  await page.locator('.quiz-rule').waitFor({ timeout: 30_000 });
  // By key: a click so soon after the player's at the same place would be the second press of a double click.
  await page.getByRole('button', { name: 'Lima' }).press('Enter');
  await page.locator('.quiz-scores').waitFor({ timeout: 30_000 });
  await look('scores');
  await crowd('Race');
  await page.getByRole('button', { name: 'Split: Lane 1' }).click();
  await page.getByRole('button', { name: 'Finish: Lane 2' }).click();
  await page.locator('.race li[data-place="1"]').waitFor();
  await page.locator('.race-splits').waitFor();
  await look('race');
  await started('Countdown');
  await shows(page, 'global', /1:29:5\d/);
  await look('global');
  await started('Stopwatch');
  await look('count_up');
  await home();
  await choose(page, 'Chess');
  await press(page, 'Advanced');
  await started('Chess', { 'Time for each': '50 s', 'Warnings when this is left': '60 s, 10 s' }, true);
  await page.locator('.clock[data-level="soon"]').first().waitFor();
  await look('soon');
  await started('Own rules', { 'Time for each': '1 s', 'Overtime after zero': '10:00' });
  await page.locator('.clock[data-level="over"]').first().waitFor();
  await look('overtime');
  await started('Auction lot', { 'Time for each turn': '6 s' });
  await look('now');
  await stands(page, 'Time is up');
  await look('expired');
  await page.goto(`${url}/#/s/nowhere`);
  await page.getByText('does not exist any more').waitFor({ timeout: 30_000 });
  await look('gone');
  await page.goto(`${url}/#/nonsense`);
  await page.getByText('no view of that name').waitFor({ timeout: 30_000 });
  await look('nowhere');
  await page.goto(`${url}/#/board`);
  await page.getByLabel('Sessions to put on the board').fill(quiz);
  await press(page, 'Add');
  await page.getByText('in all').waitFor({ timeout: 30_000 });
  await look('board');
  await page.goto(`${url}/#/playground`);
  await page.locator('.turn-table').waitFor({ timeout: 30_000 });
  await look('playground');
  await page.goto(`${url}/#/operator`);
  await page.getByRole('region', { name: 'Clock' }).waitFor({ timeout: 30_000 });
  await page.getByLabel('Find a session').fill(quiz);
  await page.getByLabel('Find a session').press('Enter');
  await page.getByRole('button', { name: 'End it' }).waitFor({ timeout: 30_000 });
  await look('operator');
}
