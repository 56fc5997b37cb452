import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { hasBrowser, launch } from '../../console/browser.ts';
import { chess } from '../../kit/games.ts';
import { lacking } from '../../kit/lacking.ts';
import { until } from '../../kit/until.ts';
import { seen, Stage } from '../kit.ts';
import { openSite, type Site } from './site.ts';

/** What nobody should use of a core, for 200 clocks. Between 1.5 and 14.5 % were seen, by the machine. */
const SHARE = 0.3;
const WATCH_MS = 10_000;

describe('React hooks in a browser', function () {
  let site: Site;
  let production: Site;
  let browser: Browser;
  let stage: Stage;
  let problems: string[];

  before(async function () {
    if (!hasBrowser) lacking(this, 'no Chromium at CHROMIUM_PATH or /usr/bin/chromium');
    site = await openSite('development');
    production = await openSite('production');
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
    await production?.close();
  });
  beforeEach(() => {
    stage = new Stage();
    problems = [];
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await stage.close();
  });

  async function open(given: Record<string, string>, from: Site = site): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(`${from.url}#${new URLSearchParams(given).toString()}`);
    return page;
  }

  const shows = (page: Page, id: string, text: string | RegExp): Promise<void> =>
    page.locator(`#${id}`, { hasText: text }).waitFor({ timeout: 10_000 });

  it('J-40 J-41 in StrictMode two pages play a game, and an idle player’s button does not end the opponent’s turn', async () => {
    const { url } = await stage.instance();
    const { session_id: id } = await stage.client(url).createSession(chess());
    // This test presses faster than people do.
    const [white, black] = [
      await open({ api: url, id, player: 'white', guard: '0' }),
      await open({ api: url, id, player: 'black', guard: '0' }),
    ];
    await shows(black, 'status', 'pending');
    await shows(white, 'white', '30:00');
    await white.click('#startSession');
    await shows(black, 'status', 'running');
    await black.click('#switchCycle');
    await shows(black, 'error', 'NOT_ACTIVE_PARTICIPANT');
    await shows(white, 'active', 'white');
    await white.click('#switchCycle');
    await shows(black, 'active', 'black');
    await black.click('#pauseSession');
    await shows(white, 'status', 'paused');
    await white.click('#resumeSession');
    await shows(black, 'status', 'running');
    await black.click('#completeSession');
    await shows(white, 'status', 'completed');
    await shows(white, 'times', 'white black');
    expect(problems).to.deep.equal([]);
  });

  it('J-178 J-179 hooks take the client of a provider, and `commands` has those of the client, which resolve with the answer', async () => {
    const { url } = await stage.instance();
    const { session_id: id } = await stage.client(url).createSession(chess());
    const page = await open({ api: url, id });
    await shows(page, 'white', '30:00');
    await page.click('#give');
    await shows(page, 'answer', '2');
    await shows(page, 'white', '31:00');
    await page.click('#give-nobody');
    await shows(page, 'refused', 'PARTICIPANT_NOT_FOUND');
    await shows(page, 'answer', 'undefined');
    expect(problems).to.deep.equal([]);
  });

  /** Presses two buttons that far apart, as the page's own clock has it; well after whatever was pressed before. */
  const press = (page: Page, first: string, second: string, ms: number): Promise<void> =>
    page.evaluate(`(async () => {
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      await wait(400);
      document.querySelector('#${first}').click();
      await wait(${ms});
      document.querySelector('#${second}').click();
      await wait(400);
    })()`);

  it('J-91 a second press within 300 ms does nothing, whatever the button has become; a later one counts', async () => {
    const { url } = await stage.instance();
    const watcher = stage.client(url);
    const { session_id: id } = await watcher.createSession(chess());
    const page = await open({ api: url, id });
    await shows(page, 'connected', 'true');
    await press(page, 'startSession', 'switchCycle', 50);
    await shows(page, 'active', 'white');
    await press(page, 'switchCycle', 'switchCycle', 600);
    await seen(watcher, id, 4);
    await press(page, 'switchCycle', 'switchCycle', 50);
    await page.click('#pauseSession');
    await seen(watcher, id, 6);
    expect(watcher.session(id).getSnapshot()).to.include({ version: 6, status: 'paused', cycle_count: 3 });
    expect(problems).to.deep.equal([]);
  });

  it('PG-22 the programme is shown as it goes, and falls behind while the clock stands', async () => {
    const { url } = await stage.instance();
    const chair = stage.client(url);
    const minutes = (time: number) => ({ time_ms: time * 60_000 });
    const { session_id: id } = await chair.createSession({ sync_mode: 'per_cycle', items: [minutes(5), minutes(10), minutes(3)] });
    const page = await open({ api: url, id });
    await shows(page, 'programme', '0: 5 10 3');
    await chair.startSession(id);
    await chair.adjustTime(id, 240_000);
    await shows(page, 'programme', '4: 9 10 3');
    await chair.pauseSession(id);
    // A pause puts everything off, and the page sees that by itself. Two minutes of it pass at once.
    await page.evaluate('{ const { getServerTime } = client; client.getServerTime = () => getServerTime.call(client) + 120_000; }');
    await shows(page, 'programme', /^6: /);
    const { session_id } = await chair.createSession(chess());
    await shows(await open({ api: url, id: session_id }), 'programme', 'none');
    expect(problems).to.deep.equal([]);
  });

  it('J-91 with pressGuardMs 0 every press counts', async () => {
    const { url } = await stage.instance();
    const watcher = stage.client(url);
    const { session_id: id } = await watcher.createSession(chess());
    const page = await open({ api: url, id, guard: '0' });
    await shows(page, 'connected', 'true');
    await press(page, 'startSession', 'switchCycle', 130);
    await seen(watcher, id, 3);
  });

  it('J-123 the commands of the hooks take an expected_version, and the click event of a button does not count as options', async () => {
    const { url } = await stage.instance();
    const { session_id: id } = await stage.client(url).createSession(chess());
    const page = await open({ api: url, id, guard: '0' });
    await shows(page, 'status', 'pending');
    const steps: [button: string, shown: string, text: string][] = [
      ['startSession', 'status', 'running'],
      ['switchCycle', 'active', 'black'],
      ['pauseSession', 'status', 'paused'],
      ['resumeSession', 'status', 'running'],
      ['completeSession', 'status', 'completed'],
    ];
    for (const [button, shown, text] of steps) {
      await page.evaluate('wrongBy = 1');
      await page.click(`#${button}-at`);
      await shows(page, 'error', 'CONFLICT');
      await page.evaluate('wrongBy = 0');
      await page.click(`#${button}-at`);
      await shows(page, shown, text);
      await shows(page, 'error', 'none');
      if (button !== 'switchCycle') continue;
      await page.click('#plain');
      await shows(page, 'status', 'paused');
      await page.click('#resumeSession');
      await shows(page, 'status', 'running');
    }
    expect(problems).to.deep.equal([]);
  });

  it('J-80 a hook’s command that gets a click event as participant rejects with a TypeError', async () => {
    const { url } = await stage.instance();
    const { session_id: id } = await stage.client(url).createSession(chess());
    const page = await open({ api: url, id });
    await shows(page, 'connected', 'true');
    await page.click('#careless');
    await until('the mistake to be told of', async () => problems.length > 0);
    expect(problems).to.deep.equal(['next_participant_id must be a string, and not empty; it is an object']);
    await shows(page, 'error', 'none');
  });

  it('J-83 J-84 the hook shows that there is no server, and the errors of its own session only', async () => {
    const { url } = await stage.instance();
    const maker = stage.client(url);
    const [one, two] = [await maker.createSession(chess()), await maker.createSession(chess())];
    const page = await open({ api: url, id: one.session_id, other: two.session_id });
    await shows(page, 'status', 'pending');
    await page.click('#pauseSession');
    await shows(page, 'error', 'INVALID_STATE_TRANSITION');
    await page.click('#other');
    await shows(page, 'error', 'none');
    const away = await open({ api: 'http://127.0.0.1:9', id: one.session_id });
    await shows(away, 'error', 'NETWORK_ERROR');
    await shows(away, 'connection', 'reconnecting');
  });

  it('J-42 useCountdown renders when a visible digit changes, and not otherwise', async () => {
    const { url } = await stage.instance();
    const { session_id: id } = await stage.client(url).createSession(chess());
    const page = await open({ api: url, id });
    await page.click('#startSession');
    await shows(page, 'white', '29:58');
    await page.evaluate('Object.values(commits).forEach((texts) => texts.splice(0))');
    await shows(page, 'white', '29:54');
    const { white, black } = await page.evaluate<{ white: string[]; black: string[] }>('commits');
    expect(white.slice(-3)).to.deep.equal(['29:56', '29:55', '29:54']);
    expect(new Set(white).size, 'every rendering shows something new').to.equal(white.length);
    expect(black).to.deep.equal([]);
    await shows(page, 'used', /^[5-9]\.\d$|^0:\d\d$/);
    expect(problems).to.deep.equal([]);
  });

  it('J-43 a component with a hook may be unmounted and mounted again at any moment', async () => {
    const { url } = await stage.instance();
    const player = stage.client(url);
    const { session_id: id } = await player.createSession(chess());
    const page = await open({ api: url, id });
    await shows(page, 'status', 'pending');
    await page.evaluate(`(async () => {
      for (let n = 0; n < 40; n += 1) {
        document.querySelector('#startSession')?.click();
        document.querySelector('#switchCycle')?.click();
        document.querySelector('#toggle').click();
        await new Promise((resolve) => setTimeout(resolve, n % 5));
      }
    })()`);
    await player.pauseSession(id).catch(() => undefined);
    await player.completeSession(id);
    await shows(page, 'status', 'completed');
    await page.click('#toggle');
    await page.evaluate('client.disconnect()');
    // React in development asks twice for a snapshot and warns where a digit changes in between.
    const others = problems.filter((problem) => !problem.includes('getSnapshot should be cached'));
    expect(others).to.deep.equal([]);
  });

  it('J-44 200 running clocks render once a second each and leave a core mostly idle', async () => {
    const { url } = await stage.instance();
    const participants = Array.from({ length: 200 }, (_, n) => ({ participant_id: `p${n}` }));
    const client = stage.client(url);
    const { session_id: id } = await client.createSession({ sync_mode: 'global', total_time_ms: 3_600_000, participants });
    await client.startSession(id);
    const page = await open({ api: url, id, clocks: '200' }, production);
    await shows(page, 'clock-199', '59:5');
    const cdp = await browser.newBrowserCDPSession();
    const used = async (): Promise<number> => {
      const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
      return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
    };
    const [cpu, renders] = [await used(), await page.evaluate<number>('commits["clock-199"].length')];
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    const share = (await used()) - cpu;
    const seconds = (performance.now() - begun) / 1_000;
    const rate = ((await page.evaluate<number>('commits["clock-199"].length')) - renders) / seconds;
    console.log(
      `      200 clocks: ${((100 * share) / seconds).toFixed(1)} % of a core over all of Chromium's processes, ${rate.toFixed(1)} renders a second each`,
    );
    expect(rate, 'renders a second').to.be.within(0.5, 1.5);
    expect(share / seconds, 'share of a core').to.be.below(SHARE);
  });

  it('J-45 the hook tells whether there is a connection', async () => {
    const { url } = await stage.instance();
    const { session_id: id } = await stage.client(url).createSession(chess());
    const page = await open({ api: url, id });
    await shows(page, 'connected', 'true');
    await page.context().setOffline(true);
    await shows(page, 'connected', 'false');
    await page.context().setOffline(false);
    await shows(page, 'connected', 'true');
    await until('the session again', async () => (await page.textContent('#status')) === 'pending');
  });
});
