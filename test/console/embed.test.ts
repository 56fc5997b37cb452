/** The element `<synckairos-clock>` and framed views, in pages of another origin. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { formatTime } from '../../client-sdk/src/index.ts';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { until } from '../kit/until.ts';
import { browserRoom } from './room.ts';

const PATIENCE = { timeout: 30_000 };

describe('console: on any page', () => {
  const room = browserRoom();
  const sites: Server[] = [];
  afterEach(() => {
    for (const server of sites.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** A site with one page, of an origin of its own. */
  async function site(page: (origin: string) => string, policy?: string): Promise<string> {
    const server = createServer((_, response) => {
      const headers = { 'content-type': 'text/html', ...(policy !== undefined && { 'content-security-policy': policy }) };
      response.writeHead(200, headers).end(`<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">${page(origin)}`);
    });
    sites.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return origin;
  }

  const digits = (page: Page, id: string): Promise<string | null> => page.locator(`#${id} [role=timer]`).textContent({ timeout: 20_000 });
  const isIn = (page: Page, id: string, state: string): Promise<boolean> =>
    page.evaluate<boolean>(`document.getElementById('${id}').matches(':state(${state})')`);

  const TWO = [
    { participant_id: 'anna', name: 'Anna', total_time_ms: 600_000 },
    { participant_id: 'ben', name: 'Ben', total_time_ms: 8_000 },
  ];

  it('EM-1 EM-2 EM-3 two elements of a page of another origin, which allows no inline style, show what the server’s state says over one connection', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const { session_id: id } = await client.createSession({ sync_mode: 'per_participant', participants: TWO });
    const policy = `default-src 'none'; script-src ${url}; connect-src ${url} ${url.replace('http', 'ws')}; img-src data:`;
    const tags = `<synckairos-clock id="a" session="${id}" owner="anna" identifier></synckairos-clock>
      <synckairos-clock id="b" session="${id}" owner="ben" tenths-below="0" mirror></synckairos-clock>`;
    const origin = await site(() => `<script type="module" src="${url}/embed.js"></script>${tags}`, policy);
    const page = await room.open('about:blank');
    let sockets = 0;
    page.on('websocket', () => (sockets += 1));
    await page.goto(origin);
    await until('both are shown', async () => (await digits(page, 'b')) === '0:08', 30_000);
    expect(await digits(page, 'a')).to.equal('10:00');
    expect(await page.locator('#a [part=identifier]').textContent()).to.equal('Anna');
    expect(await page.evaluate(`getComputedStyle(document.getElementById('b')).transform`)).to.equal('matrix(-1, 0, 0, 1, 0, 0)');
    await client.startSession(id);
    await until('it runs', () => isIn(page, 'a', 'running'), 30_000);
    await until('its digits fall', async () => (await digits(page, 'a')) !== '10:00', 30_000);
    const paused = await client.pauseSession(id);
    await until('it is paused', () => isIn(page, 'a', 'paused'), 30_000);
    expect(await digits(page, 'a')).to.equal(formatTime(paused.participants[0]?.time_remaining_ms));
    expect(sockets).to.equal(1);
    expect(room.problems).to.deep.equal([]);
  });

  it('EM-3 EM-4 EM-5 EM-6 the element raises its events, says in words what it is warned of, and draws nothing while it is not displayed', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const { session_id: id } = await client.createSession({
      sync_mode: 'global',
      total_time_ms: 2_500,
      warning_thresholds_ms: [2_000],
    });
    const { session_id: over } = await client.createSession({ sync_mode: 'global', total_time_ms: 1_000, overrun_ms: 3_600_000 });
    const tags = `<synckairos-clock id="a" session="${id}" announce lang="de"></synckairos-clock>
      <synckairos-clock id="hidden" session="${id}" hidden></synckairos-clock>
      <synckairos-clock id="over" session="${over}"></synckairos-clock>
      <synckairos-clock id="late" session="${id}" tenths-below="x" delay="1"></synckairos-clock>`;
    const origin = await site(() => `<script type="module" src="${url}/embed.js"></script>${tags}`);
    const page = await room.open('about:blank');
    const warned: string[] = [];
    page.on('console', (message) => warned.push(message.text()));
    await page.addInitScript(`
      globalThis.heard = [];
      globalThis.drawn = new Set();
      for (const name of ['sk-state', 'sk-warning', 'sk-expired', 'sk-phase'])
        addEventListener(name, ({ target, type, detail }) => heard.push(target.id + ' ' + type + ' ' + (detail?.status ?? detail?.threshold_ms ?? '')));
      // What was said of the warning is replaced just after this.
      addEventListener('sk-expired', ({ target }) => heard.push(target.id + ' said ' + target.shadowRoot.querySelector('[part=announcement]').textContent));
      addEventListener('sk-state', ({ target }) => {
        if (target.id !== 'hidden' || globalThis.watcher) return;
        globalThis.watcher = new MutationObserver(() => drawn.add(target.shadowRoot.querySelector('[part=digits]').textContent));
        watcher.observe(target.shadowRoot, { childList: true, characterData: true, subtree: true });
      });
    `);
    await page.goto(origin);
    await until('it is known', async () => (await digits(page, 'a')) === '2.5', 30_000);
    await client.startSession(id);
    await client.startSession(over);
    await until('it is over', () => isIn(page, 'over', 'overrun'), 30_000);
    await until('it shows so', async () => /^−\d/.test((await digits(page, 'over')) ?? ''), 30_000);
    await until('it has expired', () => isIn(page, 'late', 'expired'), 60_000);
    await until('it says so', async () => (await page.locator('#a [part=announcement]').textContent()) === '0 Sekunden', 30_000);
    const heard = await page.evaluate<string[]>('heard');
    for (const one of ['a sk-state running', 'a sk-warning 2000', 'a sk-state expired', 'a sk-expired ', 'a said 2 Sekunden'])
      expect(heard).to.include(one);
    expect(heard.indexOf('a sk-state expired')).to.be.below(heard.indexOf('late sk-state expired'));
    // It draws what comes from the server, and none of the tenths between.
    expect(await page.evaluate<number>('drawn.size')).to.be.below(8);
    expect(warned.join()).to.contain('<synckairos-clock>: tenths-below must be a whole number of seconds from 0 to 3600; it is "x"');
    expect(room.problems).to.deep.equal([]);
    await page.evaluate(`document.getElementById('a').setAttribute('server', 'http://127.0.0.1:1/')`);
    await until('it is offline', async () => (await isIn(page, 'a', 'offline')) && isIn(page, 'a', 'unsynced'), 30_000);
    expect(await digits(page, 'a')).to.equal('–:––');
  });

  it('EM-7 every page may load the element, whichever may call, and asks each time whether it has changed', async () => {
    const { url } = await room.stage.instance({ CORS_ORIGIN: 'https://club.example' });
    const answer = await fetch(`${url}/embed.js`, { headers: { origin: 'https://other.example' } });
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('access-control-allow-origin')).to.equal('*');
    expect(answer.headers.get('cross-origin-resource-policy')).to.equal('cross-origin');
    expect(answer.headers.get('content-type')).to.contain('javascript');
    expect(await answer.text()).to.not.match(/\bfrom\s*["']/, 'it is one file');
    expect(answer.headers.get('cache-control')).to.equal('no-cache');
    expect(answer.headers.get('etag')).to.match(/^W\//);
  });

  it('EM-8 EM-9 only pages of EMBED_ORIGINS frame the page, and a frame shows no view with controls', async () => {
    const plain = await room.stage.instance();
    const { session_id: id } = await room.stage.client(plain.url).createSession({ sync_mode: 'global', total_time_ms: 60_000 });
    const frames = (url: string) =>
      `<iframe name="stage" src="${url}/#/stage/${id}"></iframe><iframe name="game" src="${url}/#/s/${id}"></iframe>`;
    let framed = plain.url;
    const origin = await site(() => frames(framed));
    const listed = await room.stage.instance({ EMBED_ORIGINS: `https://club.example,${origin}` });
    framed = listed.url;
    const page = await room.open(origin);
    await page.frameLocator('[name=stage]').getByRole('timer').waitFor(PATIENCE);
    await page.frameLocator('[name=game]').getByRole('link', { name: 'Open it in a window of its own' }).waitFor(PATIENCE);
    expect(await page.frameLocator('[name=game]').getByRole('button').count()).to.equal(0);
    expect(room.problems).to.deep.equal([]);
    const refused = await fetch(plain.url);
    expect(refused.headers.get('content-security-policy')).to.contain("frame-ancestors 'none'");
    expect(refused.headers.get('x-frame-options')).to.equal('DENY');
    framed = plain.url;
    await page.reload();
    await until(
      'the browser says that it may not',
      () => Promise.resolve(room.problems.some((text) => text.includes('frame-ancestors'))),
      30_000,
    );
  });

  it('EM-10 a wrong EMBED_ORIGINS is refused by its name', () => {
    for (const EMBED_ORIGINS of ['club.example', 'https://club.example/', "'self'; script-src *"]) {
      expect(() => loadConfig({ REDIS_URL: 'redis://127.0.0.1:6379', EMBED_ORIGINS }), EMBED_ORIGINS).to.throw(
        ConfigError,
        'EMBED_ORIGINS must be * or a comma list of origins',
      );
    }
  });
});
