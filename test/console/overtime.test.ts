import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { createGame, press, rested, settled, shows, stands, stateOf, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const over = (page: Page, who: string) => page.locator(`.clock[data-player="${who}"][data-level="over"]`, { hasText: 'Overtime' });

describe('console: a clock goes on below zero', function () {
  const room = browserRoom();

  it('CO-95 overtime is shown by a minus sign, a word and a colour on every screen, also while the clock waits, and is announced', async () => {
    const [one, two] = [await room.stage.instance(), await room.stage.instance()];
    const page = await room.open(one.url);
    const hash = await createGame(page, 'Own rules', {
      'Time for each': '2 s',
      'Overtime after zero': '1:00',
      'Warnings when this is left': '0, −9 s, -0:40',
    });
    const other = await room.open(`${two.url}/${hash}`);
    await settled(other);
    const state = await stateOf(page);
    expect(state).to.deep.include({ overrun_ms: 60_000, warning_thresholds_ms: [0, -9_000, -40_000] });
    await press(page, 'Start');
    const announced = (text: string) =>
      Promise.all(
        [page, other].map((each) => each.locator('[role="status"]', { hasText: text }).waitFor({ state: 'attached', timeout: 30_000 })),
      );
    await announced('Player 1: time is up, overtime runs');
    await announced('Player 1: 9 seconds over');
    for (const each of [page, other]) {
      await over(each, 'player-1').waitFor({ timeout: 30_000 });
      await shows(each, 'player-1', /^−(\d\.\d|0:\d\d)$/);
      expect(await each.locator('.clock[data-player="player-1"] .sr-only').textContent()).to.match(/^, \d+ seconds? over, running\./);
    }
    await rested(page);
    await page.keyboard.press('Space');
    await turnOf(page, 'player-2');
    await over(page, 'player-1').waitFor();
    expect((await stateOf(page)).participants[0]?.total_time_ms).to.be.below(-9_000);
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-95 a clock’s time is up when its overtime is', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await createGame(page, 'Own rules', { 'Time for each': '1 s', 'Overtime after zero': '2 s' });
    await press(page, 'Start');
    await over(page, 'player-1').waitFor({ timeout: 30_000 });
    await stands(page, 'Player 1 ran out of time');
    await page.locator('.clock[data-player="player-1"][data-expired="true"]', { hasText: 'Time is up' }).waitFor();
    await shows(page, 'player-1', '−2.0');
    expect(room.problems).to.deep.equal([]);
  });
});
