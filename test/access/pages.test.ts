import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { chess } from '../kit/games.ts';
import { HttpConnection } from '../kit/http-connection.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster, type Settings } from '../kit/server.ts';
import { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { type ForeignOrigin, openForeignOrigin } from './foreign-origin.ts';
import { as, JWT, sovereign } from './kit.ts';

const CLUB = 'https://club.example';
const EVIL = 'https://evil.example';

describe('pages and names', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await openCluster();
  });
  after(() => cluster.close());

  const running = async (app: App) => {
    const given = chess();
    await rest(app, 'POST', '/v1/sessions', given);
    await rest(app, 'POST', `/v1/sessions/${given.session_id}/start`);
    return given.session_id;
  };
  const versionOf = async (app: App, id: string) => (await rest(app, 'GET', `/v1/sessions/${id}`)).reply<{ version: number }>();
  const statusOf = async (app: App, method: string, path: string, headers: Record<string, string>) =>
    (await rest(app, method, path, undefined, headers)).status;

  /** One request with exactly these headers, which `fetch` would not send. */
  const bare = async (app: App, method: string, path: string, headers: string[]) => {
    const connection = await HttpConnection.open(app.url);
    connection.send([`${method} ${path} HTTP/1.1`, ...headers, 'Content-Length: 0', 'Connection: close']);
    const answer = await connection.answer();
    connection.destroy();
    return { status: answer?.status, code: /"code":"(\w+)"/.exec(answer?.body ?? '')?.[1] };
  };
  const entersAs = async (app: App, headers: Record<string, string>) =>
    TestClient.connect(app.url, { headers }).then(
      (client) => {
        client.close();
        return true;
      },
      () => false,
    );

  /** What only browsers send, of pages elsewhere. */
  const FOREIGN: Record<string, string>[] = [
    { origin: EVIL },
    { origin: 'null' },
    { origin: EVIL, 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: `${CLUB}.evil.example` },
  ];

  it('G-80 what a page of an unlisted origin sends about sessions is FORBIDDEN before it has an effect', async () => {
    const app = await cluster.instance({ CORS_ORIGIN: CLUB, RATE_LIMIT_GENERAL: '1000' });
    const id = await running(app);
    for (const headers of FOREIGN) {
      for (const [method, path] of [
        ['POST', `/v1/sessions/${id}/switch`],
        ['POST', `/V1/sessions/${id}/cancel/`],
        ['DELETE', `/v1/sessions/${id}`],
        ['GET', `/v1/sessions/${id}`],
        ['GET', `/v1/sessions/${id}/events`],
        ['OPTIONS', `/v1/sessions/${id}/switch`],
      ] as const) {
        const answer = await rest(app, method, path, undefined, headers);
        expect(answer.reply(), `${method} ${path} ${JSON.stringify(headers)}`).to.have.nested.property('error.code', 'FORBIDDEN');
        expect([answer.status, answer.headers.get('access-control-allow-origin')]).to.deep.equal([403, null]);
        expect(answer.headers.get('ratelimit-remaining')).to.equal(null);
      }
    }
    expect(await versionOf(app, id)).to.have.nested.property('data.version', 2);
  });

  it('G-80 a page of an unlisted origin is FORBIDDEN before its token is looked at', async () => {
    const app = await cluster.instance({ ...JWT, CORS_ORIGIN: CLUB });
    const answer = await rest(app, 'GET', '/v1/sessions/x', undefined, { origin: EVIL });
    expect(answer.reply()).to.have.nested.property('error.code', 'FORBIDDEN');
    expect((await as(await sovereign(), app, 'GET', '/v1/sessions/x')).status).to.equal(404);
  });

  it('G-81 pages of a listed origin, and programs that are no browser, may call', async () => {
    const app = await cluster.instance({ CORS_ORIGIN: CLUB });
    const id = await running(app);
    for (const headers of [{ origin: CLUB }, { origin: CLUB, 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'none' }, {}]) {
      expect(await statusOf(app, 'POST', `/v1/sessions/${id}/switch`, headers)).to.equal(200);
    }
    for (const path of ['/time', '/v1/time', '/health', '/ready', '/v1/openapi.json']) {
      expect(await statusOf(app, 'GET', path, { origin: EVIL }), path).to.equal(200);
    }
    expect(await entersAs(app, {})).to.equal(true);
  });

  it('G-82 the page that the server itself sent may call, whatever CORS_ORIGIN lists', async () => {
    const app = await cluster.instance({ CORS_ORIGIN: CLUB });
    const id = await running(app);
    for (const headers of [
      { origin: app.url },
      { 'sec-fetch-site': 'same-origin' },
      { origin: app.url, 'sec-fetch-site': 'same-origin' },
    ]) {
      expect(await statusOf(app, 'POST', `/v1/sessions/${id}/switch`, headers)).to.equal(200);
    }
    expect(await entersAs(app, { origin: app.url })).to.equal(true);
    for (const origin of [app.url.replace('http', 'https'), `${app.url}0`, 'http://127.0.0.1']) {
      expect(await statusOf(app, 'POST', `/v1/sessions/${id}/switch`, { origin }), origin).to.equal(403);
      expect(await entersAs(app, { origin }), origin).to.equal(false);
    }
  });

  it('G-82 behind a trusted proxy, the server’s own origin is the one that the proxy names', async () => {
    const settings = { CORS_ORIGIN: CLUB, ALLOWED_HOSTS: '*' };
    const [trusting, wary] = [await cluster.instance({ ...settings, TRUST_PROXY: 'true' }), await cluster.instance(settings)];
    const path = '/v1/sessions/x/start';
    const told = ['Origin: https://play.example', 'X-Forwarded-Proto: https'];
    expect(await bare(trusting, 'POST', path, ['Host: play.example', ...told])).to.include({ status: 404 });
    expect(await bare(trusting, 'POST', path, ['Host: instances', 'X-Forwarded-Host: play.example', ...told])).to.include({ status: 404 });
    expect(await bare(wary, 'POST', path, ['Host: play.example', ...told])).to.include({ code: 'FORBIDDEN' });
  });

  it('G-83 where every origin is listed, any page may call', async () => {
    const app = await cluster.instance();
    const id = await running(app);
    for (const headers of FOREIGN) expect(await statusOf(app, 'POST', `/v1/sessions/${id}/switch`, headers)).to.equal(200);
  });

  it('G-84 where only this machine can connect, a request or handshake that names another host is FORBIDDEN', async () => {
    const app = await cluster.instance();
    const { port } = new URL(app.url);
    for (const host of [`evil.example:${port}`, 'evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '']) {
      for (const path of ['/v1/sessions/x', '/time', '/metrics', '/'])
        expect(await bare(app, 'GET', path, [`Host: ${host}`]), host + path).to.deep.equal({ status: 403, code: 'FORBIDDEN' });
      for (const path of ['/health', '/ready']) expect(await bare(app, 'GET', path, [`Host: ${host}`])).to.include({ status: 200 });
      expect(await entersAs(app, { host }), host).to.equal(host === '');
    }
    for (const host of ['localhost', `LOCALHOST:${port}`, 'localhost:1', '127.0.0.1:1', '[::1]:1', '192.0.2.7', `[2001:db8::1]:${port}`]) {
      expect(await bare(app, 'GET', '/time', [`Host: ${host}`]), host).to.include({ status: 200 });
      expect(await entersAs(app, { host }), host).to.equal(true);
    }
  });

  it('G-85 ALLOWED_HOSTS adds host names or allows every one, which is the default where not only this machine can connect', async () => {
    const names = async (settings: Settings) => {
      const app = await cluster.instance(settings);
      const answers = [];
      for (const host of ['play.example', 'Club.Example:8080', 'localhost', 'evil.example', '127.0.0.1'])
        answers.push((await bare(app, 'GET', '/time', [`Host: ${host}`])).status);
      return answers;
    };
    expect(await names({ ALLOWED_HOSTS: 'play.example, club.example' })).to.deep.equal([200, 200, 200, 403, 200]);
    expect(await names({ ALLOWED_HOSTS: '*' })).to.deep.equal([200, 200, 200, 200, 200]);
    expect(await names({ HOST: '0.0.0.0' })).to.deep.equal([200, 200, 200, 200, 200]);
    expect(await names({ HOST: '0.0.0.0', ALLOWED_HOSTS: 'play.example' })).to.deep.equal([200, 403, 403, 403, 200]);
    for (const ALLOWED_HOSTS of ['https://play.example', 'play.example:3000', 'a b', '*,play.example', ',']) {
      const load = () => loadConfig({ REDIS_URL: 'redis://x', AUDIT_WORKER: 'none', ALLOWED_HOSTS });
      expect(load, ALLOWED_HOSTS).to.throw(ConfigError, /^ALLOWED_HOSTS must be \* or a comma list/);
    }
  });

  describe('in a browser', function () {
    let foreign: ForeignOrigin;

    before(async function () {
      foreign = await openForeignOrigin(this);
    });
    after(() => foreign?.close());

    it('G-80 a page of another origin changes nothing by requests that need no preflight', async () => {
      const app = await cluster.instance({ CORS_ORIGIN: CLUB });
      const id = await running(app);
      const page = await foreign.browser.newPage();
      await page.goto(foreign.origin);
      const url = `${app.url}/v1/sessions/${id}`;
      await page.evaluate(`fetch('${url}/switch', { method: 'POST', mode: 'no-cors' }).catch(() => {})`);
      await page.evaluate(`fetch('${url}/pause', { method: 'POST', mode: 'no-cors', body: new Blob(['{}']) }).catch(() => {})`);
      await page.evaluate(`navigator.sendBeacon('${url}/resume')`);
      await page.evaluate(`new Promise((resolve) => {
        const frame = Object.assign(document.createElement('iframe'), { name: 'frame' });
        const form = Object.assign(document.createElement('form'), { method: 'POST', target: 'frame', action: '${url}/cancel' });
        document.body.append(frame, form);
        frame.onload = resolve;
        form.submit();
      })`);
      const refused = /^synckairos_http_requests_total\{method="POST",route="unmatched",status_code="403"\} 4$/m;
      await until('all four have been refused', async () => refused.test((await rest(app, 'GET', '/metrics')).text));
      await page.close();
      expect(await versionOf(app, id)).to.have.nested.property('data.version', 2);
    });

    it('G-82 the page plays on the server that sent it, whatever CORS_ORIGIN lists', async () => {
      const app = await cluster.instance({ CORS_ORIGIN: CLUB });
      for (const url of [app.url, app.url.replace('127.0.0.1', 'localhost')]) {
        const page = await foreign.browser.newPage();
        await page.goto(url);
        await page.getByRole('button', { name: 'Create', exact: true }).click();
        await page.getByRole('button', { name: 'Start' }).click();
        await page.getByText('Connected').waitFor();
        await page.getByRole('button', { name: 'Pause' }).waitFor();
        await page.close();
      }
    });
  });
});
