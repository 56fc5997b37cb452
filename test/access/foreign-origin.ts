import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from 'mocha';
import type { Browser } from 'playwright-core';
import { buildConsole, hasBrowser, sharedBrowser } from '../console/browser.ts';
import { lacking } from '../kit/lacking.ts';

/** A browser, and a site beside the instance under test, whose pages are of another origin. */
export interface ForeignOrigin {
  browser: Browser;
  /** The address of its only page. */
  origin: string;
  close(): void;
}

/** Builds the console, and opens the browser and the other site. Skips the suite where there is no browser. */
export async function openForeignOrigin(suite: Context): Promise<ForeignOrigin> {
  if (!hasBrowser) lacking(suite, 'no Chromium at CHROMIUM_PATH or /usr/bin/chromium');
  await buildConsole();
  const browser = await sharedBrowser();
  const site = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>elsewhere</title>'));
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  return {
    browser,
    origin: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
    close() {
      site.closeAllConnections();
      site.close();
    },
  };
}
