import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { JWT, sign } from '../access/kit.ts';
import { buttonsOf, createGame, press, shows, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const NAMES = { White: 'Anna', Black: 'Ben' };

/** The link that the sheet shows for a way in. */
async function linkFor(page: Page, way: string): Promise<string> {
  await press(page, 'Share');
  await page.getByRole('radio', { name: way }).check();
  const make = page.getByRole('button', { name: 'Make a link' });
  if ((await make.count()) > 0) await make.click();
  const field = page.getByLabel('Link for others');
  await field.waitFor({ timeout: 30_000 });
  const link = await field.inputValue();
  await page.getByRole('img', { name: 'QR code' }).waitFor();
  await press(page, 'Close');
  return link;
}

describe('console: sharing', function () {
  const room = browserRoom();

  it('CO-10 where nobody is asked who they are, a link for watching shows no controls and says that it only hides them', async () => {
    const { url } = await room.stage.instance();
    const anna = await room.open(url);
    await createGame(anna, 'Chess', NAMES);
    expect(await linkFor(anna, 'Control')).to.equal(anna.url());
    const link = await linkFor(anna, 'Watch only');
    expect(link).to.equal(`${anna.url()}&watch`);
    await press(anna, 'Share');
    await anna.getByRole('radio', { name: 'Watch only' }).check();
    await anna.getByText('merely hides the controls').waitFor();
    await press(anna, 'Close');
    await press(anna, 'Start');

    const watcher = await room.open(link);
    await turnOf(watcher, 'white');
    await watcher.getByText('Watching').waitFor();
    expect(await buttonsOf(watcher)).to.deep.equal(['History', 'Share', 'Sound', 'Full screen', 'Keys']);
    await watcher.keyboard.press('Space');
    await watcher.locator('.clock[data-player="white"]').click({ force: true });
    await press(anna, 'Done');
    await turnOf(watcher, 'black');
    // Had the watcher's tap or key ended a turn, it would be White's again.
    await anna.locator('.clock-note', { hasText: '1 move' }).waitFor();
    await stands(anna, 'Ben to move');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-11 the QR code holds the link that is shown beside it', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await createGame(page, 'Chess');
    const link = await linkFor(page, 'Control');
    await press(page, 'Share');
    const drawn = await page.locator('.qr-code path').last().getAttribute('d');
    const { encode } = await import('uqr');
    const { data } = encode(link, { ecc: 'M', border: 4 });
    const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`${x} ${y}`] : [])));
    expect(drawn?.match(/\d+ \d+(?=h)/g)).to.deep.equal(dark);
  });

  it('CO-12 the page takes a token from behind the #, takes it out of the address, and says when it lacks one', async () => {
    const { url } = await room.stage.instance(JWT);
    const nobody = await room.open(url);
    await nobody.getByRole('heading', { name: 'Who are you?' }).waitFor({ timeout: 30_000 });
    await nobody.getByLabel('Access token').fill(await sign({ sub: 'nora' }));
    await press(nobody, 'Enter');
    await createGame(nobody, 'Chess');

    const requests: string[] = [];
    const token = await sign({ sub: 'anna' });
    const anna = await room.open(url);
    anna.on('request', (request) => requests.push(request.url()));
    await anna.goto(`${url}/#token=${token}`);
    await createGame(anna, 'Chess', NAMES);
    expect(anna.url()).not.to.contain('token');
    await anna.reload();
    await press(anna, 'Start');
    await turnOf(anna, 'white');
    expect(requests.filter((address) => address.includes(token))).to.deep.equal([]);
  });

  it('CO-13 a link gives the role that the server enforces: to watch, to play one side, or to control', async () => {
    const [one, two] = [await room.stage.instance(JWT), await room.stage.instance(JWT)];
    const anna = await room.open(`${one.url}/#token=${await sign({ sub: 'anna' })}`);
    await createGame(anna, 'Chess', NAMES);
    const [watch, play, control] = [
      await linkFor(anna, 'Watch only'),
      await linkFor(anna, 'Play as Ben'),
      await linkFor(anna, 'Control'),
    ].map((link) => link.replace(one.url, two.url));
    for (const link of [watch, play, control]) expect(new URL(link ?? '').search).to.equal('');
    await press(anna, 'Start');

    const watcher = await room.open(watch ?? '');
    await turnOf(watcher, 'white');
    expect(await buttonsOf(watcher)).to.deep.equal(['History', 'Share', 'Sound', 'Full screen', 'Keys']);
    // The buttons are not what keeps a watcher from playing.
    const id = new URL(watcher.url()).hash.replace('#/s/', '');
    const token = (watch ?? '').split('token=')[1] ?? '';
    const refused = await fetch(`${two.url}/v1/sessions/${id}/switch`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    expect(refused.status).to.equal(403);

    const ben = await room.open(play ?? '');
    await turnOf(ben, 'white');
    expect(await buttonsOf(ben)).to.deep.equal(['History', 'Share', 'Sound', 'Full screen', 'Keys']);
    await ben.locator('.clock[data-player="white"]').click({ force: true });
    await anna.keyboard.press('Space');
    await turnOf(ben, 'black');
    expect(await buttonsOf(ben)).to.deep.equal(['Done', 'History', 'Share', 'Sound', 'Full screen', 'Keys']);
    await ben.keyboard.press('Space');
    await turnOf(watcher, 'white');

    const clerk = await room.open(control ?? '');
    await turnOf(clerk, 'white');
    expect(await buttonsOf(clerk)).to.deep.equal([
      'Done',
      'Pause',
      'Finish',
      'History',
      'Seat',
      'Share',
      'Stage',
      'Sound',
      'Full screen',
      'Keys',
    ]);
    await press(clerk, 'Pause');
    await stands(watcher, 'Paused');
    await shows(watcher, 'black', /^[45]:/);
    await press(clerk, 'Share');
    await clerk.getByText('Only the owner of this game can let others in.').waitFor();
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-14 an owner sees the links that are good and revokes them; a page whose link was revoked says so', async () => {
    const { url } = await room.stage.instance(JWT);
    const anna = await room.open(`${url}/#token=${await sign({ sub: 'anna' })}`);
    await createGame(anna, 'Chess', NAMES);
    const link = await linkFor(anna, 'Watch only');
    const watcher = await room.open(link);
    await stands(watcher, 'Ready to start');
    await press(anna, 'Share');
    const links = anna.getByRole('region', { name: 'Links that are good now' }).getByRole('listitem');
    await links.filter({ hasText: 'Watch only' }).getByRole('button', { name: 'Revoke' }).click();
    await links.waitFor({ state: 'detached', timeout: 30_000 });
    await watcher.getByRole('heading', { name: 'This way in is closed' }).waitFor({ timeout: 30_000 });
  });
});
