import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { HttpConnection } from '../kit/http-connection.ts';
import { hasNginx, type Nginx, startNginx } from '../kit/nginx.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { TestClient } from '../kit/socket-client.ts';

describe('the load balancer of docker-compose.yml', function () {
  let cluster: Cluster;
  let app: App;
  let nginx: Nginx;
  before(async function () {
    // `./setup` does not install it: its package would serve port 80 of the machine.
    if (!hasNginx) this.skip();
    cluster = await openCluster();
    app = await cluster.instance({
      TRUST_PROXY: 'true',
      CORS_ORIGIN: 'https://club.example',
      ADMIN_USER: 'olga',
      ADMIN_PASSWORD: 'a long password',
      AUDIT_WORKER: 'off',
    });
    nginx = await startNginx(app);
  });
  after(async () => {
    await nginx?.close();
    await cluster?.close();
  });

  it('M-45 behind the shipped nginx a refused body spoils nobody else’s request on the connections to an instance', async () => {
    const given = { session_id: 'others', sync_mode: 'count_up' };
    await rest(nginx, 'POST', '/v1/sessions', given);
    await rest(nginx, 'POST', '/v1/sessions/others/start');
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    for (let round = 0; round < 3; round++) {
      const refused = await fetch(`${nginx.url}/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: new Uint8Array(bomb),
      });
      expect(refused.status).to.equal(413);
      await refused.arrayBuffer();
      for (const verb of ['pause', 'resume', 'pause', 'resume']) {
        expect((await rest(nginx, 'POST', `/v1/sessions/others/${verb}`)).status, verb).to.equal(200);
      }
    }
  });

  it('M-46 the shipped nginx lets no request through to what is for operators, in no spelling', async () => {
    for (const what of ['/metrics', '/admin/queues']) {
      expect((await rest(app, 'GET', what)).status).to.be.oneOf([200, 401]);
      for (const path of [
        what,
        what.toUpperCase(),
        `${what}/`,
        `/${what}`,
        `//${what}`,
        `${what}%2f`,
        `${what}?x`,
        `${what}#x`,
        what.replace('m', '%6d'),
        what.replace('m', '%256d'),
        `/.${what}`,
        `/x/..${what}`,
        `/x/%2e%2e${what}`,
        `/x%2f..${what}`,
        `${what};x`,
        `${what}%00`,
        `http://localhost${what}`,
      ]) {
        for (const method of ['GET', 'POST']) {
          const connection = await HttpConnection.open(nginx.url);
          connection.send([`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 0', 'Connection: close']);
          const answer = await connection.answer();
          connection.destroy();
          expect(answer?.status, `${method} ${path}`).to.be.oneOf([400, 404]);
        }
      }
    }
  });

  it('M-47 behind the shipped nginx the page of an instance may call, whatever CORS_ORIGIN lists, and no other page may', async () => {
    const enters = async (origin: string) =>
      TestClient.connect(nginx.url, { headers: { origin } }).then(
        (client) => {
          client.close();
          return true;
        },
        () => false,
      );
    for (const [origin, allowed] of [
      [nginx.url, true],
      ['http://127.0.0.1', false],
      ['https://evil.example', false],
    ] as const) {
      const answer = await rest(nginx, 'POST', '/v1/sessions/nobody/start', undefined, { origin });
      expect(answer.status, origin).to.equal(allowed ? 404 : 403);
      expect(await enters(origin), origin).to.equal(allowed);
    }
  });
});
