import { expect } from 'chai';
import { until } from '../kit/until.ts';
import { createGame, press, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const OPERATOR = { ADMIN_USER: 'olga', ADMIN_PASSWORD: 'a long password' };

describe('console: operator view', function () {
  this.timeout(90_000);
  const room = browserRoom();

  it('CO-30 the operator view shows sessions by status, commands a second, expiries, queue and audit lag as /metrics has them', async () => {
    const { url } = await room.stage.instance();
    const player = await room.open(url);
    await createGame(player, 'Chess');
    await press(player, 'Start');
    await turnOf(player, 'white');
    const page = await room.open(url);
    await page.getByRole('link', { name: 'Operator view' }).click();
    const panel = (title: string) => page.getByRole('region', { name: title });
    await panel('Sessions with somebody watching').getByText('running').waitFor({ timeout: 30_000 });
    const figure = async (title: string, row: string): Promise<string> =>
      (await panel(title).locator('.panel-row', { hasText: row }).locator('b').textContent())?.trim() ?? '';
    // Rooms are counted every two seconds.
    await until('the game is counted', async () => (await figure('Sessions with somebody watching', 'running')) === '1', 15_000);
    for (const title of ['Commands per second', 'Expiry lateness', 'Audit queue', 'Audit lag', 'Clock']) await panel(title).waitFor();
    expect(await figure('Commands per second', 'session:start')).to.equal('1');
    // A clock that runs out counts as an expiry.
    const client = room.stage.client(url);
    const { session_id: id } = await client.createSession({ sync_mode: 'per_cycle', time_per_cycle_ms: 1_000 });
    await client.startSession(id);
    await until('the expiry shows', async () => (await figure('Expiry lateness', 'expiries so far')) === '1', 15_000);
    expect(await figure('Expiry lateness', 'Half of them')).to.match(/^[\d,]+ ms$/);
    const rate = panel('Commands per second').locator('.sparkline polyline');
    await until('the rate shows', async () => (await rate.getAttribute('points')) !== '', 15_000);
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-31 where the metrics are for operators the operator view asks to sign in, and no browser shows its own dialogue before', async () => {
    const { url } = await room.stage.instance({ ...OPERATOR, METRICS_AUTH: 'admin' });
    const context = await room.browser.newContext({
      httpCredentials: { username: 'olga', password: 'a long password', send: 'unauthorized' },
    });
    const page = await context.newPage();
    await page.goto(`${url}/#/operator`);
    await page.getByText('for operators who have signed in').waitFor({ timeout: 30_000 });
    await press(page, 'Sign in as an operator');
    await page.getByRole('region', { name: 'Audit lag' }).waitFor({ timeout: 30_000 });
  });

  it('CO-32 where the metrics have a port of their own the operator view says so', async () => {
    const { url } = await room.stage.instance({ OPERATOR_PORT: '0' });
    const page = await room.open(`${url}/#/operator`);
    await page.getByText('on a port of their own (OPERATOR_PORT)').waitFor({ timeout: 30_000 });
  });
});
