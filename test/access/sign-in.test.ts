import { expect } from 'chai';
import { SignInLimit } from '../../server/transport/http/sign-in-limit.ts';
import { freshPrefix, redisUrl } from '../kit/services.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { endAll, startLogged } from '../ops/logged.ts';

const OPERATOR = { ADMIN_USER: 'olga', ADMIN_PASSWORD: 'a long password', METRICS_AUTH: 'admin', AUDIT_WORKER: 'off', TRUST_PROXY: 'true' };
const basic = (password: string) => `Basic ${Buffer.from(`olga:${password}`).toString('base64')}`;

describe('operators who sign in', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await openCluster();
  });
  afterEach(() => cluster.close());

  const knock = async (app: { url: string }, password: string, address = '203.0.113.1', path = '/metrics') =>
    rest(app, 'GET', path, undefined, { authorization: basic(password), 'x-forwarded-for': address });
  const statuses = async (app: { url: string }, times: number, address?: string, path?: string) => {
    const seen: Record<number, number> = {};
    for (let guess = 0; guess < times; guess++) {
      const { status } = await knock(app, `guess ${guess}`, address, path);
      seen[status] = (seen[status] ?? 0) + 1;
    }
    return seen;
  };

  for (const [where, settings] of [
    ['the port of clients', {}],
    ['OPERATOR_PORT', { OPERATOR_PORT: '0' }],
  ] as const) {
    it(`G-86 after twenty wrong passwords in a minute an address is refused the right one as well, on ${where}`, async () => {
      const app = await cluster.instance({ ...OPERATOR, ...settings });
      const at = { url: app.operatorUrl ?? app.url };
      expect(await statuses(at, 10)).to.deep.equal({ 401: 10 });
      expect((await knock(at, 'a long password')).status).to.equal(200);
      // The board and the metrics count together.
      expect(await statuses(at, 15, '203.0.113.1', '/admin/queues')).to.deep.equal({ 401: 10, 429: 5 });
      const refused = await knock(at, 'a long password');
      expect(refused.status).to.equal(429);
      expect(refused.reply()).to.have.nested.property('error.code', 'RATE_LIMIT_EXCEEDED');
      expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 60);
      // On OPERATOR_PORT nobody is believed to be another address: all of these came from one.
      expect((await knock(at, 'a long password', '203.0.113.2')).status).to.equal(app.operatorUrl === undefined ? 200 : 429);
      if (app.operatorUrl !== undefined) return;
      const shown = await rest(at, 'GET', '/metrics', undefined, { authorization: basic('a long password') });
      expect(shown.text).to.match(/^synckairos_rate_limited_total\{limit="sign_in"\} 6$/m);
    });
  }

  it('G-87 while very many addresses guess passwords, only those that have signed in before are let through', async () => {
    const app = await cluster.instance(OPERATOR);
    expect((await knock(app, 'a long password', '198.51.100.1')).status).to.equal(200);
    for (let address = 1; address <= 20; address++) expect(await statuses(app, 10, `203.0.113.${address}`)).to.deep.equal({ 401: 10 });
    expect((await knock(app, 'a long password', '198.51.100.2')).status).to.equal(429);
    expect((await knock(app, 'a long password', '198.51.100.1')).status).to.equal(200);
  });

  it('G-86 the minute begins with the first wrong password, and after it the count begins anew', () => {
    const limit = new SignInLimit();
    for (let guess = 0; guess < 20; guess++) {
      expect(limit.waitOf('a', guess)).to.equal(0);
      expect(limit.wrong('a', guess)).to.equal(guess === 0);
    }
    expect([limit.waitOf('a', 20), limit.waitOf('a', 59_999), limit.waitOf('a', 60_000)]).to.deep.equal([59_980, 1, 0]);
    expect(limit.wrong('a', 60_001)).to.equal(true);
    expect(limit.waitOf('a', 60_002)).to.equal(0);
  });

  it('G-88 hundreds of wrong passwords write a few lines to the log, and a production server warns where the public can reach the sign-in', async () => {
    const env = { REDIS_URL: await redisUrl(), KEY_PREFIX: freshPrefix(), NODE_ENV: 'production', AUTH_MODE: 'none', ...OPERATOR };
    try {
      const logged = await startLogged('main', env);
      const app = { url: await logged.line(/"url":"(http[^"]+)"/) };
      expect(await statuses(app, 300)).to.deep.equal({ 401: 20, 429: 280 });
      const lines = logged.said().split('\n');
      expect(lines.filter((line) => line.includes('wrong credentials of an operator'))).to.have.lengthOf(1);
      expect(lines).to.have.length.below(60);
      expect(lines.filter((line) => line.includes('ADMIN_USER without OPERATOR_PORT'))).to.have.lengthOf(1);
    } finally {
      await endAll();
    }
  });
});
