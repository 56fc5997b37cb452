/** A headless browser for the tests of the console, and what they watch in its pages. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { oncePerRun } from '../kit/once-per-run.ts';
import { onStop } from '../kit/services.ts';

/**
 * The shell is Chromium without what draws windows on a screen: its pages are the same, at less processor time. Only
 * some systems have it.
 */
const SHELL = '/usr/bin/chromium-headless-shell';
const EXECUTABLE = process.env['CHROMIUM_PATH'] ?? (existsSync(SHELL) ? SHELL : '/usr/bin/chromium');
/**
 * Features that are off. All but the last line are Playwright's own list, which this one replaces. Those of the last
 * line are pages that Chromium would load into each new window for its address bar, at more than the window's own cost.
 */
const OFF = [
  'AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,PaintHolding',
  'AimEnabled,PreconnectToSearch,ThirdPartyStoragePartitioning',
  'WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup',
];
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${OFF.join(',')}`,
];

/** How long a page is waited for where nothing else is said. */
const PATIENCE_MS = 60_000;

export const hasBrowser: boolean = existsSync(EXECUTABLE);

/** Builds the console to where the server looks for it, once a run. */
export async function buildConsole(): Promise<void> {
  const configFile = fileURLToPath(new URL('../../console/vite.config.ts', import.meta.url));
  await oncePerRun('console', () => build({ configFile, logLevel: 'warn' }));
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: QUIET });
}

let shared: Promise<Browser> | undefined;

/** The browser of this process, which ends with it. Whoever opens a context closes it. */
export function sharedBrowser(): Promise<Browser> {
  return (shared ??= launch().then((browser) => {
    onStop(() => browser.close());
    return browser;
  }));
}

export interface Device {
  width?: number;
  height?: number;
  /** How far the device's own clock is set ahead. */
  aheadMs?: number;
  colorScheme?: 'light' | 'dark';
  reducedMotion?: 'reduce' | 'no-preference';
}

/** A page in a context of its own, as on a second device. What goes wrong inside it is collected in `problems`. */
export async function openDevice(browser: Browser, url: string, problems: string[], device: Device = {}): Promise<Page> {
  const { width = 1200, height = 750, aheadMs = 0, ...preferences } = device;
  const context = await browser.newContext({ viewport: { width, height }, ...preferences });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.addInitScript({ path: fileURLToPath(new URL('watch-clocks.js', import.meta.url)) });
  await page.addInitScript({ content: `{ const now = Date.now; Date.now = () => now() + ${aheadMs}; }` });
  await page.goto(url);
  return page;
}

/** When a clock showed something new: `white 4:59` → Unix milliseconds with fractions. */
export type Sightings = Record<string, number>;

/** Forgets all sightings so far, but for what clocks show now. */
export async function forget(page: Page): Promise<void> {
  await page.evaluate('forget()');
}

/** When a clock first told something of its time control: `white period 2 of 5`. */
export function phaseSightings(page: Page): Promise<Sightings> {
  return page.evaluate<Sightings>('phases');
}

/** All that the clocks of a page have shown so far. */
export function sightings(page: Page): Promise<Sightings> {
  return page.evaluate<Sightings>('shown');
}
