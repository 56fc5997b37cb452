import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { choose, createGame, press, rested, shows, stands, stateOf, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

/** Adds rows to a preset and names them. */
async function withRows(page: Page, preset: string, names: string[]): Promise<void> {
  await choose(page, preset);
  await press(page, 'Advanced');
  for (const [index, name] of names.entries()) {
    await press(page, 'Add one');
    await page.locator('.row').nth(index).locator('input').first().fill(name);
  }
}

describe('console: what each preset is used for', () => {
  const room = browserRoom();

  it('CO-80 a meeting takes up each item once, in order, and is over after the last; the list tells what is done', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await createGame(page, 'Meeting agenda');
    await press(page, 'Start');
    const item = (title: string, status: string) =>
      page.locator(`.programme li[data-status="${status}"]`, { hasText: title }).waitFor({ timeout: 30_000 });
    for (const [title, next] of [
      ['Welcome', 'Review'],
      ['Review', 'Plans'],
      ['Plans', 'Questions'],
    ] as const) {
      await item(title, 'running');
      await press(page, 'Next item');
      await stands(page, `Now: ${next}`);
      await item(title, 'done');
    }
    await page.locator('.programme-plan', { hasText: 'ahead' }).waitFor();
    await page.getByRole('button', { name: 'End meeting' }).click();
    await stands(page, 'Finished');
    const state = await stateOf(page);
    expect(state).to.include({ status: 'completed', cycle_count: 3, item_index: 3 });
    expect(state.items?.map(({ status }) => status)).to.deep.equal(['done', 'done', 'done', 'done']);
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-80 neither a tap nor the space bar ends a meeting, whose last item goes on below zero', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await choose(page, 'Meeting agenda');
    await page.getByLabel('Own time', { exact: true }).last().fill('2 s');
    const hash = await createGame(page, 'Meeting agenda');
    const wall = await room.open(`${url}/${hash}&watch`);
    await press(page, 'Start');
    for (const next of ['Review', 'Plans', 'Questions']) {
      await press(page, 'Next item');
      await stands(page, `Now: ${next}`);
    }
    await rested(page);
    await page.locator('.clock').click({ force: true });
    await page.keyboard.press('Space');
    expect(await stateOf(page)).to.include({ status: 'running', item_index: 3 });
    await shows(wall, 'global', /^−(\d\.\d|0:\d\d)$/);
    await stands(wall, 'Now: Questions');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-81 a bid is made for the paddle whose name is pressed, and a lot is sold to the last bidder', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await withRows(page, 'Auction lot', ['Anna', 'Ben', 'Cem']);
    await createGame(page, 'Auction lot', { 'Time for each turn': '12 s' });
    await press(page, 'Start');
    await stands(page, 'No bid yet');
    // No paddle was pressed, so it is not known who bids.
    expect(await page.getByRole('button', { name: 'New bid' }).count()).to.equal(0);
    await rested(page);
    await page.locator('.clock').click({ force: true });
    await page.keyboard.press('Space');
    expect(await stateOf(page)).to.include({ cycle_count: 0 });
    expect(await page.getByRole('button', { pressed: true }).count()).to.equal(0);
    for (const bidder of ['Cem', 'Anna', 'Cem']) {
      await page.getByRole('button', { name: bidder }).click();
      await stands(page, `Highest bid: ${bidder}`);
    }
    await stands(page, 'Sold to Cem');
    await page.locator('.clock-note', { hasText: 'Sold' }).waitFor();
    expect(await stateOf(page)).to.include({ status: 'expired', cycle_count: 4, active_participant_id: 'paddle-3' });
    expect(await page.locator('body').textContent()).not.to.contain('ran out of time');
  });

  it('CO-81 a lot without a bid is sold to nobody', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await withRows(page, 'Auction lot', ['Anna', 'Ben']);
    await createGame(page, 'Auction lot', { 'Time for each turn': '1 s' });
    await press(page, 'Start');
    await stands(page, 'Time is up, no bid');
    expect(await page.locator('.clock').textContent()).not.to.contain('Anna');
  });

  it('CO-82 a tap on a countdown for a room does nothing, while a stopwatch takes laps', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await createGame(page, 'Countdown');
    await press(page, 'Start');
    await shows(page, 'global', /1:29:5/);
    await rested(page);
    await page.locator('.clock').click({ force: true });
    await page.keyboard.press('Space');
    await press(page, 'Pause');
    await stands(page, 'Paused');
    expect(await stateOf(page)).to.include({ status: 'paused', cycle_count: 0, version: 3 });
    expect(await page.getByRole('button', { name: 'Lap' }).count()).to.equal(0);

    const watch = await room.open(url);
    await createGame(watch, 'Stopwatch');
    await press(watch, 'Start');
    await turnOf(watch, 'global');
    await watch.locator('.clock').click();
    await watch.locator('.clock', { hasText: 'lap' }).waitFor();
    await until('a lap', async () => (await stateOf(watch)).cycle_count === 1);
  });

  it('CO-83 the share sheet offers a link to watch first in a game with a crowd, and a link to play in a game with one opponent', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    const chosen = async (preset: string): Promise<string> => {
      await page.goto(`${url}/#/`);
      await createGame(page, preset);
      await press(page, 'Share');
      const link = await page.getByLabel('Link for others').inputValue({ timeout: 30_000 });
      return link.endsWith('&watch') ? 'Watch only' : 'Control';
    };
    for (const preset of [
      'Exam',
      'Race',
      'Countdown',
      'Auction lot',
      'Quiz question',
      'Meeting agenda',
      'Intervals',
      'Team match',
      'Stopwatch',
    ]) {
      expect(await chosen(preset), preset).to.equal('Watch only');
    }
    expect(await chosen('Chess')).to.equal('Control');
  });

  it('CO-84 the button that adds an entry names what it adds: an item, a paddle, a team, a student', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await press(page, 'Advanced');
    for (const [preset, label] of [
      ['Meeting agenda', 'Item 5'],
      ['Auction lot', 'Paddle 1'],
      ['Quiz question', 'Team 4'],
      ['Exam', 'Student 3'],
      ['Race', 'Lane 5'],
      ['Own rules', 'Player 3'],
    ] as const) {
      await choose(page, preset);
      const more = page.getByRole('button', { name: 'Advanced', expanded: false });
      if ((await more.count()) > 0) await more.click();
      await press(page, 'Add one');
      await page.getByLabel(label, { exact: true }).waitFor();
    }
  });

  it('CO-82 a tap on a countdown for everybody that an application created does nothing', async () => {
    const { url } = await room.stage.instance();
    const player = room.stage.client(url);
    const { session_id: id } = await player.createSession({ ...chess(), sync_mode: 'global', total_time_ms: 60_000, participants: [] });
    const page = await room.open(`${url}/#/s/${id}`);
    await press(page, 'Start');
    await shows(page, 'global', /0:5\d/);
    await page.locator('.clock').click({ force: true });
    await press(page, 'Lap');
    await until('the lap of the button', async () => (await stateOf(page)).cycle_count === 1);
  });
});
