/** How the page is laid out for any number of clocks: sessions, screens, and what can't be read there. */
import type { CreatePayload } from '#contract';
import type { Page } from 'playwright-core';
import type { SyncKairosClient } from '../../client-sdk/src/index.ts';

export type Screen = readonly [width: number, height: number];

/** From an old phone, on its side too, to a wall. */
export const SCREENS: readonly Screen[] = [
  [320, 568],
  [640, 360],
  [390, 844],
  [768, 1024],
  [1366, 768],
  [1920, 1080],
  [3840, 2160],
];
/** What a browser that is zoomed to 200 % has left of a small laptop, a tablet and a laptop. */
export const ZOOMED: readonly Screen[] = [
  [512, 384],
  [384, 512],
  [683, 384],
];
const SMALLEST_PX = 12;
/** What is left of a name that ends in an ellipsis. */
const SHORTEST_EM = 3;
const HOUR = 3_600_000;

/** Short ones, long ones, and one without a place to break it. */
const NAMES = ['Anna', 'Bartholomew Featherstonehaugh of Upper Slaughter', 'Cem', 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerk'];

function people(count: number, time?: (index: number) => number): { participant_id: string; name: string; total_time_ms?: number }[] {
  return Array.from({ length: count }, (_, index) => ({
    participant_id: `p-${index + 1}`,
    name: `${NAMES[index % NAMES.length]} ${index + 1}`,
    ...(time === undefined ? {} : { total_time_ms: time(index) }),
  }));
}

function items(count: number, time_ms: number): NonNullable<CreatePayload['items']> {
  return people(count).map(({ participant_id, name }) => ({ item_id: participant_id, title: name, time_ms }));
}

/** A session of each view for so many participants, items or teams. */
export const SESSIONS = {
  clocks: (count) => ({ sync_mode: 'per_participant', participants: people(count, () => 1.5 * HOUR) }),
  hall: (count) => ({
    sync_mode: 'per_participant',
    concurrent: true,
    // Each in a group of their own.
    participants: people(count, (index) => HOUR + index * 60_000),
  }),
  race: (count) => ({ sync_mode: 'count_up', concurrent: true, participants: people(count) }),
  quiz: (count) => ({
    sync_mode: 'per_cycle',
    concurrent: true,
    time_per_cycle_ms: HOUR,
    participants: people(count),
    items: [{ item_id: 'one', title: 'Capital of Peru?', metadata: { choices: ['Quito', 'Lima'] } }],
  }),
  auction: (count) => ({
    sync_mode: 'per_cycle',
    participants: people(count),
    items: items(3, HOUR),
    extension: { window_ms: 10_000, by_ms: 10_000, mode: 'reset' },
  }),
  rundown: (count) => ({ sync_mode: 'per_cycle', items: items(count, HOUR) }),
  teams: (count) => ({
    sync_mode: 'per_group',
    participants: people(count).map(({ participant_id, name }) => ({ participant_id, name })),
    groups: people(count).map(({ participant_id: id }) => ({ group_id: `team-${id}`, members: [id], total_time_ms: HOUR })),
  }),
  turns: (count) => ({ sync_mode: 'per_cycle', participants: people(count), time_per_cycle_ms: HOUR }),
} satisfies Readonly<Record<string, (count: number) => CreatePayload>>;

/** Shows a running session on the page, and returns its id. */
export async function showSession(page: Page, client: SyncKairosClient, payload: CreatePayload): Promise<string> {
  const { session_id: id } = await client.createSession(payload);
  await client.startSession(id);
  await page.goto(`${new URL(page.url()).origin}/#/s/${id}`);
  await page
    .locator(`.game[data-status="running"] :is(.clock-time, .hall-left, .quiz-left, .race-time)`, { hasText: /\d/ })
    .first()
    .waitFor({ timeout: 30_000 });
  return id;
}

/** Runs in the page: each text that is too small, or cut off without an ellipsis. */
const UNREADABLE = `(() => {
  const faults = new Set();
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.add('the page is wider than the screen by ' + (root.scrollWidth - root.clientWidth));
  const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const element = text.parentElement;
    if (text.data.trim() === '' || element.closest('[hidden], option, noscript') !== null) continue;
    const style = getComputedStyle(element);
    // For screen readers only.
    if ([element, element.parentElement].some((one) => getComputedStyle(one).clipPath === 'inset(50%)')) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    // Not shown at all, as a hint for keys on a phone.
    if (box.width === 0 && element.getClientRects().length === 0) continue;
    const size = parseFloat(style.fontSize);
    const fault = (what) => faults.add(element.tagName.toLowerCase() + '.' + (element.className || element.parentElement.className) + ' “' + text.data.trim().slice(0, 24) + '” ' + what);
    if (size < ${SMALLEST_PX}) fault('is ' + size.toFixed(1) + ' px');
    // The air above and below letters may be cut off.
    const air = size * 0.3;
    // Whether an ellipsis, or a list that scrolls, already takes care of what goes on to the side, or below.
    let endsAside = false;
    let endsBelow = false;
    for (let within = element; within !== document.body && !(endsAside && endsBelow); within = within.parentElement) {
      const frame = within.getBoundingClientRect();
      const { overflowX, overflowY, textOverflow, webkitLineClamp } = getComputedStyle(within);
      if (overflowX === 'visible' && overflowY === 'visible') continue;
      const clamped = Number(webkitLineClamp) > 0;
      endsAside ||= textOverflow === 'ellipsis' || clamped || overflowX === 'auto' || overflowX === 'scroll';
      endsBelow ||= clamped || overflowY === 'auto' || overflowY === 'scroll';
      if (!endsAside && (box.right > frame.right + 1 || box.left < frame.left - 1)) fault('is cut off at its side');
      if (!endsBelow && (box.bottom > frame.bottom + air || box.top < frame.top - air)) fault('is cut off above or below');
      // A name of which nothing but the ellipsis is left.
      if (textOverflow === 'ellipsis' && frame.width < Math.min(box.width - 1, ${SHORTEST_EM} * size)) fault('has ' + frame.width.toFixed(0) + ' px left');
    }
  }
  for (const face of document.querySelectorAll('.clock-face')) {
    const boxes = [...face.children].filter((part) => !part.matches('.sr-only, progress') && part.textContent !== '').map((part) => {
      const range = document.createRange();
      range.selectNodeContents(part);
      const [all, own] = [range.getBoundingClientRect(), part.getBoundingClientRect()];
      return { part, left: Math.max(all.left, own.left), right: Math.min(all.right, own.right), top: Math.max(all.top, own.top), bottom: Math.min(all.bottom, own.bottom) };
    });
    for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) {
      const overlap = Math.min(Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
      if (overlap > 6) faults.add(a.part.className + ' and ' + b.part.className + ' of “' + a.part.textContent.slice(0, 20) + '” lie over each other');
    }
  }
  return [...faults];
})()`;

/** What can't be read on these screens, in words that name the screen and the text. */
export async function unreadable(page: Page, screens: readonly Screen[]): Promise<string[]> {
  const faults: string[] = [];
  for (const [width, height] of screens) {
    await page.setViewportSize({ width, height });
    const found = await page.evaluate<string[]>(UNREADABLE);
    if (found.length > 0) faults.push(`${width} × ${height}: ${found.length} faults, such as ${found.slice(0, 3).join('; ')}`);
  }
  return faults;
}
