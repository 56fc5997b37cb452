import { expect } from 'chai';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { freshPrefix, redisUrl } from '../kit/services.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster, type Settings } from '../kit/server.ts';
import { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { endAll, startLogged } from '../ops/logged.ts';

describe('the address of a client behind proxies', function () {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await openCluster();
  });
  afterEach(() => cluster.close());

  /** For each request: whether it is counted for an address that none before it had. The limit is one request each. */
  async function isNew(settings: Settings, requests: Record<string, string>[]): Promise<boolean[]> {
    const app = await cluster.instance({ RATE_LIMIT_GENERAL: '1', ...settings });
    const statuses = [];
    for (const headers of requests) statuses.push((await rest(app, 'GET', '/time', undefined, headers)).status === 200);
    return statuses;
  }
  const forwarded = (...entries: string[]) => entries.map((entry) => ({ 'x-forwarded-for': entry }));

  it('H-50 TRUST_PROXY is the number of proxies: the address is what the outermost of them wrote', async () => {
    const chains = forwarded('9.9.9.9, 203.0.113.1, 10.0.0.1', '8.8.8.8, 203.0.113.1, 10.0.0.2', '203.0.113.2, 10.0.0.1', '203.0.113.2');
    expect(await isNew({ TRUST_PROXY: '2' }, chains)).to.deep.equal([true, false, true, false]);
    for (const TRUST_PROXY of ['yes', '-1', '1.5', '100']) {
      const load = () => loadConfig({ REDIS_URL: 'redis://x', AUDIT_WORKER: 'none', TRUST_PROXY });
      expect(load, TRUST_PROXY).to.throw(ConfigError, /^TRUST_PROXY must be true or false, or the number of proxies/);
    }
  });

  it('H-50 true is one proxy, false and 0 are none', async () => {
    const two = forwarded('203.0.113.1, 203.0.113.2', '203.0.113.3, 203.0.113.2', '203.0.113.4');
    expect(await isNew({ TRUST_PROXY: 'true', KEY_PREFIX: freshPrefix() }, two)).to.deep.equal([true, false, true]);
    expect(await isNew({ TRUST_PROXY: '1', KEY_PREFIX: freshPrefix() }, two)).to.deep.equal([true, false, true]);
    expect(await isNew({ TRUST_PROXY: '0', KEY_PREFIX: freshPrefix() }, two)).to.deep.equal([true, false, false]);
  });

  it('H-51 CLIENT_ADDRESS_HEADER names the header that has it; where that says nothing, X-Forwarded-For counts as before', async () => {
    const fly = (address: string, edge: string) => ({ 'fly-client-ip': address, 'x-forwarded-for': `${address}, ${edge}` });
    const settings = { CLIENT_ADDRESS_HEADER: 'Fly-Client-IP', TRUST_PROXY: 'true' };
    const requests = [fly('203.0.113.1', '66.241.0.1'), fly('203.0.113.2', '66.241.0.1'), fly('203.0.113.1', '66.241.0.2')];
    expect(await isNew(settings, [...requests, ...forwarded('203.0.113.3', '203.0.113.3')])).to.deep.equal([
      true,
      true,
      false,
      true,
      false,
    ]);
    const load = () => loadConfig({ REDIS_URL: 'redis://x', AUDIT_WORKER: 'none', CLIENT_ADDRESS_HEADER: 'two words' });
    expect(load).to.throw(ConfigError, /^CLIENT_ADDRESS_HEADER must be the name of a header/);
  });

  it('H-52 an address that a proxy writes with a port is taken without it', async () => {
    const ports = forwarded('203.0.113.1:50001', '203.0.113.1:50002', '203.0.113.2:50003', '203.0.113.2');
    expect(await isNew({ TRUST_PROXY: 'true' }, ports)).to.deep.equal([true, false, true, false]);
    const six = forwarded('[2001:db8:1::1]:50001', '[2001:db8:1::2]:50002', '[2001:db8:1::3]', '2001:db8:1::4', '[2001:db8:2::1]:50001');
    expect(await isNew({ TRUST_PROXY: 'true' }, six)).to.deep.equal([true, false, false, false, true]);
    const odd = forwarded('', ',', '[]:1', 'unknown', '_hidden', '1.2.3.4.5:6', '[1.2.3', ':::::');
    // A header that holds no address counts as the address of the proxy.
    expect(await isNew({ TRUST_PROXY: 'true' }, odd)).to.deep.equal([true, ...odd.slice(1).map(() => false)]);
  });

  it('H-53 sockets are counted by the same address as requests', async () => {
    const app = await cluster.instance({ LIMIT_CONNECTIONS_PER_ADDRESS: '1', TRUST_PROXY: '2', CLIENT_ADDRESS_HEADER: 'cf-connecting-ip' });
    const clients: TestClient[] = [];
    const enters = async (headers: Record<string, string>) =>
      TestClient.connect(app.url, { headers }).then(
        (client) => clients.push(client) > 0,
        () => false,
      );
    expect(await enters({ 'x-forwarded-for': '203.0.113.1:1, 10.0.0.1' })).to.equal(true);
    expect(await enters({ 'x-forwarded-for': '9.9.9.9, 203.0.113.1:2, 10.0.0.2' })).to.equal(false);
    expect(await enters({ 'x-forwarded-for': '203.0.113.2, 10.0.0.2' })).to.equal(true);
    expect(await enters({ 'cf-connecting-ip': '203.0.113.2', 'x-forwarded-for': '203.0.113.7, 10.0.0.2' })).to.equal(false);
    for (const client of clients) client.close();
  });

  it('H-54 the request log tells the address as it is, of an IPv6 network too', async () => {
    const env = { REDIS_URL: await redisUrl(), KEY_PREFIX: freshPrefix(), AUDIT_WORKER: 'none', TRUST_PROXY: 'true' };
    try {
      const logged = await startLogged('main', env);
      const app = { url: await logged.line(/"url":"(http[^"]+)"/) };
      for (const headers of forwarded('203.0.113.1:50001', '[2001:db8::7]:50001')) await rest(app, 'GET', '/time', undefined, headers);
      await until(
        'both are logged',
        async () => logged.said().includes('"ip":"203.0.113.1"') && logged.said().includes('"ip":"2001:db8::7"'),
      );
    } finally {
      await endAll();
    }
  });
});
