import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { addressesOf } from '../../server/util/addresses.ts';
import { JWT, sovereign } from '../access/kit.ts';
import { documentOf } from '../documents/kit.ts';
import { chess } from '../kit/games.ts';
import { HttpConnection } from '../kit/http-connection.ts';
import { hasNginx, type Nginx, startNginx } from '../kit/nginx.ts';
import { rest } from '../kit/rest.ts';
import { seen, Stage } from '../sdk/kit.ts';

const OPERATOR = { ADMIN_USER: 'olga', ADMIN_PASSWORD: 'a long password', AUDIT_WORKER: 'off' };
const AUTHORIZED = { authorization: `Basic ${Buffer.from('olga:a long password').toString('base64')}` };

describe('HTTP: a path of another site', function () {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  /** An instance below `/timer`: where it is, and the machine's own address of it. */
  async function below(settings = {}): Promise<{ app: App; bare: { url: string } }> {
    const app = await stage.instance({ BASE_PATH: '/timer', ...settings });
    return { app, bare: { url: new URL(app.url).origin } };
  }

  /** The status of a WebSocket's handshake, whatever the path. */
  async function handshake(url: string, path: string): Promise<number | undefined> {
    const connection = await HttpConnection.open(url);
    connection.send([
      `GET ${path} HTTP/1.1`,
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ]);
    const answer = await connection.answer();
    connection.destroy();
    return answer?.status;
  }

  it('H-60 everything that an instance serves is below BASE_PATH: REST, the time, probes, metrics, documents, the socket', async () => {
    const { app } = await below();
    expect(app.url).to.match(/:\d+\/timer$/);
    for (const path of ['/time', '/v1/time', '/health', '/ready', '/metrics', '/v1/openapi.json', '/v1/asyncapi.json']) {
      expect((await rest(app, 'GET', path)).status, path).to.equal(200);
    }
    const [player, viewer] = [stage.client(app.url), stage.client(`${app.url}/`)];
    const { session_id: id } = await player.createSession(chess());
    await seen(viewer, id, 1);
    expect((await rest(app, 'POST', `/v1/sessions/${id}/start?`)).status).to.equal(200);
    await seen(viewer, id, 2);
    expect(viewer.connection.getSnapshot()).to.equal('connected');
    expect((await rest(app, 'GET', '/nowhere')).status).to.equal(404);
    expect((await rest(app, 'GET', '/metrics')).text, 'labels are as without it').to.contain('route="/v1/sessions/:id/start"');
  });

  it('H-60 roles, limits and no-store hold below BASE_PATH as without it', async () => {
    const { app } = await below({ ...JWT, RATE_LIMIT_GENERAL: '2' });
    const [first, second, third] = [
      await rest(app, 'GET', '/v1/sessions/x'),
      await rest(app, 'GET', '/time'),
      await rest(app, 'GET', '/time'),
    ];
    expect([first?.status, second?.status, third?.status]).to.deep.equal([401, 200, 429]);
    expect(first?.headers.get('cache-control')).to.equal('no-store');
    expect(first?.headers.get('x-content-type-options')).to.equal('nosniff');
  });

  it('H-61 beside BASE_PATH there are only /health and /ready, in no other spelling', async () => {
    const { bare } = await below();
    const around = [
      '',
      '/',
      '/v1/time',
      '/time',
      '/metrics',
      '/timerv1/time',
      '/TIMER/v1/time',
      '/%74imer/v1/time',
      '/timer/timer/v1/time',
    ];
    for (const path of [...around, '//timer/v1/time', '/timer//v1/time', '/x/../timer/time', '/x/%2e%2e/timer/time']) {
      const connection = await HttpConnection.open(bare.url);
      connection.send([`GET ${path || '/'} HTTP/1.1`, 'Host: localhost', 'Connection: close']);
      const answer = await connection.answer();
      connection.destroy();
      expect(answer?.status, path).to.equal(404);
    }
    const told = (await rest(bare, 'GET', '/v1/time')).reply();
    expect(told.ok ? '' : told.error.message).to.contain('/timer/');
    expect((await rest(bare, 'GET', '/v1/time')).headers.get('x-content-type-options')).to.equal('nosniff');
    for (const path of ['/health', '/ready']) expect((await rest(bare, 'GET', path)).status, path).to.equal(200);
    const query = 'EIO=4&transport=websocket';
    expect(await handshake(bare.url, `/timer/socket.io/?${query}`)).to.equal(101);
    for (const path of ['/socket.io/', '/timer/timer/socket.io/', '/timersocket.io/', '/timer/v1/', '/timer']) {
      expect(await handshake(bare.url, `${path}?${query}`), path).to.equal(404);
    }
    expect((await rest(bare, 'GET', `/timer/socket.io/?EIO=4&transport=polling`)).text, 'polling is told what to set').to.contain(
      'websocket_only',
    );
  });

  it('H-62 the path without its slash leads to the page, whose files are found by their relative names', async () => {
    const { bare } = await below();
    for (const method of ['GET', 'HEAD']) {
      const answer = await fetch(`${bare.url}/timer?a=b`, { method, redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')], method).to.deep.equal([302, '/timer/?a=b']);
    }
    expect((await rest(bare, 'POST', '/timer')).status).to.equal(404);
  });

  it('H-63 the documents name the path of BASE_PATH', async () => {
    const { app } = await below();
    expect(await documentOf(app, '/v1/openapi.json')).to.have.nested.property('servers[0].url', '/timer');
    expect(await documentOf(app, '/v1/asyncapi.json')).to.have.nested.property('servers.instance.pathname', '/timer/socket.io/');
  });

  it('H-64 the board of operators and its files lie below BASE_PATH; on a port of their own they do not', async () => {
    const { app, bare } = await below(OPERATOR);
    expect((await rest(bare, 'GET', '/admin/queues', undefined, AUTHORIZED)).status).to.equal(404);
    expect((await rest(app, 'GET', '/admin/queues')).status).to.equal(401);
    const page = await rest(app, 'GET', '/admin/queues', undefined, AUTHORIZED);
    const base = /<base href="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect(base).to.equal('/timer/admin/queues/');
    const script = /<script[^>]* src="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const found = await fetch(new URL(script, bare.url + base), { headers: AUTHORIZED });
    expect(found.status).to.equal(200);
    await found.arrayBuffer();

    const apart = await stage.instance({ BASE_PATH: '/timer', ...OPERATOR, OPERATOR_PORT: '0' });
    const operators = { url: apart.operatorUrl ?? '' };
    expect((await rest(operators, 'GET', '/metrics')).status).to.equal(200);
    expect((await rest(operators, 'GET', '/admin/queues', undefined, AUTHORIZED)).text).to.contain('<base href="/admin/queues/"');
    expect((await rest(apart, 'GET', '/metrics')).status).to.equal(404);
  });

  it('H-65 a BASE_PATH that can’t be one stops the start with a line that names it', () => {
    const pathOf = (BASE_PATH: string) => loadConfig({ REDIS_URL: 'redis://x', AUDIT_WORKER: 'none', BASE_PATH }).BASE_PATH;
    expect(['/timer', '/timer/', '/a/b-c_d.e~1/', '/', ''].map(pathOf)).to.deep.equal(['/timer', '/timer', '/a/b-c_d.e~1', '', '']);
    const wrong = ['timer', '//', '//timer', '/a//b', '/a/../b', '/.', '/a b', '/a?b', '/a#b', '/%61', 'https://x.example/timer'];
    for (const path of [...wrong, '/v1', '/a/v1/', '/socket.io'])
      expect(() => pathOf(path), path).to.throw(ConfigError, /^BASE_PATH must be a path/);
  });

  it('H-65 npm start prints the address with BASE_PATH', () => {
    const lan = { address: '192.0.2.7', family: 'IPv4' as const, internal: false, netmask: '', mac: '', cidr: null };
    expect(addressesOf('http://0.0.0.0:3000/timer', { lan: [lan] })).to.deep.equal({
      here: 'http://127.0.0.1:3000/timer',
      elsewhere: ['http://192.0.2.7:3000/timer'],
    });
  });

  describe('behind nginx', () => {
    let nginx: Nginx | undefined;
    before(function () {
      if (!hasNginx) this.skip();
    });
    afterEach(async () => {
      await nginx?.close();
      nginx = undefined;
    });

    for (const [does, basePath] of [
      ['passes the path on', '/timer'],
      ['takes the path off, with BASE_PATH unset', ''],
    ] as const) {
      it(`H-66 behind a proxy that ${does} commands and sockets work, and routes for operators are kept back`, async () => {
        const app = await stage.instance({ BASE_PATH: basePath, TRUST_PROXY: 'true', ...OPERATOR });
        nginx = await startNginx(app, { prefix: '/timer' });
        expect(nginx.url).to.match(/\/timer$/);
        const [player, viewer] = [stage.client(nginx.url), stage.client(nginx.url)];
        const { session_id: id } = await player.createSession(chess());
        await seen(viewer, id, 1);
        expect((await rest(nginx, 'POST', `/v1/sessions/${id}/start`)).status).to.equal(200);
        await seen(viewer, id, 2);
        expect((await rest({ url: new URL(nginx.url).origin }, 'GET', '/v1/time')).status, 'the rest of the site').to.equal(404);
        for (const what of ['/metrics', '/admin/queues', '/METRICS', '//metrics', '/%6detrics', '/timer/metrics', '/x/../metrics']) {
          const connection = await HttpConnection.open(nginx.url);
          connection.send([`GET /timer${what} HTTP/1.1`, 'Host: localhost', 'Connection: close']);
          const answer = await connection.answer();
          connection.destroy();
          expect(answer?.status, what).to.be.oneOf([400, 404]);
        }
      });
    }
  });

  it('H-66 a token is asked for below a path as anywhere', async () => {
    const { app } = await below(JWT);
    const client = stage.client(app.url, { token: await sovereign() });
    expect((await client.createSession(chess())).status).to.equal('pending');
    expect((await rest(app, 'POST', '/v1/sessions', chess())).status).to.equal(401);
  });
});
