import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { ReachData } from '#contract';
import { loadConfig } from '../../server/config.ts';
import { addressesOf } from '../../server/util/addresses.ts';
import { JWT } from '../access/kit.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';

describe('the ways to a server', () => {
  let cluster: Cluster;
  before(async () => (cluster = await openCluster()));
  after(() => cluster.close());

  const reachOf = async (instance: { url: string }, headers: Record<string, string> = {}): Promise<ReachData> => {
    const reply = (await rest(instance, 'GET', '/v1/reach', undefined, headers)).reply<ReachData>();
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.data;
  };

  it('CO-157 an instance tells a page of its own machine the addresses of that machine, and nobody else', async () => {
    const app = await cluster.instance();
    const { port } = new URL(app.url);
    const addresses = addressesOf(`http://0.0.0.0:${port}`, networkInterfaces()).elsewhere.map((address) => `${address}/`);
    expect(await reachOf(app)).to.deep.equal({ public_url: null, loopback_only: true, addresses });
    expect((await reachOf(app, { 'x-forwarded-for': '192.0.2.1' })).addresses).to.deep.equal([]);
    expect((await reachOf(await cluster.instance({ TRUST_PROXY: '1' }))).addresses).to.deep.equal([]);
  });

  it('CO-158 PUBLIC_URL is told to everybody, without a token too, with a slash at its end', async () => {
    for (const [given, told] of [
      ['https://play.example', 'https://play.example/'],
      ['http://10.0.0.5:3000/timer/', 'http://10.0.0.5:3000/timer/'],
    ] as const) {
      expect((await reachOf(await cluster.instance({ ...JWT, PUBLIC_URL: given }))).public_url).to.equal(told);
    }
  });

  it('CO-158 a PUBLIC_URL that no link can begin with stops the start with a line that names it and not its value', () => {
    for (const value of ['club.test', 'ftp://club.test', 'https://a:b@club.test', 'https://club.test/?a', 'https://club.test/#/']) {
      expect(() => loadConfig({ REDIS_URL: 'redis://127.0.0.1', AUDIT_WORKER: 'none', PUBLIC_URL: value }))
        .to.throw(/^PUBLIC_URL must be the address/)
        .and.satisfy(({ message }: Error) => !message.includes(value));
    }
  });
});
