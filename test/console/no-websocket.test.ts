import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { JWT, sign } from '../access/kit.ts';
import { chess } from '../kit/games.ts';
import { type HttpOnly, openHttpOnly } from '../kit/http-only.ts';
import { lacking } from '../kit/lacking.ts';
import { hasNginx, startNginx } from '../kit/nginx.ts';
import { press, shows, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const PATIENCE = { timeout: 30_000 };
const REASON = 'No WebSocket gets through: read every few seconds';

describe('console: no WebSocket on the way', function () {
  const room = browserRoom();
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function httpOnly(url: string, options?: { answers: boolean }): Promise<HttpOnly> {
    const proxy = await openHttpOnly(url, options);
    closers.push(proxy.close);
    return proxy;
  }

  /** What a person reads who wants to know why; the page with it is for everybody and fits. */
  async function explanation(page: Page): Promise<string> {
    await press(page, 'Why?');
    const text = await page.getByRole('dialog').innerText(PATIENCE);
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const found = await page.evaluate<string[]>(
      "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id }) => id))",
    );
    expect(found).to.deep.equal([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth'), 'it fits').to.equal(true);
    await press(page, 'Close');
    return text;
  }

  it('CO-72 behind a proxy that passes no WebSocket on, a viewer’s link shows the game by readings over REST, and the reason', async function () {
    if (!hasNginx) lacking(this, 'no nginx; ./setup unpacks one');
    const app = await room.stage.instance({ ...JWT, BASE_PATH: '/timer', TRUST_PROXY: 'true' });
    const nginx = await startNginx(app, { prefix: '/timer', sockets: false });
    closers.push(() => nginx.close());
    const owner = room.stage.client(app.url, { token: await sign({ sub: 'anna' }) });
    const { session_id: id } = await owner.createSession(chess());
    const link = await owner.shareSession(id, { role: 'viewer' });
    const page = await room.open(`${nginx.url}/#/s/${id}&token=${link.token}`, { width: 320, height: 700, reducedMotion: 'reduce' });
    await shows(page, 'white', '30:00');
    await page.getByText(REASON).waitFor(PATIENCE);
    const address = `${nginx.url.replace('http', 'ws')}/socket.io/`;
    expect(await explanation(page)).to.contain(address);
    await owner.startSession(id);
    await turnOf(page, 'white');
  });

  it('CO-72 a game is shown by readings over REST also where a proxy never answers the handshake', async () => {
    const { url } = await room.stage.instance();
    const proxy = await httpOnly(url, { answers: false });
    const { session_id: id } = await room.stage.client(url).createSession(chess());
    const page = await room.open(`${proxy.url}/#/s/${id}`);
    await shows(page, 'white', '30:00');
    await page.getByText(REASON).waitFor(PATIENCE);
  });

  it('CO-73 a person with the controls plays without a WebSocket, and the page uses one as soon as there is one', async () => {
    const { url } = await room.stage.instance();
    const proxy = await httpOnly(url);
    const far = room.stage.client(url);
    const { session_id: id } = await far.createSession(chess());
    const page = await room.open(`${proxy.url}/#/s/${id}`);
    await press(page, 'Start');
    await turnOf(page, 'white');
    await far.pauseSession(id);
    await stands(page, 'Paused');
    proxy.letSockets();
    await press(page, 'Try now');
    await page.getByText('Connected', { exact: true }).waitFor(PATIENCE);
    expect(await page.getByRole('button', { name: 'Why?' }).count()).to.equal(0);
  });

  it('CO-74 a page that the limit of its address keeps waiting says so', async () => {
    const { url } = await room.stage.instance({ RATE_LIMIT_GENERAL: '2' });
    const proxy = await httpOnly(url);
    const { session_id: id } = await room.stage.client(url).createSession(chess());
    const [first, second] = [await room.open(`${proxy.url}/#/s/${id}`), await room.open(`${proxy.url}/#/s/${id}`)];
    await Promise.any([first, second].map((page) => page.getByText('Many devices on this network').waitFor(PATIENCE)));
  });
});
