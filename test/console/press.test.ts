import { setTimeout as pass } from 'node:timers/promises';
import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { until } from '../kit/until.ts';
import { createGame, press, reach, rested, stands, stateOf, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

/** What a quick double click has between its presses, and how long each lasts: a busy machine makes it a slower one. */
const APART_MS = 80;
const DOWN_MS = 30;

const clock = (page: Page, who: string): Locator => page.locator(`.clock[data-player="${who}"]`);

async function middleOf(target: Locator): Promise<{ x: number; y: number }> {
  const box = await target.boundingBox();
  if (box === null) throw new Error('not in sight');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Presses twice at one place, whatever is there by then. */
async function doublePress(page: Page, target: Locator): Promise<void> {
  // A sheet may still come up.
  await target.click({ trial: true });
  const { x, y } = await middleOf(target);
  await page.mouse.move(x, y);
  // Presses come at their times, whether or not the page has handled the one before.
  const sent: Promise<void>[] = [];
  for (const clickCount of [1, 2]) {
    sent.push(page.mouse.down({ clickCount }));
    await pass(DOWN_MS);
    sent.push(page.mouse.up({ clickCount }));
    if (clickCount === 1) await pass(APART_MS - DOWN_MS);
  }
  await Promise.all(sent);
}

async function started(page: Page, preset = 'Rapid'): Promise<void> {
  await createGame(page, preset);
  await press(page, 'Start');
  await page.locator('.clock[data-active="true"]').first().waitFor();
  await rested(page);
}

const sheets = (page: Page): Promise<number> => page.locator('dialog[open]').count();

describe('console: presses', () => {
  const room = browserRoom();

  it('CO-85 a clock acts when mouse, finger or key goes down, and not again when it is lifted', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await started(page);
    const white = await middleOf(clock(page, 'white'));
    await page.mouse.move(white.x, white.y);
    await page.mouse.down();
    await turnOf(page, 'black');
    await rested(page);
    await page.mouse.up();

    await page.keyboard.down('Space');
    await turnOf(page, 'white');
    await rested(page);
    await page.keyboard.up('Space');

    const wire = await page.context().newCDPSession(page);
    await wire.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [white] });
    await turnOf(page, 'black');
    await rested(page);
    await wire.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });

    const done = await middleOf(page.getByRole('button', { name: 'Done', exact: true }));
    await page.mouse.move(done.x, done.y);
    await page.mouse.down();
    await turnOf(page, 'white');
    await rested(page);
    await page.mouse.up();
    await page.getByText('2 moves').first().waitFor();
    expect(await stateOf(page)).to.include({ cycle_count: 4, active_participant_id: 'white' });
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-85 start, pause and resume also act when pressed, while what cannot be taken back acts when lifted and can be called off before', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await createGame(page, 'Stopwatch');
    for (const [name, status] of [
      ['Start', 'running'],
      ['Pause', 'paused'],
      ['Resume', 'running'],
    ] as const) {
      const { x, y } = await middleOf(page.getByRole('button', { name }));
      await rested(page);
      await page.mouse.move(x, y);
      await page.mouse.down();
      await until(`${name} acts`, async () => (await stateOf(page)).status === status);
      await rested(page);
      await page.mouse.up();
    }
    await press(page, 'Finish');
    const { x, y } = await middleOf(page.getByRole('button', { name: 'Finish the game' }));
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x, 10);
    await page.mouse.up();
    await press(page, 'Close');
    expect((await stateOf(page)).status).to.equal('running');
  });

  it('CO-86 a double click starts, ends a turn, pauses or resumes once, and presses nothing that comes up in its place', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await createGame(page, 'Rapid');
    await doublePress(page, page.getByRole('button', { name: 'Start' }));
    await turnOf(page, 'white');
    expect(await stateOf(page)).to.include({ version: 2, cycle_count: 0 });
    await rested(page);
    await doublePress(page, page.getByRole('button', { name: 'Done', exact: true }));
    await turnOf(page, 'black');
    expect(await stateOf(page)).to.include({ version: 3, cycle_count: 1 });
    await rested(page);
    await doublePress(page, clock(page, 'black'));
    await turnOf(page, 'white');
    expect(await stateOf(page)).to.include({ version: 4, cycle_count: 2 });
    await rested(page);
    await doublePress(page, page.getByRole('button', { name: 'Pause' }));
    await stands(page, 'Paused');
    expect([await sheets(page), (await stateOf(page)).version]).to.deep.equal([0, 5]);
    await rested(page);
    await doublePress(page, page.getByRole('button', { name: 'Resume' }));
    await turnOf(page, 'white');
    expect(await stateOf(page)).to.include({ version: 6, cycle_count: 2 });
  });

  for (const preset of ['Quiz question', 'Auction lot', 'Stopwatch', 'Team match', 'Meeting agenda']) {
    it(`CO-86 a double click on the clock of ${preset} counts once`, async () => {
      const page = await room.open((await room.stage.instance()).url);
      await started(page, preset);
      await doublePress(page, page.locator('.clock[data-active="true"]').first());
      await until('a turn ends', async () => (await stateOf(page)).cycle_count > 0);
      await rested(page);
      expect((await stateOf(page)).cycle_count).to.equal(1);
    });
  }

  it('CO-86 the second press of a double click reaches nothing behind a sheet that closes, in a sheet that opens, or on the next page', async () => {
    const page = await room.open((await room.stage.instance()).url, { width: 390, height: 844 });
    await started(page);
    // A sheet whose button to close lies over a clock.
    await press(page, 'Share');
    await doublePress(page, page.getByRole('button', { name: 'Close' }));
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    for (const name of ['Adjust', 'Finish', 'Share', 'History']) {
      await rested(page);
      await doublePress(page, await reach(page, name));
      await page.getByRole('dialog').waitFor();
      expect(await stateOf(page), name).to.include({ status: 'running', version: 2 });
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await press(page, 'Adjust');
    await doublePress(page, page.getByRole('button', { name: '+10 s' }));
    await page.locator('.choice', { hasText: /10:0[1-9]/ }).waitFor();
    await rested(page);
    expect(await stateOf(page)).to.include({ version: 3 });
    await press(page, 'Close');
    // Another button, or a link to another page, takes the place of "Finish" at once.
    await press(page, 'Finish');
    await doublePress(page, page.getByRole('button', { name: 'Finish the game' }));
    await stands(page, 'Finished');
    expect(page.url()).to.contain('#/s/');
  });

  it('CO-86 a press on a clock does nothing else when the game ends under the finger', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await createGame(page, 'Rapid');
    const other = await room.open(page.url());
    await press(page, 'Start');
    await rested(page);
    const { x, y } = await middleOf(page.getByRole('button', { name: 'Done', exact: true }));
    await page.mouse.move(x, y);
    await press(other, 'Finish');
    await press(other, 'Finish the game');
    await stands(page, 'Finished');
    await page.mouse.down();
    await page.mouse.up();
    await rested(page);
    expect(page.url()).to.contain('#/s/');
  });

  it('CO-86 when two devices press for the same turn, the second press does not end the next turn', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await createGame(page, 'Quiz question');
    const other = await room.open(page.url());
    await press(page, 'Start');
    await turnOf(other, 'global');
    await Promise.all([rested(page), rested(other)]);
    // The other device presses in the moment in which it shows the next turn, however slow the machine is.
    await other.evaluate(`globalThis.pressedToo = new Promise((done) => new MutationObserver((_, observer) => {
      if (!document.querySelector('.standing').textContent.includes('Team 2')) return;
      observer.disconnect();
      // The next frame, as nobody presses sooner after what they see.
      requestAnimationFrame(() => setTimeout(() => {
        for (const type of ['keydown', 'keyup']) document.body.dispatchEvent(new KeyboardEvent(type, { key: ' ', code: 'Space', bubbles: true }));
        done();
      }));
    }).observe(document.body, { subtree: true, childList: true, characterData: true })); undefined`);
    await press(page, 'Next question');
    await other.evaluate('globalThis.pressedToo');
    await rested(other);
    expect(await stateOf(page)).to.include({ cycle_count: 1, active_participant_id: 'team-2' });
    await other.keyboard.press('Space');
    await stands(page, 'Team 3');
  });

  it('CO-86 the space bar pressed twice starts a game and ends no turn, and a key that is held counts once', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await createGame(page, 'Rapid');
    await page.keyboard.press('Space');
    await turnOf(page, 'white');
    await page.keyboard.press('Space');
    await rested(page);
    expect(await stateOf(page)).to.include({ version: 2, cycle_count: 0 });
    await page.getByRole('button', { name: 'Done', exact: true }).focus();
    await page.keyboard.down('Enter');
    await turnOf(page, 'black');
    await rested(page);
    // A key that is held repeats.
    for (let times = 0; times < 10; times += 1) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    await rested(page);
    expect(await stateOf(page)).to.include({ version: 3, cycle_count: 1 });
  });

  it('CO-86 a person who has clicked a button may go on by key at once', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await createGame(page, 'Rapid');
    await press(page, 'Start');
    await turnOf(page, 'white');
    await page.keyboard.press('Space');
    await turnOf(page, 'black');
  });
});
