import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { type ForeignOrigin, openForeignOrigin } from './foreign-origin.ts';
import { JWT } from './kit.ts';

const OPERATOR = { ADMIN_USER: 'olga', ADMIN_PASSWORD: 'a long password' };
const SIGNED_IN = { authorization: `Basic ${Buffer.from('olga:a long password').toString('base64')}` };

describe('HTTP headers, operators and origins', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await openCluster();
  });
  after(() => cluster.close());

  it('G-50 every answer, a refusal too, has the headers that forbid browsers to run, frame or guess anything', async () => {
    const app = await cluster.instance(JWT);
    for (const path of ['/time', '/health', '/metrics', '/nowhere', '/v1/sessions/x', '/v1/openapi.json']) {
      const { headers } = await rest(app, 'GET', path);
      expect(headers.get('content-security-policy'), path).to.equal(
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      );
      expect(headers.get('x-content-type-options'), path).to.equal('nosniff');
      expect(headers.get('x-frame-options'), path).to.equal('DENY');
      expect(headers.get('referrer-policy'), path).to.equal('no-referrer');
      expect(headers.get('strict-transport-security'), path).to.equal(null);
      expect(headers.get('x-powered-by'), path).to.equal(null);
    }
  });

  it('G-51 only answers over TLS, which a trusted proxy may name, have Strict-Transport-Security', async () => {
    const forwarded = { 'X-Forwarded-Proto': 'https' };
    const [trusting, wary] = [await cluster.instance({ TRUST_PROXY: 'true' }), await cluster.instance()];
    expect((await rest(trusting, 'GET', '/time', undefined, forwarded)).headers.get('strict-transport-security')).to.match(/^max-age=\d+/);
    expect((await rest(trusting, 'GET', '/time')).headers.get('strict-transport-security')).to.equal(null);
    expect((await rest(wary, 'GET', '/time', undefined, forwarded)).headers.get('strict-transport-security')).to.equal(null);
  });

  it('G-52 METRICS_AUTH=admin asks for the operators’ password at the metrics, which are open by default', async () => {
    const [guarded, open] = [await cluster.instance({ ...OPERATOR, METRICS_AUTH: 'admin' }), await cluster.instance(OPERATOR)];
    const refused = await rest(guarded, 'GET', '/metrics');
    expect([refused.status, refused.headers.get('www-authenticate')?.split(' ')[0]]).to.deep.equal([401, 'Basic']);
    expect(refused.text).to.not.contain('synckairos_');
    expect((await rest(guarded, 'GET', '/metrics', undefined, { authorization: 'Basic b2xnYTp3cm9uZw==' })).status).to.equal(401);
    expect((await rest(guarded, 'GET', '/metrics', undefined, SIGNED_IN)).text).to.contain('synckairos_');
    expect((await rest(guarded, 'GET', '/health')).status).to.equal(200);
    expect((await rest(open, 'GET', '/metrics')).status).to.equal(200);
    const load = () => loadConfig({ REDIS_URL: 'redis://localhost', AUDIT_WORKER: 'none', METRICS_AUTH: 'admin' });
    expect(load).to.throw(ConfigError, /^ADMIN_USER must be set for METRICS_AUTH=admin$/);
  });

  it('G-53 with OPERATOR_PORT metrics and board are served there and nowhere else, and commands are not served there', async () => {
    const app = await cluster.instance({ ...OPERATOR, OPERATOR_PORT: '0', AUDIT_WORKER: 'off' });
    const operators = { url: app.operatorUrl ?? '' };
    for (const path of ['/metrics', '/admin/queues']) expect((await rest(app, 'GET', path)).status, path).to.equal(404);
    expect((await rest(operators, 'GET', '/metrics')).text).to.contain('synckairos_');
    expect((await rest(operators, 'POST', '/metrics')).status).to.equal(405);
    expect((await rest(operators, 'GET', '/admin/queues')).status).to.equal(401);
    expect((await rest(operators, 'GET', '/admin/queues', undefined, SIGNED_IN)).status).to.equal(200);
    expect((await rest(operators, 'POST', '/v1/sessions', {})).status).to.equal(404);
    expect((await rest(operators, 'GET', '/time')).status).to.equal(404);
    expect((await rest(app, 'GET', '/time')).status).to.equal(200);
  });

  describe('for pages in a browser', function () {
    let foreign: ForeignOrigin;
    let page: Page;
    let origin: string;

    before(async function () {
      foreign = await openForeignOrigin(this);
      ({ origin } = foreign);
      page = await foreign.browser.newPage();
      await page.goto(origin);
    });
    after(async () => {
      await page?.close();
      foreign?.close();
    });

    /** What a page can do with a server: whether its socket opens, and what it reads. */
    const attempt = async (from: Page, url: string, credentials = false) => ({
      socket: await from.evaluate<boolean>(`new Promise((resolve) => {
        let socket;
        try { socket = new WebSocket('${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket'); } catch { return resolve(false); }
        socket.onmessage = () => { resolve(true); socket.close(); };
        socket.onerror = () => resolve(false);
      })`),
      rest: await from.evaluate<boolean>(
        `fetch('${url}/time', { credentials: '${credentials ? 'include' : 'omit'}' }).then((answer) => answer.json()).then(() => true, () => false)`,
      ),
      command: await from.evaluate<boolean>(
        `fetch('${url}/v1/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then((answer) => answer.json()).then(() => true, () => false)`,
      ),
    });

    it('G-54 a page of an origin that is not listed can open no socket and read no answer; one of a listed origin can', async () => {
      const closed = await cluster.instance({ CORS_ORIGIN: 'https://club.example' });
      expect(await attempt(page, closed.url)).to.deep.equal({ socket: false, rest: false, command: false });
      const listed = await cluster.instance({ CORS_ORIGIN: `https://club.example,${origin}` });
      expect(await attempt(page, listed.url)).to.deep.equal({ socket: true, rest: true, command: true });
    });

    it('G-55 where every origin may call, none may with credentials', async () => {
      const open = await cluster.instance();
      expect(await attempt(page, open.url)).to.deep.equal({ socket: true, rest: true, command: true });
      expect((await attempt(page, open.url, true)).rest).to.equal(false);
      expect((await rest(open, 'GET', '/time', undefined, { Origin: origin })).headers.get('access-control-allow-credentials')).to.equal(
        null,
      );
    });

    it('G-56 the page connects to its own server only and runs only its own scripts', async () => {
      const [own, other] = [await cluster.instance(), await cluster.instance()];
      const ours = await foreign.browser.newPage();
      const answer = await ours.goto(own.url);
      const policy = answer?.headers()['content-security-policy'] ?? '';
      expect(policy).to.contain("connect-src 'self';").and.to.contain("script-src 'self'").and.to.contain("frame-ancestors 'none'");
      expect(policy).to.not.contain('unsafe');
      expect(await attempt(ours, own.url)).to.include({ socket: true, rest: true });
      expect(await attempt(ours, other.url)).to.deep.equal({ socket: false, rest: false, command: false });
      const ran = await ours.evaluate<boolean>(`new Promise((resolve) => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        setTimeout(() => resolve(window.ran === true), 100);
      })`);
      expect(ran).to.equal(false);
      await ours.close();
    });
  });
});
