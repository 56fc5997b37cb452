/** Where the focus is after a press; nothing here depends on how soon something happens. */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { createGame, press, reach, rested, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`document.activeElement === document.body ? 'nowhere' : document.activeElement.textContent`);

describe('console: focus after a press', () => {
  const room = browserRoom();

  it('CO-87 when the focused button goes away, the focus goes to what came instead, by mouse and by key', async () => {
    const page = await room.open((await room.stage.instance()).url);
    for (const way of ['click', 'Enter', 'Space'] as const) {
      await page.goto(new URL('/#/', page.url()).href);
      await createGame(page, 'Rapid');
      const go = async (name: string): Promise<void> => {
        await rested(page);
        const button = await reach(page, name);
        if (way === 'click') return button.click();
        await button.focus();
        // By Tab, so that the space bar means the button.
        await page.keyboard.press('Shift+Tab');
        await page.keyboard.press('Tab');
        await page.keyboard.press(way);
      };
      await go('Start');
      await turnOf(page, 'white');
      expect(await focused(page), `${way} on Start`).to.equal('Done');
      await go('Done');
      await turnOf(page, 'black');
      expect(await focused(page), `${way} on Done`).to.equal('Done');
      await go('Pause');
      await stands(page, 'Paused');
      expect(await focused(page), `${way} on Pause`).to.equal('Resume');
      await go('Resume');
      await turnOf(page, 'black');
      expect(await focused(page), `${way} on Resume`).to.equal('Done');
      await go('Finish');
      await page.getByRole('dialog').waitFor();
      await go('Finish the game');
      await stands(page, 'Finished');
      expect(await focused(page), `${way} on Finish the game`).not.to.equal('nowhere');
    }
  });

  it('CO-87 focus that is not on a button is not moved to one', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await createGame(page, 'Rapid');
    const wall = await room.open(page.url());
    await stands(wall, 'Ready');
    await press(page, 'Start');
    await turnOf(wall, 'white');
    await press(page, 'Pause');
    await stands(wall, 'Paused');
    expect(await focused(wall)).to.equal('nowhere');
  });

  it('CO-88 after a sheet was closed or a button was clicked, the space bar means the clock', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await createGame(page, 'Rapid');
    await press(page, 'Start');
    await turnOf(page, 'white');
    await rested(page);
    let turns = 0;
    const endsTurn = async (after: string): Promise<void> => {
      await rested(page);
      await page.keyboard.press('Space');
      turns += 1;
      await turnOf(page, turns % 2 === 0 ? 'white' : 'black');
      expect(await page.locator('dialog[open]').count(), after).to.equal(0);
    };
    for (const name of ['Adjust', 'Finish', 'Share', 'History', 'Sound']) {
      for (const closes of ['Escape', 'click']) {
        await press(page, name);
        await page.getByRole('dialog').waitFor();
        if (closes === 'click') await press(page, 'Close');
        else await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        await endsTurn(`${name}, closed by ${closes}`);
      }
    }
  });
});
