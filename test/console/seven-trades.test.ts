import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { until } from '../kit/until.ts';
import { choose, createGame, press, stands, stateOf } from './play.ts';
import { browserRoom } from './room.ts';

const PATIENCE = { timeout: 15_000 };
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** Pastes a list in place of the rows of a preset. */
async function paste(page: Page, preset: string, lines: string[]): Promise<void> {
  await choose(page, preset);
  await press(page, 'Paste a list');
  await page.getByRole('textbox', { name: 'One a line' }).fill(lines.join('\n'));
  await press(page, `Take ${lines.length}`);
}

describe('console: each trade to its end', function () {
  this.timeout(120_000);
  const room = browserRoom();

  it('CO-130 CO-131 an exam of 25 with two accommodations: groups by their end, one alone, more for all, hand-ins, and a student’s own page', async () => {
    const { url } = await room.stage.instance();
    const desk = await room.open(url);
    const names = Array.from({ length: 25 }, (_, index) => `Student ${String.fromCharCode(65 + index)}`);
    await paste(desk, 'Exam', ['"Mai, Linh", +25 %', 'Noor, +10 min', ...names.slice(2)]);
    const hash = await createGame(desk, 'Exam', { 'Time for each': '40:00' });
    const own = await room.open(`${url}/${hash}&as=student-3`);
    await press(desk, 'Start');
    const group = (name: string | RegExp) => desk.locator('.hall-group', { has: desk.getByRole('heading', { name }) });
    await group('Standard 23').waitFor(PATIENCE);
    await group('+25 % 1').getByText('49:5').waitFor();
    await group('+10 min 1').getByText('49:5').waitFor();
    const [mai, noor] = (await stateOf(desk)).participants;
    expect([mai?.name, mai?.given_ms, noor?.given_ms]).to.deep.equal(['Mai, Linh', 50 * 60_000, 50 * 60_000]);

    // A fire drill for one alone, and more time for everybody.
    await button(desk, 'Student D').click();
    await desk.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await group('Paused 1').waitFor(PATIENCE);
    await group('Standard 22').waitFor();
    await press(desk, '+5 min for all');
    await group('Standard 22').getByText('44:5').waitFor(PATIENCE);

    // A student sees only their own clock, and hands in after a question.
    await own.locator('.clock[data-player="student-3"]').waitFor(PATIENCE);
    expect(await own.locator('.clock').count()).to.equal(1);
    for (const name of ['Pause', 'Finish', '+5 min for all']) expect(await button(own, name).count(), name).to.equal(0);
    await press(own, 'Hand in');
    await press(own, 'Hand in now');
    await own.locator('.clock-note', { hasText: 'Handed in' }).waitFor(PATIENCE);
    await group('Handed in 1').waitFor(PATIENCE);
    await stands(desk, '24 writing · 1 handed in');

    // Everybody else is handed in by the desk: the exam is over with the last one.
    const { participants } = await stateOf(desk);
    const id = hash.replace('#/s/', '');
    const helper = room.stage.client(url);
    for (const { participant_id: who, clock_status } of participants.slice(1))
      if (clock_status !== 'finished') await helper.finish(id, who);
    await button(desk, 'Mai, Linh').click();
    await desk.getByRole('dialog').getByRole('button', { name: 'Hand in' }).click();
    await stands(desk, 'Finished');
    await group('Handed in 25').waitFor(PATIENCE);
    expect(await stateOf(desk)).to.include({ status: 'completed' });
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-132 a race of four: all start at an instant, splits, hundredths, places, and one who gives up', async () => {
    const { url } = await room.stage.instance();
    const line = await room.open(url);
    const hash = await createGame(line, 'Race', { 'Lane 1': 'Anna' });
    const board = await room.open(`${url}/${hash}&watch`);
    await button(line, 'Ready: Anna').click();
    await board.getByRole('button', { name: 'Ready: Anna', pressed: true }).waitFor(PATIENCE);
    await press(line, 'Start in 10 s');
    await board.getByRole('timer', { name: 'Until the start' }).waitFor(PATIENCE);
    await stands(line, '4 running · 0 finished');
    const { session_started_at, starts_at } = await stateOf(line);
    expect(session_started_at).to.equal(starts_at);
    await button(line, 'Split: Anna').click();
    await board.locator('.race-splits').waitFor(PATIENCE);
    // Two at nearly the same moment are two finishes, and no double press.
    await line.evaluate(`for (const row of [1, 0]) document.querySelectorAll('.race li')[row].querySelector('.primary').click()`);
    await stands(board, '2 running · 2 finished');
    await button(line, 'Gives up: Lane 3').click();
    await stands(board, '1 running · 3 finished');
    await button(line, 'Finish: Lane 4').click();
    await stands(board, 'Finished');
    const rows = async (): Promise<string[]> => board.locator('.race li').allTextContents();
    await until('the ranking', async () => (await rows())[0]?.startsWith('1Lane 2') === true);
    const shown = await rows();
    expect(shown.map((row) => /^(\d?)(Lane \d|Anna)/.exec(row)?.[0])).to.deep.equal(['1Lane 2', '2Anna', '3Lane 4', 'Lane 3']);
    expect(shown[0]).to.match(/\d\.\d\d$/);
    expect(shown[3]).to.contain('Gave up');
    expect(await stateOf(line)).to.include({ status: 'completed' });
    expect(room.problems).to.deep.equal([]);
  });
});
