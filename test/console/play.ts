/** What tests and screenshots do on the page, as a person would. */
import type { SessionState } from '#contract';
import type { Locator, Page } from 'playwright-core';
import { rest } from '../kit/rest.ts';

/** Generous, since the machine may be busy. */
const PATIENCE = { timeout: 30_000 };

/** A change to a preset: what is filled in, by the label of the field. */
export type Entries = Record<string, string>;

/** What each preset is for, but for games. */
const INTENT_OF: Record<string, string> = {
  'Meeting agenda': 'Agenda',
  Countdown: 'Agenda',
  Exam: 'Exam',
  'Class test': 'Exam',
  Auction: 'Auction',
  'Auction lot': 'Auction',
  Quiz: 'Quiz',
  'Quiz question': 'Quiz',
  Intervals: 'Intervals',
  Race: 'Race',
  Stopwatch: 'Race',
  'Own rules': 'Own',
};

/** Chooses what for, and a preset for that by its name alone. */
export async function choose(page: Page, preset: string): Promise<void> {
  const choice = (group: string, name: string): Locator =>
    page.locator(`label:has(input[name="${group}"])`, { has: page.getByText(name, { exact: true }) }).getByRole('radio');
  await choice('intent', INTENT_OF[preset] ?? 'Game').check(PATIENCE);
  const wanted = choice('preset', preset);
  const more = page.getByRole('button', { name: 'More', exact: true });
  if ((await wanted.count()) === 0 && (await more.count()) > 0) await more.click(PATIENCE);
  await wanted.check(PATIENCE);
}

/** Sets a game up on the first page, and returns the hash of its own page, on which it waits for its start. */
export async function createGame(page: Page, preset: string, entries: Entries = {}): Promise<string> {
  await choose(page, preset);
  for (const [label, text] of Object.entries(entries)) await page.getByLabel(label, { exact: true }).fill(text);
  await press(page, 'Create');
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor(PATIENCE);
  return new URL(page.url()).hash;
}

/** The clock of a participant or team; `global` is the one of the session. */
const CLOCK = (who: string): string => `.clock[data-player="${who}"]`;

/** Waits until a clock runs. */
export async function turnOf(page: Page, who: string): Promise<void> {
  await page.locator(`${CLOCK(who)}[data-active="true"]`).waitFor(PATIENCE);
}

/** Waits until a clock shows these digits. */
export async function shows(page: Page, who: string, digits: string | RegExp): Promise<void> {
  await page.locator(`${CLOCK(who)} .clock-time`, { hasText: digits }).waitFor(PATIENCE);
}

/** Waits until the line at the top says so. */
export async function stands(page: Page, text: string): Promise<void> {
  await page.locator('.standing', { hasText: text }).waitFor(PATIENCE);
}

/** Waits until the page is there, is connected and knows the server's time. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main:not(.waiting)').waitFor(PATIENCE);
  await page.getByText('Connected').waitFor(PATIENCE);
  await page.getByText(/[+−][\d.,]+ ± [\d.]+ ms/).waitFor(PATIENCE);
}

export async function press(page: Page, name: string): Promise<void> {
  await (await reach(page, name)).click(PATIENCE);
}

/** What may be behind `⋯`, depending on how a game stands. */
const SELDOM = new Set(['Adjust', 'Finish', 'History', 'Keys', 'Seat', 'Share', 'Sound', 'Stage']);

/** A button of a game, in sight: what is behind `⋯` is opened. */
export async function reach(page: Page, name: string): Promise<Locator> {
  const button = page.getByRole('button', { name, exact: true });
  if (!SELDOM.has(name)) return button;
  const more = page.getByRole('button', { name: 'More', exact: true });
  await more.waitFor(PATIENCE);
  if (!(await button.isVisible())) await more.click(PATIENCE);
  return button;
}

/** The names of all buttons of a game, those behind `⋯` too. */
export async function buttonsOf(page: Page): Promise<string[]> {
  const more = page.getByRole('button', { name: 'More', exact: true });
  await more.click(PATIENCE);
  const names = await page.locator('.actions button:not([aria-label])').allTextContents();
  await page.keyboard.press('Escape');
  return names;
}

/** Waits until the page takes presses again after one, or after a button has got another meaning. */
export async function rested(page: Page): Promise<void> {
  await page.locator('.game:not(:has([data-resting="true"]))').waitFor(PATIENCE);
}

/** The session of a page as its server has it. */
export async function stateOf(page: Page): Promise<SessionState> {
  const { origin, hash } = new URL(page.url());
  const reply = (await rest({ url: origin }, 'GET', `/v1/sessions/${hash.replace('#/s/', '')}`)).reply<SessionState>();
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.data;
}
