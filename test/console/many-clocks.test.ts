import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { SCREENS as ALL_SCREENS, SESSIONS, showSession, unreadable, ZOOMED } from './layout.ts';
import { browserRoom } from './room.ts';

const SCREENS = [
  [320, 568],
  [390, 844],
  [667, 375],
  [768, 1024],
  [1280, 800],
  [1920, 1080],
  [3840, 2160],
] as const;
const SMALLEST_PX = 12;

/** Runs in the page: which names and times can't be read whole. */
const UNREADABLE = `[...document.querySelectorAll('.clock')].flatMap((clock) => {
  const panel = clock.getBoundingClientRect();
  const faults = [];
  const boxes = ['.clock-name', '.clock-time', '.clock-note'].map((part) => {
    const element = clock.querySelector(part);
    const range = document.createRange();
    range.selectNodeContents(element);
    const box = range.getBoundingClientRect();
    const name = part + ' of ' + clock.dataset.player;
    if (parseFloat(getComputedStyle(element).fontSize) < ${SMALLEST_PX}) faults.push(name + ' is too small');
    // It may be cut off.
    if (part === '.clock-note') return element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) faults.push(name + ' is gone');
    if (box.left < panel.left || box.right > panel.right || box.top < panel.top || box.bottom > panel.bottom) faults.push(name + ' is cut off by its clock');
    if (element.scrollWidth > element.clientWidth + 1) faults.push(name + ' is cut off');
    return box;
  });
  for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) {
    const overlap = Math.min(Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
    // Boxes of text have some air above and below.
    if (a.width > 0 && b.width > 0 && overlap > 6) faults.push('texts of ' + clock.dataset.player + ' lie over each other');
  }
  if (panel.height < 44) faults.push(clock.dataset.player + ' is too small for a finger');
  return faults;
})`;

/** Runs in the page: whose note does not show whole what each move brings. */
const CUT_NOTES = `[...document.querySelectorAll('.clock-note')].flatMap((note) => {
  const text = note.firstChild?.textContent ?? '';
  if (!text.includes('free a move')) return [];
  const range = document.createRange();
  range.setStart(note.firstChild, 0);
  range.setEnd(note.firstChild, text.indexOf('free a move') + 'free a move'.length);
  const [shown, all] = [range.getBoundingClientRect(), note.getBoundingClientRect()];
  return shown.right > all.right + 1 || shown.bottom > all.bottom + 1 ? [text] : [];
})`;

/** Runs in the page: the size of the digits of the running clock, px; 0 if they are not on the screen. */
const SIZE_IN_VIEW = `(() => {
  const digits = document.querySelector('.clock[data-active="true"] .clock-time');
  const { top, bottom } = digits.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight ? parseFloat(getComputedStyle(digits).fontSize) : 0;
})()`;

describe('console: many clocks', () => {
  const room = browserRoom();

  for (const total_time_ms of [300_000, 5_400_000]) {
    it(`CO-89 1 to 100 clocks of ${total_time_ms / 60_000} minutes show whole names and times on every screen`, async () => {
      const { url } = await room.stage.instance();
      const client = room.stage.client(url);
      const page = await room.open(url, { reducedMotion: 'reduce' });
      const faults: string[] = [];
      for (const count of [1, 2, 4, 6, 12, 100]) {
        const participants = Array.from({ length: count }, (_, index) => ({ participant_id: `Player-${index + 1}`, total_time_ms }));
        const { session_id: id } = await client.createSession(chess({ participants, increment_ms: 3_000 }));
        await client.startSession(id);
        await page.goto(`${url}/#/s/${id}`);
        const last = page.locator(`.clock[data-player="Player-${count}"] .clock-time`, { hasText: /\d:\d\d/ });
        await last.waitFor({ state: 'attached', timeout: 30_000 });
        for (const [width, height] of SCREENS) {
          await page.setViewportSize({ width, height });
          const found = await page.evaluate<string[]>(UNREADABLE);
          if (found.length > 0) faults.push(`${count} at ${width} × ${height}: ${found.length} faults, such as ${found[0]}`);
        }
      }
      expect(faults).to.deep.equal([]);
    });
  }

  it('CO-89 at 320 px each clock that waits shows whole what its moves bring', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const page = await room.open(url, { reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 320, height: 568 });
    for (const count of [2, 3, 8]) {
      const participants = Array.from({ length: count }, (_, index) => ({ participant_id: `Player-${index + 1}` }));
      const time_control = { stages: [{ time_ms: 5_400_000, delay_ms: 30_000 }] };
      const { session_id: id } = await client.createSession({ sync_mode: 'per_participant', participants, time_control });
      await client.startSession(id);
      for (let turn = 0; turn < count; turn++) await client.switchCycle(id);
      await page.goto(`${url}/#/s/${id}`);
      await page
        .locator('.clock-note', { hasText: '30 s free a move · 1 turn' })
        .nth(count - 2)
        .waitFor({ timeout: 30_000 });
      expect(await page.evaluate<string[]>(CUT_NOTES), `${count} clocks`).to.deep.equal([]);
    }
  });

  it('CO-210 every name and digit is whole or ends in an ellipsis, in each view; of more clocks than fit, the one whose turn it is stays large', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const page = await room.open(url, { reducedMotion: 'reduce' });
    const faults: string[] = [];
    for (const [view, session] of Object.entries(SESSIONS)) {
      for (const count of [2, 30]) {
        await showSession(page, client, session(count));
        for (const fault of await unreadable(page, [...ALL_SCREENS, ...ZOOMED])) faults.push(`${count} of ${view} at ${fault}`);
      }
    }
    expect(faults.join('\n')).to.equal('');

    await page.setViewportSize({ width: 390, height: 844 });
    const id = await showSession(page, client, SESSIONS.clocks(30));
    await page.locator('.board[data-list="true"]').waitFor();
    for (const who of ['p-1', 'p-2']) {
      await page.locator(`.clock[data-player="${who}"][data-active="true"]`).waitFor();
      for (const end of ['Home', 'End']) {
        await page.keyboard.press(end);
        expect(await page.evaluate<number>(SIZE_IN_VIEW), `${who} after ${end}`).to.be.above(40);
      }
      await client.switchCycle(id);
    }
  });
});
