import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { until } from '../kit/until.ts';
import { press } from './play.ts';
import { browserRoom } from './room.ts';

const PATIENCE = { timeout: 30_000 };
/** The part of the screen's width that the digits take. */
const WIDE = 0.88;

describe('console: stage and board', () => {
  const room = browserRoom();

  /** A programme of two items, the first of which is over after a second. */
  async function programme(url: string): Promise<string> {
    const { session_id: id } = await room.stage.client(url).createSession({
      sync_mode: 'per_cycle',
      overrun_ms: 3_600_000,
      items: [
        { item_id: 'review', title: 'Review', time_ms: 1_000 },
        { item_id: 'plans', title: 'Plans', time_ms: 900_000 },
      ],
    });
    return id;
  }

  const digits = (page: Page) => page.getByRole('timer');
  const attribute = (page: Page, name: string) => page.locator('.stage').getAttribute(name);

  it('CO-190 CO-191 a stage shows one clock as wide as the screen, its title, what comes next and what is over; the host writes on it, darkens it and makes it flash', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const id = await programme(url);
    const stage = await room.open(`${url}/#/stage/${id}`, { width: 800, height: 1000 });
    await stage.getByText('Ready to start').waitFor(PATIENCE);
    await client.startSession(id);
    await stage.getByText('Over', { exact: true }).waitFor(PATIENCE);
    expect(await digits(stage).textContent()).to.match(/^−\d/);
    expect(await stage.getByRole('heading').textContent()).to.equal('Review');
    expect(await stage.locator('.stage-next').textContent()).to.equal('Next Plans 15:00');
    await client.switchCycle(id);
    await stage.getByRole('heading', { name: 'Plans' }).waitFor(PATIENCE);
    await client.pauseSession(id);
    await stage.getByText('Paused', { exact: true }).waitFor(PATIENCE);
    expect(await stage.locator('.stage-next').count()).to.equal(0);
    expect(await stage.locator('button, a, input, footer').count()).to.equal(0);
    const box = await digits(stage).boundingBox();
    expect((box?.width ?? 0) / 800).to.be.closeTo(WIDE, 0.02);

    const host = await room.open(`${url}/#/s/${id}`);
    await press(host, 'Stage');
    await host.getByLabel('Message to the stage').fill('Please wrap up');
    await press(host, 'Show');
    await stage.getByText('Please wrap up').waitFor(PATIENCE);
    await press(host, 'Blackout');
    await until('the stage is dark', async () => (await attribute(stage, 'data-blackout')) === 'true', 30_000);
    expect(await digits(stage).count()).to.equal(0);
    expect(await stage.getByText('Please wrap up').count()).to.equal(0);
    await host.getByRole('button', { name: 'Blackout', pressed: true }).click();
    await digits(stage).waitFor(PATIENCE);
    // Noted by the page itself, since a busy machine may look too late.
    await stage.evaluate(`(() => {
      const seen = [];
      globalThis.flashes = seen;
      const note = () => {
        const stage = document.querySelector('.stage');
        if (stage.dataset.flash === 'true') seen.push(getComputedStyle(stage).animationDuration);
      };
      new MutationObserver(note).observe(document.body, { attributes: true, subtree: true, attributeFilter: ['data-flash'] });
    })()`);
    await press(host, 'Flash');
    await until('the stage flashes', async () => (await stage.evaluate<string[]>('flashes')).length > 0, 30_000);
    // At most three times a second (WCAG 2.3.1).
    expect(parseFloat((await stage.evaluate<string[]>('flashes'))[0] ?? '')).to.be.at.least(1 / 3);
    await until('it ends', async () => (await attribute(stage, 'data-flash')) === 'false', 30_000);
    await press(host, 'Take away');
    await until('the message is gone', async () => (await stage.locator('.stage-message').textContent()) === '', 30_000);
    // Whoever only watches has no way to it.
    await host.goto(`${url}/#/s/${id}&watch`);
    await host.getByText('Watching').waitFor(PATIENCE);
    expect(await host.getByRole('button', { name: 'Stage' }).count()).to.equal(0);
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-192 the link of a stage says whose clock it shows, mirrored, without a background, without words or later', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const { session_id: id } = await client.createSession({
      sync_mode: 'per_participant',
      participants: [
        { participant_id: 'anna', name: 'Anna', total_time_ms: 600_000 },
        { participant_id: 'ben', name: 'Ben', total_time_ms: 300_000 },
      ],
    });
    const stage = await room.open(`${url}/#/stage/${id}&who=ben&mirror&transparent&bare&delay=2`);
    await digits(stage).getByText('5:00').or(digits(stage)).waitFor(PATIENCE);
    expect(await digits(stage).textContent()).to.equal('5:00');
    const styles = await stage.evaluate<string[]>(
      `['html', 'body', '.stage'].map((name) => getComputedStyle(document.querySelector(name)).backgroundColor)`,
    );
    expect(new Set(styles)).to.deep.equal(new Set(['rgba(0, 0, 0, 0)']));
    expect(await stage.evaluate(`getComputedStyle(document.querySelector('.stage')).transform`)).to.equal('matrix(-1, 0, 0, 1, 0, 0)');
    const before = performance.now();
    await client.adjustTime(id, 60_000, 'ben');
    await until('the time comes', async () => (await digits(stage).textContent()) === '6:00', 30_000);
    expect(performance.now() - before).to.be.at.least(2_000);
    await stage.goto(`${url}/#/stage/${id}&who=cem`);
    await stage.getByText('Nobody of that name').waitFor(PATIENCE);
    await stage.goto(`${url}/#/stage/nowhere`);
    await stage.getByText('does not exist any more').waitFor(PATIENCE);
  });

  it('CO-194 a board has a row for each session, what runs first, in its link; ids and links are added, and a wrong line is named', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const table = async (number: number): Promise<string> => {
      const participants = ['a', 'b'].map((one) => ({
        participant_id: one,
        name: `${one.toUpperCase()}${number}`,
        total_time_ms: 300_000,
      }));
      const metadata = { title: `Table ${number}` };
      return (await client.createSession({ sync_mode: 'per_participant', participants, metadata })).session_id;
    };
    const [one, two, three] = [await table(1), await table(2), await table(3)];
    await client.startSession(two);
    const page = await room.open(`${url}/#/board`);
    const add = async (lines: string[]): Promise<void> => {
      await page.getByLabel('Sessions to put on the board').fill(lines.join('\n'));
      await press(page, 'Add');
    };
    await add([one, 'what is this?']);
    await page.getByText('Line 2 is no id of a session').waitFor(PATIENCE);
    await add([one, `${url}/#/s/${two}&watch`, 'gone']);
    await page.getByText('1 running · 3 in all').waitFor(PATIENCE);
    const rows = (): Promise<string[]> => page.locator('.board-name').allTextContents();
    expect(await rows()).to.deep.equal(['Table 2 · A2 – B2', 'Table 1 · A1 – B1', 'gone']);
    expect(await page.locator('.board-words').allTextContents()).to.include('Ready to start');
    await page.getByText('does not exist any more').waitFor();
    await page.goto(`${page.url()},${three}`);
    await page.getByText('1 running · 4 in all').waitFor(PATIENCE);
    // What is over goes down.
    await client.completeSession(two);
    await until('it is over', async () => (await rows()).indexOf('Table 2 · A2 – B2') === 2, 30_000);
    await page.getByRole('link', { name: 'Table 3' }).click();
    await page.getByRole('heading', { name: 'Table 3' }).waitFor(PATIENCE);
  });

  it('CO-195 a thousand clocks of one session are rows of at least 44 px, of which only those in sight are in the page; the last is reached and any is found by name', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const participants = Array.from({ length: 1_000 }, (_, index) => ({
      participant_id: `p${index}`,
      name: `Student ${index}`,
      total_time_ms: 600_000 + index * 1_000,
    }));
    const { session_id: id } = await client.createSession({ sync_mode: 'per_participant', concurrent: true, participants });
    await client.startSession(id);
    await client.finish(id, 'p0');
    const page = await room.open(`${url}/#/board/${id}`, { width: 390, height: 844 });
    await page.getByText('999 running · 1000 in all').waitFor(PATIENCE);
    const first = page.getByRole('listitem').first();
    await until('the first row is one that runs', async () => (await first.textContent())?.includes('Student 1') === true, 30_000);
    expect((await first.boundingBox())?.height).to.be.at.least(44);
    expect(await page.getByRole('listitem').count()).to.be.below(100);
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    const last = page.getByRole('listitem').last();
    await until('the last row is the one that is done', async () => (await last.textContent())?.includes('Student 0') === true, 30_000);
    expect(await last.textContent()).to.contain('Handed in');
    await page.getByLabel('Find a name').fill('student 777');
    await until('one is found', async () => (await page.locator('.board-name').allTextContents()).join() === 'Student 777', 30_000);
    expect(room.problems).to.deep.equal([]);
  });
});
