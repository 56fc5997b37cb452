/** What each file of browser tests needs: instances, a browser, and pages whose problems are noticed. */
import type { Browser, Page } from 'playwright-core';
import { lacking } from '../kit/lacking.ts';
import { Stage } from '../sdk/kit.ts';
import { buildConsole, type Device, hasBrowser, openDevice, sharedBrowser } from './browser.ts';

export interface Room {
  /** New for each test. */
  readonly stage: Stage;
  readonly browser: Browser;
  /** What went wrong inside pages: uncaught errors, and whatever the browser reports to its console. */
  readonly problems: string[];
  /** A page in a context of its own, as on another device. */
  open(url: string, device?: Device): Promise<Page>;
}

/** Call it within `describe`: it sets hooks. */
export function browserRoom(): Room {
  let stage: Stage | undefined;
  let browser: Browser | undefined;
  let problems: string[] = [];
  const opened = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('only within a test');
    return thing;
  };
  before(async function () {
    if (!hasBrowser) lacking(this, 'no Chromium at CHROMIUM_PATH or /usr/bin/chromium');
    await buildConsole();
    browser = await sharedBrowser();
  });
  beforeEach(() => {
    stage = new Stage();
    problems = [];
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    await stage?.close();
  });
  return {
    get stage() {
      return opened(stage);
    },
    get browser() {
      return opened(browser);
    },
    get problems() {
      return problems;
    },
    open: (url, device) => openDevice(opened(browser), url, problems, device),
  };
}
