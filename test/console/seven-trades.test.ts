import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { until } from '../kit/until.ts';
import { sightings } from './browser.ts';
import { choose, createGame, press, rested, stands, stateOf } from './play.ts';
import { browserRoom } from './room.ts';

const PATIENCE = { timeout: 30_000 };
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** Pastes a list in place of the rows of a preset. */
async function paste(page: Page, preset: string, lines: string[]): Promise<void> {
  await choose(page, preset);
  await press(page, 'Paste a list');
  await page.getByRole('textbox', { name: 'One a line' }).fill(lines.join('\n'));
  // Chromium may drop a press while the box still scrolls to its last line.
  const take = button(page, `Take ${lines.length}`);
  await until('the list is taken', async () => {
    if (await take.isVisible()) await take.click(PATIENCE);
    return await button(page, 'Paste a list').isVisible();
  });
}

/** Creates what is filled in, and returns the hash of its page. */
async function created(page: Page): Promise<string> {
  await press(page, 'Create');
  await button(page, 'Start').waitFor(PATIENCE);
  return new URL(page.url()).hash;
}

describe('console: each trade to its end', function () {
  const room = browserRoom();

  it('CO-130 CO-131 CO-133 an exam of 25 with two accommodations: groups by their end, one alone, more for all, hand-ins, and a student’s own page', async () => {
    const { url } = await room.stage.instance();
    const desk = await room.open(url);
    const names = Array.from({ length: 25 }, (_, index) => `Student ${String.fromCharCode(65 + index)}`);
    await paste(desk, 'Exam', ['"Mai, Linh", +25 %', 'Noor, +10 min', ...names.slice(2)]);
    const hash = await createGame(desk, 'Exam', { 'Time for each': '40:00' });
    const own = await room.open(`${url}/${hash}&as=student-3`);
    await press(desk, 'Start');
    const group = (name: string | RegExp) => desk.locator('.hall-group', { has: desk.getByRole('heading', { name }) });
    await group('Standard 23').waitFor(PATIENCE);
    await group('+25 % 1')
      .getByText(/49:\d\d/)
      .waitFor();
    await group('+10 min 1')
      .getByText(/49:\d\d/)
      .waitFor();
    const [mai, noor] = (await stateOf(desk)).participants;
    expect([mai?.name, mai?.given_ms, noor?.given_ms]).to.deep.equal(['Mai, Linh', 50 * 60_000, 50 * 60_000]);

    // A fire drill for one alone, and more time for everybody.
    await button(desk, 'Student D').click();
    await desk.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await group('Paused 1').waitFor(PATIENCE);
    await group('Standard 22').waitFor();
    await press(desk, '+5 min for all');
    await group('Standard 22')
      .getByText(/44:\d\d/)
      .waitFor(PATIENCE);

    // A refusal shows in the sheet itself, which hides the page; who withdraws is shown apart and may come back.
    const id = hash.replace('#/s/', '');
    const helper = room.stage.client(url);
    const sheet = desk.getByRole('dialog', { name: 'Student E' });
    await button(desk, 'Student E').click();
    await helper.adjustTime(id, -43 * 60_000, 'student-5');
    await sheet.getByText(/1:\d\d left|\d\d\.\d left/).waitFor(PATIENCE);
    await sheet.getByRole('button', { name: '−5 min' }).click();
    await sheet.getByRole('alert').getByText('Something must be left').waitFor(PATIENCE);
    await helper.adjustTime(id, 43 * 60_000, 'student-5');
    await sheet.getByRole('button', { name: 'Withdraw' }).click();
    await group('Withdrawn 1').waitFor(PATIENCE);
    await stands(desk, '24 writing · 0 handed in');
    await rested(desk);
    await button(desk, 'Student E').click();
    await sheet.getByRole('button', { name: 'Come back' }).click();
    await group('Paused 2').waitFor(PATIENCE);

    // A student sees only their own clock, and hands in after a question.
    await own.locator('.clock[data-player="student-3"]').waitFor(PATIENCE);
    expect(await own.locator('.clock').count()).to.equal(1);
    for (const name of ['Pause', 'Finish', '+5 min for all']) expect(await button(own, name).count(), name).to.equal(0);
    await press(own, 'Hand in');
    await press(own, 'Hand in now');
    await own.locator('.clock-note', { hasText: 'Handed in' }).waitFor(PATIENCE);
    await group('Handed in 1').waitFor(PATIENCE);
    await stands(desk, '24 writing · 1 handed in');

    // Somebody comes late, and begins with the whole time.
    await press(desk, 'Late');
    await desk.getByLabel('Name', { exact: true }).fill('Zoë');
    await press(desk, 'Begins now');
    await group('Later 1').getByText('Zoë').or(group('Earlier 1').getByText('Zoë')).waitFor(PATIENCE);
    await stands(desk, '25 writing · 1 handed in');

    // Everybody else is handed in by the desk: the exam is over with the last one.
    const { participants } = await stateOf(desk);
    for (const { participant_id: who, clock_status } of participants.slice(1))
      if (clock_status !== 'finished') await helper.finish(id, who);
    await button(desk, 'Mai, Linh').click();
    await desk.getByRole('dialog').getByRole('button', { name: 'Hand in' }).click();
    await stands(desk, 'Finished');
    await group('Handed in 26').waitFor(PATIENCE);
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
    await stands(board, '1 running · 2 finished · 1 gave up');
    await button(line, 'Finish: Lane 4').click();
    await stands(board, 'Finished');
    await board.locator('.race li[data-place]').nth(2).waitFor(PATIENCE);
    const shown = await board.locator('.race li').allTextContents();
    // Two who finish within one millisecond share a place, and stand in the order of the list.
    const [anna = 0, second = 0] = (await stateOf(line)).participants.map(({ time_used_ms }) => time_used_ms);
    expect(anna).to.be.at.least(second);
    const both = anna === second ? ['1Anna', '1Lane 2'] : ['1Lane 2', '2Anna'];
    expect(shown.map((row) => /^(\d?)(Lane \d|Anna)/.exec(row)?.[0])).to.deep.equal([...both, '3Lane 4', 'Lane 3']);
    expect(shown[0]).to.match(/\d\.\d\d$/);
    expect(shown[3]).to.contain('Gave up');
    expect(await stateOf(line)).to.include({ status: 'completed' });
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-134 a quiz: players say who they are, answer at once with their times, the host tells the right one, and scores go by speed', async () => {
    const { url } = await room.stage.instance();
    const host = await room.open(url);
    await choose(host, 'Quiz');
    await host.getByLabel('Who plays, one a line').fill('Anna\nCem');
    await host.getByLabel('Time for each turn').fill('2:00');
    await host.getByLabel('Question 2', { exact: true }).fill('6 × 7?');
    await host.getByRole('button', { name: 'Advanced' }).click();
    await press(host, 'Remove H₂O?');
    const hash = await created(host);
    const players = [await room.open(`${url}/${hash}&join`), await room.open(`${url}/${hash}&join`)];
    const [anna, ben] = players as [Page, Page];
    await anna.getByRole('link', { name: 'Anna' }).click(PATIENCE);
    // Whoever is not in the list yet comes in by a name of their own.
    await ben.getByLabel('Your name').fill('Ben');
    await press(ben, 'Join');
    for (const page of [anna, ben]) await page.getByText('It begins as soon as the host starts it.').waitFor(PATIENCE);
    await press(host, 'Start');
    await stands(host, '0 of 3 answered');
    await anna.locator('.quiz-title', { hasText: 'Capital of Peru?' }).waitFor(PATIENCE);
    await anna.getByRole('button', { name: 'Lima' }).click();
    await anna.getByText(/Sent after \d+\.\d s ✓/).waitFor(PATIENCE);
    // Nobody is told off, and a second answer does nothing.
    await anna.getByRole('button', { name: 'Quito' }).click({ force: true });
    await ben.getByRole('button', { name: 'Quito' }).click(PATIENCE);
    await stands(host, '2 of 3 answered');
    expect(await button(host, 'Next question').count()).to.equal(0);
    const { session_id: id, cycle_count } = await stateOf(host);
    await room.stage.client(url).finish(id, 'player-2', { answer: 1, cycle_count });
    await stands(host, 'Answers are in');
    await host.getByRole('button', { name: 'Lima' }).click(PATIENCE);
    await anna.getByText(/Right: \+\d+/).waitFor(PATIENCE);
    await ben.getByText('Not this time.').waitFor(PATIENCE);
    const points = async (): Promise<unknown[]> => (await stateOf(host)).participants.map(({ metadata }) => metadata?.['points']);
    for (const { answer, metadata, given_ms, cycle_time_used_ms = 0 } of (await stateOf(host)).participants) {
      // A whole number between 1000 at once and 500 at the end of the time; the rounding makes up to a half of a point.
      const worth = answer === 1 ? 1_000 - (500 * cycle_time_used_ms) / Number(given_ms) : 0;
      expect(metadata?.['points']).to.be.closeTo(worth, 0.501);
    }
    expect((await points()).map((each) => typeof each === 'number' && each > 500)).to.deep.equal([true, true, false]);
    await press(host, 'Next question');
    await ben.locator('.quiz-title', { hasText: '6 × 7?' }).waitFor(PATIENCE);
    await ben.getByRole('button', { name: '42' }).click(PATIENCE);
    for (const who of ['player-1', 'player-2']) await room.stage.client(url).finish(id, who, { answer: 0, cycle_count: 1 });
    await stands(host, 'Answers are in');
    await host.getByRole('button', { name: '42' }).click(PATIENCE);
    await ben.getByText(/Right: \+\d+/).waitFor(PATIENCE);
    await press(host, 'Final scores');
    await host.locator('.quiz-scores li').first().waitFor(PATIENCE);
    await host.getByRole('button', { name: /no next item/ }).click(PATIENCE);
    await stands(host, 'Finished');
    await ben.getByText(/That was all: \d+ points\./).waitFor(PATIENCE);
    expect((await points()).filter((each) => typeof each === 'number' && each > 500)).to.have.length(3);
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-135 an auction with five bidders: amounts, going once, a bid near the end leaves more time, sold, next lot', async () => {
    const { url } = await room.stage.instance();
    const desk = await room.open(url);
    await choose(desk, 'Auction');
    await desk.getByLabel('Lot 1', { exact: true }).fill('Harbour at dusk');
    await press(desk, 'Advanced');
    await press(desk, 'Remove Lot 3');
    await desk.getByLabel('A late bid leaves').fill('30 s');
    await desk.getByLabel('Time for each turn').fill('36 s');
    const hash = await created(desk);
    const phone = await room.open(`${url}/${hash}&as=paddle-4`);
    await press(desk, 'Start');
    await stands(desk, 'No bid yet');
    const deadline = async (): Promise<number> => Date.parse((await stateOf(desk)).deadline_at ?? '');
    const before = await deadline();
    for (const paddle of ['Paddle 1', 'Paddle 3']) {
      await button(desk, paddle).click(PATIENCE);
      await desk.getByRole('button', { name: paddle, pressed: true }).waitFor(PATIENCE);
    }
    await stands(desk, 'Highest bid: 20 by Paddle 3');
    await desk.locator('.auction-call', { hasText: /Going/ }).waitFor(PATIENCE);
    await phone.getByRole('radio', { name: '+50', exact: true }).check();
    await button(phone, 'Bid 70').click(PATIENCE);
    await phone.getByText('You lead').waitFor(PATIENCE);
    await stands(desk, 'Highest bid: 70 by Phone');
    await until('the end is later', async () => (await deadline()) > before);
    // A bid that was a mistake is taken back.
    await button(desk, 'Paddle 2').click(PATIENCE);
    await phone.getByText('You are outbid').waitFor(PATIENCE);
    await desk.getByRole('button', { name: 'Take back' }).click(PATIENCE);
    await phone.getByText('You lead').waitFor(PATIENCE);
    await press(desk, 'Close lot');
    await stands(desk, 'Sold to Phone for 70');
    await phone.locator('.auction-results').getByText('sold to Phone for 70').waitFor(PATIENCE);
    await press(desk, 'Next lot');
    await stands(desk, 'No bid yet');
    await button(desk, 'Online').click(PATIENCE);
    await desk.getByRole('button', { name: 'Online', pressed: true }).waitFor(PATIENCE);
    await desk.getByRole('button', { name: /no next item/ }).click(PATIENCE);
    await desk.locator('.auction-results li', { hasText: 'Lot 2' }).getByText('sold to Online for 10').waitFor(PATIENCE);
    await phone.locator('.auction-results li').nth(1).getByText('sold to Phone for 70').waitFor(PATIENCE);
    expect(await desk.locator('body').textContent()).not.to.contain('ran out of time');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-136 an agenda of six: one runs over, one is skipped, one comes back, others are changed, moved and put in', async () => {
    const { url } = await room.stage.instance();
    const desk = await room.open(url);
    await paste(desk, 'Meeting agenda', ['Welcome, 1 s', 'Budget, 10', 'Works, 7:00', 'Staff, 5:00', 'Plans, 3:00', 'Questions, 5:00']);
    const hash = await created(desk);
    const wall = await room.open(`${url}/${hash}&watch`);
    await press(desk, 'Start');
    const row = (page: Page, title: string) => page.locator('.programme li', { hasText: title });
    const sheet = desk.getByRole('dialog');
    const open = async (title: string): Promise<void> => {
      await row(desk, title).getByRole('button').click(PATIENCE);
      await sheet.waitFor(PATIENCE);
    };
    await wall.locator('.clock-note', { hasText: 'Overtime' }).waitFor(PATIENCE);
    // Over by two seconds at least, so that whole seconds tell it.
    await wall.locator('.clock-time', { hasText: /^−[2-9]/ }).waitFor(PATIENCE);
    await press(desk, 'Next item');
    await row(wall, 'Welcome')
      .getByText(/^\+0:0\d$/)
      .waitFor(PATIENCE);
    await stands(wall, 'Now: Budget');
    await open('Staff');
    await press(desk, 'Go to it now');
    await stands(wall, 'Now: Staff');
    await wall.locator('.programme li[data-status="skipped"]', { hasText: 'Works' }).waitFor(PATIENCE);
    await desk.getByRole('button', { name: /^Back/ }).click(PATIENCE);
    await stands(wall, 'Now: Budget');
    await open('Questions');
    await sheet.getByLabel('Time', { exact: true }).fill('2:00');
    await sheet.getByLabel('Title', { exact: true }).fill('Any questions');
    await press(desk, 'Save');
    await row(wall, 'Any questions').getByText('2:00').waitFor(PATIENCE);
    await open('Any questions');
    await press(desk, 'Earlier');
    await until('it has moved', async () => (await stateOf(desk)).items?.[4]?.title === 'Any questions');
    await open('Plans');
    await press(desk, 'Insert one behind');
    await sheet.getByLabel('Title', { exact: true }).fill('Farewell');
    await press(desk, 'Insert');
    await row(wall, 'Farewell').waitFor(PATIENCE);
    expect((await stateOf(desk)).items?.map(({ title }) => title)).to.deep.equal([
      'Welcome',
      'Budget',
      'Works',
      'Staff',
      'Any questions',
      'Plans',
      'Farewell',
    ]);
    // A wall has nothing to press.
    expect(await wall.locator('.programme button').count()).to.equal(0);
    // A list that was changed is new behind what has begun, so what was skipped there waits again.
    for (const next of ['Works', 'Staff', 'Any questions', 'Plans', 'Farewell']) {
      await press(desk, 'Next item');
      await stands(wall, `Now: ${next}`);
    }
    await desk.getByRole('button', { name: 'End meeting' }).click(PATIENCE);
    await stands(wall, 'Finished');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-137 intervals: one clock that counts the last seconds whole, the round, and what comes next, to the end by themselves', async () => {
    const { url } = await room.stage.instance();
    const desk = await room.open(url);
    await choose(desk, 'Intervals');
    await press(desk, 'Advanced');
    const times = desk.getByLabel('Own time', { exact: true });
    await times.first().fill('8 s');
    await times.last().fill('2 s');
    await desk.getByLabel('Rounds', { exact: true }).fill('2');
    await desk.getByLabel('Warnings when this is left').fill('1 s');
    const hash = await created(desk);
    const wall = await room.open(`${url}/${hash}&watch`);
    await wall.locator('.intervals-round', { hasText: 'Round 1 of 2' }).waitFor(PATIENCE);
    await press(desk, 'Start');
    await wall.locator('.clock-note', { hasText: 'Next: Rest' }).waitFor(PATIENCE);
    await wall.locator('.intervals-round', { hasText: 'Round 2 of 2' }).waitFor(PATIENCE);
    await stands(wall, 'Time is up');
    const seen = Object.keys(await sightings(wall));
    expect(seen.some((digits) => /^global [1-9]$/.test(digits))).to.equal(true);
    expect(seen.filter((digits) => /^global [1-9]\.\d$/.test(digits))).to.deep.equal([]);
    expect(room.problems).to.deep.equal([]);
  });
});
