import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { exportJWK } from 'jose';
import { ConfigError, loadConfig } from '../../server/config.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { as, knock, SECRET, sign } from './kit.ts';

interface Pair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

const rsa = (): Pair => generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = (): Pair => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = (): Pair => generateKeyPairSync('ed25519');
const pemOf = ({ publicKey }: Pair) => publicKey.export({ type: 'spki', format: 'pem' }) as string;
const anna = { sub: 'anna' };

/** A server of key sets, as an identity provider runs one. */
class KeySet {
  keys: object[] = [];
  asked = 0;
  status = 200;
  readonly #server: Server = createServer((_, response) => {
    this.asked += 1;
    response.writeHead(this.status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: this.keys }));
  });

  async open(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('keys', () => {
  let cluster: Cluster;
  const sets: KeySet[] = [];

  before(async () => {
    cluster = await openCluster({ AUTH_MODE: 'jwt' });
  });
  after(async () => {
    await cluster.close();
    await Promise.all(sets.map((set) => set.close()));
  });

  const kinds: [string, () => Pair][] = [
    ['RS256', rsa],
    ['ES256', p256],
    ['EdDSA', ed25519],
  ];

  for (const [alg, make] of kinds) {
    it(`G-8 a public key of the kind of ${alg} is good only for ${alg} and for tokens that it signed`, async () => {
      const pair = make();
      const app = await cluster.instance({ JWT_PUBLIC_KEY: pemOf(pair) });
      expect(await knock(app, await sign(anna, pair.privateKey, { alg }))).to.equal(undefined);
      for (const [other, makeOther] of kinds) {
        expect((await knock(app, await sign(anna, makeOther().privateKey, { alg: other })))?.code, other).to.equal('UNAUTHORIZED');
      }
    });
  }

  it('G-9 a key set gives each kind of key by its id; a new key is found, and a removed one is refused', async function () {
    const set = new KeySet();
    sets.push(set);
    const port = await set.open();
    const pairs = new Map(kinds.map(([alg, make]) => [alg, make()]));
    const jwk = async (alg: string, pair: Pair, kid = alg) => ({ ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' });
    set.keys = await Promise.all([...pairs].map(([alg, pair]) => jwk(alg, pair)));
    const app = await cluster.instance({ JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` });
    for (const [alg, { privateKey }] of pairs)
      expect(await knock(app, await sign(anna, privateKey, { alg, kid: alg })), alg).to.equal(undefined);
    expect(set.asked).to.equal(1);

    const { privateKey } = pairs.get('RS256') as Pair;
    for (const [what, token] of [
      ['the id of another key', await sign(anna, privateKey, { alg: 'RS256', kid: 'ES256' })],
      ['a stranger with a known id', await sign(anna, rsa().privateKey, { alg: 'RS256', kid: 'RS256' })],
      ['an unknown id', await sign(anna, privateKey, { alg: 'RS256', kid: 'unknown' })],
      ['a shared secret', await sign(anna)],
    ] as const) {
      expect((await knock(app, token))?.code, what).to.equal('UNAUTHORIZED');
    }

    const next = p256();
    set.keys = [await jwk('ES256', next, 'next')];
    const rotated = await sign(anna, next.privateKey, { alg: 'ES256', kid: 'next' });
    await until('the new key is found', async () => (await knock(app, rotated)) === undefined);
    expect((await knock(app, await sign(anna, privateKey, { alg: 'RS256', kid: 'RS256' })))?.code).to.equal('UNAUTHORIZED');
    // Unknown key ids do not make the instance fetch the key set again and again.
    const { asked } = set;
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => knock(app, await sign(anna, privateKey, { alg: 'RS256', kid: `made-up-${index}` }))),
    );
    expect(set.asked).to.be.at.most(asked + 1);
  });

  it('G-10 while a key set cannot be fetched its tokens are SERVICE_UNAVAILABLE, and the next successful fetch ends that', async () => {
    const set = new KeySet();
    sets.push(set);
    const port = await set.open();
    await set.close();
    const app = await cluster.instance({ JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` });
    const pair = rsa();
    const token = await sign(anna, pair.privateKey, { alg: 'RS256', kid: 'one' });
    expect(await knock(app, token)).to.include({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    const answer = await as(token, app, 'GET', '/v1/sessions/x');
    expect([answer.status, answer.headers.get('www-authenticate')]).to.deep.equal([503, null]);

    const back = new KeySet();
    sets.push(back);
    await back.open(port);
    back.status = 500;
    expect((await knock(app, token))?.code).to.equal('SERVICE_UNAVAILABLE');
    back.status = 200;
    back.keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' }];
    expect(await knock(app, token)).to.equal(undefined);
  });

  it('G-11 settings that would let in too many, or nobody, stop the start with one line that names the variable and no value', () => {
    const pair = rsa();
    const bad: [Record<string, string>, RegExp][] = [
      [{}, /^JWT_SECRET must be set/],
      [{ JWT_SECRET: 'too short' }, /^JWT_SECRET must have 32 characters/],
      [{ LINK_SECRET: 'too short', JWT_SECRET: SECRET }, /^LINK_SECRET must have 32 characters/],
      [{ JWT_SECRET: SECRET, JWT_PUBLIC_KEY: pemOf(pair) }, /^JWT_PUBLIC_KEY must not be set where JWT_SECRET is/],
      [{ JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://a.example/keys' }, /^JWT_JWKS_URL must not be set/],
      [{ JWT_PUBLIC_KEY: 'hello' }, /^JWT_PUBLIC_KEY must be a public key/],
      [{ JWT_PUBLIC_KEY: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }, /^JWT_PUBLIC_KEY must be a public key/],
      [{ JWT_PUBLIC_KEY: pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 })) }, /^JWT_PUBLIC_KEY must be a public key/],
      [{ JWT_PUBLIC_KEY: pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })) }, /^JWT_PUBLIC_KEY must be a public key/],
      [{ JWT_JWKS_URL: 'file:///etc/passwd' }, /^JWT_JWKS_URL must be a URL/],
      [{ JWT_SECRET: SECRET, JWT_CLOCK_TOLERANCE_SECONDS: '-1' }, /^JWT_CLOCK_TOLERANCE_SECONDS must be/],
      [{ AUTH_MODE: 'maybe' }, /^AUTH_MODE/],
    ];
    for (const [settings, message] of bad) {
      const load = () => loadConfig({ REDIS_URL: 'redis://localhost', AUDIT_WORKER: 'none', AUTH_MODE: 'jwt', ...settings });
      expect(load, JSON.stringify(Object.keys(settings))).to.throw(ConfigError, message);
      try {
        load();
      } catch (error) {
        expect((error as Error).message.split('\n')).to.have.length(1);
        for (const value of Object.values(settings)) if (value.length > 8) expect((error as Error).message).to.not.contain(value);
      }
    }
  });
});
