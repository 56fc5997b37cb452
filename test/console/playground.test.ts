import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { choose, settled } from './play.ts';
import { browserRoom } from './room.ts';

/** The table's rows, each as its texts. */
const rows = async (page: Page): Promise<string[][]> => {
  const found = await page.locator('.turn-table tbody tr').all();
  return Promise.all(found.map(async (row) => (await row.locator('td').allTextContents()).map((text) => text.trim())));
};

const clocks = (page: Page): Promise<string[]> => page.locator('.instant-clocks li').allInnerTexts();

describe('console: the playground', () => {
  const room = browserRoom();

  it('CO-103 the playground shows every clock turn by turn, up to the flag, and asks no server', async () => {
    const page = await room.open(`${(await room.stage.instance()).url}/#/playground`);
    await settled(page);
    const asked: string[] = [];
    // The browser asks for the page's icon when it likes.
    page.on('request', (request) => new URL(request.url()).pathname === '/favicon.svg' || asked.push(request.url()));
    await page.getByLabel('Time control').fill('1 2x10 byo-yomi');
    await page.getByLabel('Lengths of the turns').fill('50 s, 20 s, 15 s, 1:00, 0:10, 3x 5 s');
    expect(await rows(page)).to.deep.equal([
      ['1', 'Player 1', '50.000 s', '0:10 then 2 × 10 s', '1:00 then 2 × 10 s'],
      ['2', 'Player 2', '20.000 s', '0:10 then 2 × 10 s', '0:40 then 2 × 10 s'],
      ['3', 'Player 1', '15.000 s', '0:10 period 1 of 2', '0:40 then 2 × 10 s'],
      ['4', 'Player 2', '1:00.000', '0:10 period 1 of 2', '0.0 ⚑ time is up'],
    ]);
    await page.getByLabel('Lengths of the turns').fill('50 s, 20 s, 15 s, 45 s, 0:10, 3x 5 s');
    expect(await rows(page)).to.have.length(8);
    expect((await rows(page))[7]?.slice(3)).to.deep.equal(['0:10 last period', '0:10 period 1 of 2']);
    const line = page.getByRole('img', { name: /^Time line of 8 turns in 2 minutes 35 seconds\. The table/ });
    await line.waitFor();
    // Four turns begin with main time, of which two go over into a period; the others begin in one.
    expect(await line.locator('.phase-main').count()).to.equal(4);
    expect(asked).to.deep.equal([]);
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-103 the playground shows every clock at the chosen instant', async () => {
    const page = await room.open(`${(await room.stage.instance()).url}/#/playground&control=1%20d10`);
    await page.getByLabel('Lengths of the turns').fill('10x 20 s');
    const slider = page.getByRole('slider', { name: 'At' });
    await slider.fill('5000');
    expect(await clocks(page)).to.deep.equal(['Player 1 ▶\n1:00\ndelay 5 s', 'Player 2\n1:00']);
    await slider.fill('15000');
    expect(await clocks(page)).to.deep.equal(['Player 1 ▶\n0:55', 'Player 2\n1:00']);
    // By keyboard, to the end.
    await slider.press('End');
    expect(await clocks(page)).to.deep.equal(['Player 1 ▶\n0:10\ndelay 10 s', 'Player 2\n0:10']);
    await page.getByText('3:20, turn 10').waitFor();
  });

  it('CO-103 the playground shows how the time that one uses of an hourglass rises on the others’ clocks', async () => {
    const page = await room.open(`${(await room.stage.instance()).url}/#/playground&control=*1`);
    await page.getByLabel('Players').selectOption('Three');
    await page.getByLabel('Lengths of the turns').fill('20 s');
    await page.getByRole('slider', { name: 'At' }).fill('10000');
    expect(await clocks(page)).to.deep.equal(['Player 1 ▶\n0:50', 'Player 2\n1:05', 'Player 3\n1:05']);
  });

  it('CO-103 the playground shows a clock below zero where overtime is allowed', async () => {
    const page = await room.open(`${(await room.stage.instance()).url}/#/playground&control=1`);
    await page.getByLabel('Overtime after zero').fill('30 s');
    await page.getByLabel('Lengths of the turns').fill('70 s, 2 min');
    expect((await rows(page)).map((row) => row.slice(3))).to.deep.equal([
      ['−0:10', '1:00'],
      ['−0:10', '−0:30 ⚑ time is up'],
    ]);
    expect(await page.locator('.piece.phase-overrun').count()).to.equal(2);
    await page.getByLabel('Time control').fill('1 2x10 byo-yomi');
    await page.getByText('Not beside periods, time for some moves, or an hourglass.').waitFor();
    await page.getByLabel('Overtime after zero').fill('long');
    await page.getByText('Write how long, such as 10:00 or 30 s.').waitFor();
  });

  it('CO-103 the playground says at the field what it can’t read, and what a time control means', async () => {
    const page = await room.open(`${(await room.stage.instance()).url}/#/playground`);
    const field = (label: string) => page.locator('.field', { has: page.getByLabel(label) });
    await page.getByLabel('Time control').fill('5 q3');
    await field('Time control').getByText('“5 q3” is no time control: at character 3, “q3”').waitFor();
    expect(await page.locator('.turn-table').count()).to.equal(0);
    await page.getByLabel('Time control').fill('40/90+30:30+30');
    await field('Time control').getByText('1 h 30 min for 40 moves (+30 s a move), then 30 min (+30 s a move)').waitFor();
    await page.getByLabel('Lengths of the turns').fill('1 min, soon');
    await field('Lengths of the turns').getByText('“soon” is no time').waitFor();
    await page.getByLabel('Lengths of the turns').fill('999x 1 s');
    await field('Lengths of the turns').getByText('At most 200 turns').waitFor();
    await page.getByLabel('Lengths of the turns').fill('');
    await page.getByText('No turn yet.').waitFor();
  });

  it('CO-103 the setup leads to the playground with the time control that is written there', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await choose(page, 'Canadian');
    await page.getByRole('link', { name: 'Try it turn by turn' }).click();
    await page.getByRole('heading', { name: 'Playground of time controls' }).waitFor();
    expect(await page.getByLabel('Time control').inputValue()).to.equal('10 15/5 canadian');
    await page.getByRole('link', { name: 'new game' }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Playground of time controls' }).click();
    await page.locator('.turn-table').waitFor();
    expect(room.problems).to.deep.equal([]);
  });
});
