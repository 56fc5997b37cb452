import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { freePort } from '../../server/local/free-port.ts';
import { JWT, sign } from '../access/kit.ts';
import { hasNginx, type Nginx, type NginxOptions, startNginx } from '../kit/nginx.ts';
import { lacking } from '../kit/lacking.ts';
import { createGame, press, settled, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const NAMES = { White: 'Anna', Black: 'Ben' };

describe('console: a path of another site', function () {
  const room = browserRoom();
  let nginx: Nginx | undefined;
  before(function () {
    if (!hasNginx) lacking(this, 'no nginx; ./setup unpacks one');
  });
  afterEach(async () => {
    await nginx?.close();
    nginx = undefined;
  });

  /** The address of a page behind nginx. */
  async function behind(settings: Record<string, string>, options: NginxOptions): Promise<string> {
    nginx = await startNginx(await room.stage.instance({ TRUST_PROXY: 'true', ...settings }), options);
    return nginx.url;
  }

  /** The link in the sheet, whose QR code is there too. */
  async function linkOf(page: Page): Promise<string> {
    await press(page, 'Share');
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    const link = await page.getByLabel('Link for others').inputValue();
    await press(page, 'Close');
    return link;
  }

  for (const [does, BASE_PATH] of [
    ['passes the path on', '/school/timer'],
    ['takes the path off', '/'],
  ] as const) {
    it(`CO-70 behind a proxy that ${does}, the page creates a game, shares its link, and shows it elsewhere over a socket`, async () => {
      const url = await behind({ BASE_PATH }, { prefix: '/school/timer' });
      // Without the slash at its end, as people type it.
      const anna = await room.open(url);
      const asked: string[] = [];
      anna.on('request', (request) => asked.push(request.url()));
      expect(anna.url()).to.equal(`${url}/`);
      await createGame(anna, 'Chess', NAMES);
      await settled(anna);
      const link = await linkOf(anna);
      expect(link).to.equal(anna.url());
      expect(link).to.match(/^http:\/\/127\.0\.0\.1:\d+\/school\/timer\/#\/s\//);
      const ben = await room.open(link);
      await settled(ben);
      await press(anna, 'Start');
      await turnOf(ben, 'white');
      await press(ben, 'Done');
      await turnOf(anna, 'black');
      await press(anna, 'History');
      await anna.getByRole('dialog').waitFor();
      await press(anna, 'Close');
      await anna.reload();
      await stands(anna, 'Ben to move');
      await anna.getByRole('link', { name: 'SyncKairos: new game' }).click();
      await anna.getByRole('button', { name: 'Create', exact: true }).waitFor();
      expect(await anna.evaluate('[...document.images].every((image) => image.naturalWidth > 0)'), 'pictures').to.equal(true);
      expect(asked.filter((address) => !address.startsWith(`${url}/`))).to.deep.equal([]);
      expect(room.problems).to.deep.equal([]);
    });
  }

  it('CO-70 the operator view reads the metrics that lie below the path', async () => {
    const { url } = await room.stage.instance({ BASE_PATH: '/timer' });
    const page = await room.open(`${url}/#/operator`);
    await page.getByRole('region', { name: 'Audit lag' }).waitFor({ timeout: 30_000 });
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-71 a token for one path is not used at another path of the same site', async () => {
    const PORT = String(await freePort());
    const first = await room.stage.instance({ ...JWT, BASE_PATH: '/first', PORT });
    const page = await room.open(`${first.url}/#token=${await sign({ sub: 'anna' })}`);
    await settled(page);
    await page.reload();
    await page.getByText('You are anna').waitFor();
    await first.close();
    const second = await room.stage.instance({ ...JWT, BASE_PATH: '/second', PORT });
    await page.goto(`${second.url}/`);
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor({ timeout: 30_000 });
  });
});
