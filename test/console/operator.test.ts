import { expect } from 'chai';
import { rest } from '../kit/rest.ts';
import { as, JWT, sovereign } from '../access/kit.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { answered, LOCAL, MASTER_KEY, openReceiver } from '../webhooks/kit.ts';
import { createGame, press, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const OPERATOR = { ADMIN_USER: 'olga', ADMIN_PASSWORD: 'a long password' };

/** Much longer than anything takes, on a busy machine too. */
const LONG = { timeout: 60_000 };

describe('console: operator view', () => {
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
    await until('the game is counted', async () => (await figure('Sessions with somebody watching', 'running')) === '1');
    for (const title of ['Commands per second', 'Expiry lateness', 'Audit queue', 'Audit lag', 'Clock']) await panel(title).waitFor();
    expect(await figure('Commands per second', 'session:start')).to.equal('1');
    // A clock that runs out counts as an expiry.
    const client = room.stage.client(url);
    const { session_id: id } = await client.createSession({ sync_mode: 'per_cycle', time_per_cycle_ms: 1_000 });
    await client.startSession(id);
    await until('the expiry shows', async () => (await figure('Expiry lateness', 'expiries so far')) === '1');
    expect(await figure('Expiry lateness', 'Half of them')).to.match(/^[\d,]+ ms$/);
    const rate = panel('Commands per second').locator('.sparkline polyline');
    await until('the rate shows', async () => (await rate.getAttribute('points')) !== '');
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

  it('WH-62 the operator view shows a webhook with its state and its last failure; operators try deliveries again, rotate, replay and disable it', async () => {
    const receiver = await openReceiver();
    try {
      const { url } = await room.stage.instance({
        ...OPERATOR,
        ...LOCAL,
        AUDIT_WORKER: 'inline',
        DATABASE_URL: await freshDatabase(),
        WEBHOOK_MASTER_KEY: MASTER_KEY,
      });
      const authorization = `Basic ${Buffer.from('olga:a long password').toString('base64')}`;
      const ask = (method: string, path: string, body?: unknown) => rest({ url }, method, `/v1/webhooks${path}`, body, { authorization });
      await answered('a webhook is made', () => ask('POST', '', { url: receiver.url, session_prefix: 'lot-' }));
      receiver.answer = () => ({ status: 503, headers: { 'retry-after': '3600' } });
      const context = await room.browser.newContext({
        httpCredentials: { username: 'olga', password: 'a long password', send: 'unauthorized' },
      });
      const page = await context.newPage();
      await page.goto(`${url}/#/operator`);
      await press(page, 'Sign in to see webhooks');
      const shown = page.getByRole('article', { name: receiver.url });
      const fact = (label: string, text: string) => shown.locator('.webhook-fact', { hasText: label }).getByText(text).waitFor(LONG);
      await shown.waitFor(LONG);
      await fact('Sessions', 'lot-…');
      await fact('State', 'enabled');
      await shown.getByRole('button', { name: 'Send a test' }).click();
      await receiver.get(1, 'webhook_test');
      await fact('Last failure', 'answered 503');
      await fact('State', 'failing since');
      await fact('Pending', '1');
      receiver.answer = () => ({ status: 204 });
      await shown.getByRole('button', { name: 'Deliveries' }).click();
      await page.getByRole('combobox').selectOption('pending');
      await page.getByRole('button', { name: 'Try now' }).click();
      await receiver.get(2, 'webhook_test');
      await page.keyboard.press('Escape');
      await fact('Pending', '0');
      await shown.getByRole('button', { name: 'Replay' }).click();
      await page.getByRole('button', { name: 'Deliver again' }).click();
      await receiver.get(3, 'webhook_test');
      await page.keyboard.press('Escape');
      await shown.getByRole('button', { name: 'Rotate the secret' }).click();
      await page.getByRole('button', { name: 'Make a new secret' }).click();
      const secret = page.getByRole('textbox', { name: 'The new secret' });
      await secret.waitFor(LONG);
      expect(await secret.inputValue()).to.match(/^whsec_/);
      await page.keyboard.press('Escape');
      await shown.getByRole('button', { name: 'Disable' }).click();
      await fact('State', 'disabled: somebody asked for it');
      await shown.getByRole('button', { name: 'Enable' }).click();
      await fact('State', 'enabled');
    } finally {
      await receiver.close();
    }
  });

  it('CO-196 CO-132 an operator finds a session by its id or link, sees its state, history and links, and ends it; a page that comes later knows the splits of a race', async () => {
    const { url } = await room.stage.instance({ ...JWT, AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const token = await sovereign();
    const ask = (path: string, body: unknown) => as(token, { url }, 'POST', `/v1/sessions${path}`, body);
    const participants = ['anna', 'ben'].map((one) => ({ participant_id: one, name: one.toUpperCase() }));
    const id = 'the-race';
    await ask('', { session_id: id, sync_mode: 'count_up', concurrent: true, participants });
    for (const [verb, body] of [
      ['start', {}],
      ['switch', { current_participant_id: 'anna' }],
      ['switch', { current_participant_id: 'anna' }],
      ['finish', { participant_id: 'ben' }],
      ['share', { role: 'viewer' }],
    ] as const)
      expect((await ask(`/${id}/${verb}`, body)).status, verb).to.be.below(300);

    const page = await room.open(`${url}/#/operator&session=${id}`);
    await page.getByText('its claim is sessions: {"*": "owner"}').waitFor({ timeout: 30_000 });
    await page.goto(`${url}/#/operator&token=${token}`);
    const found = page.getByRole('region', { name: 'A session' });
    await found.getByLabel('Find a session').fill('no id');
    await press(page, 'Find');
    await found.getByText('This is no id of a session').waitFor({ timeout: 30_000 });
    await found.getByLabel('Find a session').fill(`${url}/#/s/${id}&watch`);
    await found.getByLabel('Find a session').press('Enter');
    await found.getByText('running: 1 running · 1 finished').waitFor({ timeout: 30_000 });
    await found.getByText('count_up, concurrent').waitFor();
    await found.getByText('Watch only').waitFor({ timeout: 30_000 });
    await found.getByRole('button', { name: 'History' }).click();
    await page.getByRole('list', { name: 'Events' }).getByText('Created').waitFor({ timeout: 30_000 });
    await page.keyboard.press('Escape');
    // A race whose splits are not in the state, but in the trail.
    await found.getByRole('link', { name: 'Its page' }).press('Enter');
    await page.locator('.race-splits', { hasText: /\d\.\d\d · \d+\.\d\d/ }).waitFor({ timeout: 30_000 });
    await page.goBack();
    await found.getByRole('button', { name: 'End it' }).press('Enter');
    await page.getByRole('button', { name: 'Finish the game' }).press('Enter');
    await found.getByText('completed: Finished').waitFor({ timeout: 30_000 });
    expect(await found.getByRole('button', { name: 'End it' }).count()).to.equal(0);
  });
});
