import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { createGame, press, reach, rested, stands, stateOf, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const NAMES = { White: 'Anna', Black: 'Ben' };
const PHONE = { width: 390, height: 844 };

/** Notes what the page asks of a device that this machine may not have. */
const DEVICE = `globalThis.noted = [];
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...when) { noted.push('tone'); return start.apply(this, when); };
  navigator.vibrate = (pattern) => noted.push('vibrates ' + pattern);
  const lock = { release: async () => noted.push('asleep') };
  Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => (noted.push('awake'), lock) } });`;

/** The names of the clocks from top to bottom. */
const names = (page: Page): Promise<string[]> => page.locator('.clock-name').allTextContents();

async function sit(page: Page, seat: string): Promise<void> {
  await press(page, 'Seat');
  await press(page, seat);
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

describe('console: playing with seats', function () {
  const room = browserRoom();

  it('CO-172 CO-173 CO-174 two players with seats on two instances end their own turns only, agree on a draw, and play again with sides changed until one resigns', async () => {
    const [one, two] = [await room.stage.instance(), await room.stage.instance()];
    const anna = await room.open(one.url, PHONE);
    const hash = await createGame(anna, 'Chess', NAMES);
    const ben = await room.open(`${two.url}/${hash}`, PHONE);
    await sit(anna, 'I am Anna');
    await sit(ben, 'I am Ben');
    expect([await names(anna), await names(ben)]).to.deep.equal([
      ['Ben', 'Anna · you'],
      ['Anna', 'Ben · you'],
    ]);

    await press(ben, 'Start');
    await turnOf(anna, 'white');
    await Promise.all([rested(anna), rested(ben)]);
    // Neither key nor press of Ben ends Anna's turn.
    await ben.keyboard.press('Space');
    await ben.locator('.clock[data-player="white"]').click({ force: true });
    await anna.locator('.clock[data-player="white"]').click();
    await turnOf(ben, 'black');
    expect(await stateOf(anna)).to.include({ cycle_count: 1, active_participant_id: 'black' });
    await rested(ben);
    await ben.keyboard.press('Space');
    await turnOf(anna, 'white');

    // A draw that is offered lapses with the other one's move.
    await press(ben, 'Finish');
    await press(ben, 'Offer a draw');
    await anna.getByText('Ben offers a draw').waitFor();
    await rested(anna);
    await anna.locator('.clock[data-player="white"]').click();
    await turnOf(ben, 'black');
    await anna.getByText('Ben offers a draw').waitFor({ state: 'detached' });
    await rested(ben);
    await press(ben, 'Finish');
    await press(ben, 'Offer a draw');
    await press(anna, 'Accept');
    for (const page of [anna, ben]) await stands(page, 'Draw by agreement');
    expect((await stateOf(ben)).outcome).to.deep.equal({ winner: null, by: 'agreement' });

    const watcher = await room.open(`${one.url}/${hash}&watch`);
    await stands(watcher, 'Draw by agreement');
    await rested(anna);
    await press(anna, 'Rematch');
    await ben.getByText('The next game is there').waitFor();
    await watcher.getByRole('link', { name: 'Watch it' }).click();
    await press(ben, 'Rematch');
    for (const page of [anna, ben]) await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
    expect([new URL(anna.url()).hash, new URL(ben.url()).hash]).to.deep.equal([`${hash}~2`, `${hash}~2`]);
    expect(await names(ben)).to.deep.equal(['Anna', 'Ben · you']);
    expect((await stateOf(ben)).participants.map(({ total_time_ms }) => total_time_ms)).to.deep.equal([300_000, 300_000]);
    await rested(anna);
    await press(anna, 'Start');
    await turnOf(watcher, 'white');
    // Ben has White now.
    await turnOf(ben, 'white');
    await rested(ben);
    await press(ben, 'Done');
    await turnOf(anna, 'black');
    await press(anna, 'Finish');
    await press(anna, 'Resign');
    for (const page of [anna, ben]) {
      await stands(page, 'Ben won by resignation');
      await page.locator('.clock[data-player="white"] .clock-note', { hasText: 'Won' }).waitFor();
    }
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-172 CO-173 two at one device face each other, the device remembers that, and whoever ends the game says who won; of three players each has a seat', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url, PHONE);
    await createGame(page, 'Rapid', NAMES);
    await sit(page, 'Both, on each side of this device');
    await page.reload();
    await press(page, 'Start');
    await turnOf(page, 'white');
    expect(await names(page)).to.deep.equal(['Ben', 'Anna']);
    const turned = `[...document.querySelectorAll('.clock')].map((clock) => getComputedStyle(clock).transform)`;
    expect(await page.evaluate<string[]>(turned)).to.deep.equal(['matrix(-1, 0, 0, -1, 0, 0)', 'none']);
    for (const who of ['white', 'black']) {
      await rested(page);
      await page.locator(`.clock[data-player="${who}"]`).click();
    }
    await turnOf(page, 'white');
    await rested(page);
    await press(page, 'Finish');
    await press(page, 'Ben won');
    await stands(page, 'Ben won');
    expect((await stateOf(page)).outcome).to.deep.equal({ winner: 'black' });

    const { session_id } = await room.stage.client(url).createSession({
      sync_mode: 'per_participant',
      participants: ['a', 'b', 'c'].map((participant_id) => ({ participant_id, total_time_ms: 60_000 })),
    });
    await page.goto(`${url}/#/s/${session_id}&as=b`);
    await press(page, 'Start');
    await turnOf(page, 'a');
    expect(await names(page)).to.deep.equal(['a', 'c', 'b · you']);
    await rested(page);
    expect(await page.getByRole('button', { name: 'Done' }).count()).to.equal(0);
    await sit(page, 'Everybody, one after the other');
    await until('the address has no seat', () => Promise.resolve(!page.url().includes('&as')));
    await press(page, 'Next');
    await turnOf(page, 'b');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-170 what stands behind ⋯ is closed by Escape and by a press beside it, and a flag that fell tells who won', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await createGame(page, 'Chess', { ...NAMES, 'Time for each': '3 s' });
    const menu = page.locator('.more-items');
    await press(page, 'More');
    await menu.waitFor();
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.ariaLabel')).to.equal('More');
    await press(page, 'More');
    await menu.waitFor();
    await page.locator('.standing').click();
    await menu.waitFor({ state: 'detached' });
    await press(page, 'Start');
    await stands(page, 'Anna ran out of time · Ben won');
    await (await reach(page, 'Share')).waitFor();
  });

  it('CO-171 CO-175 CO-176 CO-177 CO-179 a device keeps its screen awake, vibrates, sounds as its user wishes, does what keys say, and says what waits while it is offline', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const { session_id } = await client.createSession(chess({ increment_ms: 0 }));
    const page = await room.open(url);
    await page.addInitScript({ content: DEVICE });
    await page.goto(`${url}/#/s/${session_id}&as=black`);
    await page.reload();
    const noted = (): Promise<string[]> => page.evaluate<string[]>('noted');
    await stands(page, 'Ready to start');
    await until('the screen is kept awake', async () => (await noted()).includes('awake'));

    await press(page, 'Sound');
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('button', { name: 'Sound' }).click();
    await sheet.getByLabel('Each turn').check();
    await sheet.getByLabel('Volume').fill('30');
    await press(page, 'Close');
    await page.reload();
    await press(page, 'Sound');
    await sheet.getByRole('button', { name: 'Sound', pressed: true }).waitFor();
    expect([await sheet.getByLabel('Volume').inputValue(), await sheet.getByLabel('Each turn').isChecked()]).to.deep.equal(['30', true]);
    await press(page, 'Test');
    await until('a tone', async () => (await noted()).includes('tone'));
    await press(page, 'Close');

    await client.startSession(session_id);
    await turnOf(page, 'white');
    await page.evaluate('noted.length = 0');
    await client.switchCycle(session_id);
    await until('its turn is told', async () => (await noted()).includes('vibrates 40') && (await noted()).includes('tone'));

    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await press(page, 'Close');
    await page.keyboard.press('t');
    await page.locator('[role="status"]', { hasText: /white: \d+ minutes/ }).waitFor({ state: 'attached' });
    await rested(page);
    await page.keyboard.press('p');
    await stands(page, 'Paused');
    await rested(page);
    await page.keyboard.press('p');
    await turnOf(page, 'black');

    await page.context().setOffline(true);
    await page.getByText(/next try in \d+ s/).waitFor({ timeout: 60_000 });
    await rested(page);
    await page.keyboard.press('p');
    await page.getByText('One press waits for the server').waitFor();
    await page.context().setOffline(false);
    await stands(page, 'Paused');
    await page.getByText('One press waits for the server').waitFor({ state: 'detached' });
    await press(page, 'How exact the time is');
    await page.locator('.status-item', { hasText: /Clock offset [+−][\d.,]+ ± [\d.]+ ms/ }).waitFor();

    await press(page, 'Keys');
    await page.getByLabel('Single letters do something').uncheck();
    await press(page, 'Close');
    await rested(page);
    await page.keyboard.press('p');
    await client.completeSession(session_id);
    await stands(page, 'Finished');
    // Created, started, switched, paused, resumed, paused, finished: the last key did nothing.
    expect((await client.getSession(session_id)).version).to.equal(7);
    await until('the screen may go dark', async () => (await noted()).includes('asleep'));
  });
});
