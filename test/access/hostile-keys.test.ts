import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { exportJWK, type JWK } from 'jose';
import { createLogger } from '../../server/observability/logger.ts';
import { keySetAt } from '../../server/transport/access/key-set.ts';
import { freshPrefix, redisUrl } from '../kit/services.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { endAll, startLogged } from '../ops/logged.ts';
import { knock, sign } from './kit.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const chunk = Buffer.alloc(1_000_000, 32);

describe('a hostile server of keys', function () {
  let cluster: Cluster;
  let jwk: JWK;
  let good: string;
  const servers: Server[] = [];
  before(async () => {
    cluster = await openCluster({ AUTH_MODE: 'jwt' });
    jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' };
    good = await sign({ sub: 'anna' }, pair.privateKey, { alg: 'RS256', kid: 'one' });
  });
  after(async () => {
    await cluster.close();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  const unknown = async (index: number) => sign({ sub: 'anna' }, pair.privateKey, { alg: 'RS256', kid: `made-up-${index}` });
  const answer = (response: ServerResponse, keys: unknown) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));

  /** A server of keys that does as it is told; how often it was asked, and how many of its answers are still open. */
  async function serving(listener: RequestListener) {
    const state = { asked: 0, open: 0, answering: listener, url: '' };
    const server = createServer((request: IncomingMessage, response) => {
      state.asked += 1;
      state.open += 1;
      response.once('close', () => (state.open -= 1));
      state.answering(request, response);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    return state;
  }
  const instanceFor = (set: { url: string }) => cluster.instance({ JWT_JWKS_URL: set.url });

  const HOSTILE: [string, RequestListener][] = [
    ['hangs', () => {}],
    [
      'drips',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 100);
        response.once('close', () => clearInterval(timer));
      },
    ],
    [
      'sends without an end',
      (_, response) => {
        const fill = () => {
          while (response.write(chunk));
        };
        response.on('drain', fill);
        fill();
      },
    ],
    ['sends much at once', (_, response) => answer(response, ['x'.repeat(2_000_000)])],
    ['refuses in an endless answer', (_, response) => void response.writeHead(500).write(chunk)],
    ['redirects elsewhere', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['redirects to itself', (request, response) => response.writeHead(307, { location: request.url }).end()],
    ['sends a page', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Sign in</title>')],
    ['sends no set', (_, response) => response.writeHead(200).end('[]')],
    ['sends null', (_, response) => response.writeHead(200).end('null')],
    ['sends values that are no keys', (_, response) => answer(response, [null, 7, 'x'])],
    [
      'sends very many keys',
      (_, response) =>
        answer(
          response,
          Array.from({ length: 20_000 }, () => ({})),
        ),
    ],
    ['sends a broken key', (_, response) => answer(response, [{ kid: 'one', kty: 'RSA', alg: 'RS256', n: '!', e: '!' }])],
    [
      'cuts its answer off',
      (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
    ],
  ];
  for (const [what, listener] of HOSTILE) {
    it(`G-90 tokens are refused within seconds, and nothing else suffers, from a key server that ${what}`, async () => {
      const set = await serving(listener);
      const app = await instanceFor(set);
      const tokens = [good, good, ...(await Promise.all(Array.from({ length: 8 }, async (_, index) => unknown(index))))];
      const codes = await Promise.all(tokens.map(async (token) => (await knock(app, token))?.code));
      const expected = what === 'sends a broken key' ? 'UNAUTHORIZED' : 'SERVICE_UNAVAILABLE';
      expect(codes).to.deep.equal(tokens.map(() => expected));
      expect(set.asked).to.be.at.most(6);
      await until('no answer is being read', async () => set.open === 0);
      expect((await fetch(`${app.url}/v1/time`)).status).to.equal(200);
    });
  }

  it('G-91 a key of another kind or for another use is ignored', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const strange = [
      { ...(await exportJWK(publicKey)), kid: 'curve' },
      { kty: 'oct', kid: 'secret', k: Buffer.from('x'.repeat(32)).toString('base64url'), alg: 'HS256' },
      { ...jwk, kid: 'sealing', use: 'enc' },
      { ...jwk, kid: 'mislabelled', alg: 'ES256' },
    ];
    const set = await serving((_, response) => answer(response, strange));
    const app = await instanceFor(set);
    for (const token of [
      await sign({ sub: 'anna' }, privateKey, { alg: 'ES384', kid: 'curve' }),
      await sign({ sub: 'anna' }, new TextEncoder().encode('x'.repeat(32)), { alg: 'HS256', kid: 'secret' }),
      await sign({ sub: 'anna' }, pair.privateKey, { alg: 'RS256', kid: 'sealing' }),
      await sign({ sub: 'anna' }, pair.privateKey, { alg: 'RS256', kid: 'mislabelled' }),
    ]) {
      expect((await knock(app, token))?.code).to.equal('UNAUTHORIZED');
    }
  });

  it('G-92 a key set that is another one at each answer is not fetched again and again', async () => {
    const set = await serving((_, response) => answer(response, [{ ...jwk, kid: `one-${set.asked}` }, jwk]));
    const app = await instanceFor(set);
    for (let round = 0; round < 5; round++) {
      const tokens = await Promise.all(Array.from({ length: 10 }, async (_, index) => unknown(index)));
      const codes = await Promise.all(tokens.map(async (token) => (await knock(app, token))?.code));
      expect(new Set(codes)).to.deep.equal(new Set(['UNAUTHORIZED']));
      expect(await knock(app, good)).to.equal(undefined);
    }
    expect(set.asked).to.be.at.most(2);
  });

  it('G-92 a key set that cannot be fetched is not asked for again and again, however many tokens come', async () => {
    const set = await serving((_, response) => response.writeHead(500).end());
    const app = await instanceFor(set);
    const begun = performance.now();
    for (let index = 0; index < 60; index++) expect((await knock(app, good))?.code).to.equal('SERVICE_UNAVAILABLE');
    expect(set.asked).to.be.at.most(5 + Math.ceil((performance.now() - begun) / 1_000));
  });

  it('G-93 known keys stay good while their server hangs, for tokens that name them', async () => {
    const set = await serving((_, response) => answer(response, [jwk]));
    const getKey = keySetAt(set.url, createLogger('silent', 'test'));
    const header = { alg: 'RS256', kid: 'one' };
    const token = { payload: '', signature: '' };
    await getKey(header, token);
    set.answering = () => {};
    // Nobody waits for what is renewed behind the scenes: an answer that never comes can't hold this up.
    const real = performance.now.bind(performance);
    performance.now = () => real() + 700_000;
    try {
      await getKey(header, token);
      await until('it is asked for behind the scenes', async () => set.asked === 2);
      await getKey(header, token);
    } finally {
      performance.now = real;
    }
  });

  it('G-94 a server warns at its start of a key set over plain HTTP', async () => {
    const env = { REDIS_URL: await redisUrl(), KEY_PREFIX: freshPrefix(), AUDIT_WORKER: 'none', AUTH_MODE: 'jwt' };
    try {
      const logged = await startLogged('main', { ...env, JWT_JWKS_URL: 'http://127.0.0.1:1/keys' });
      await logged.line(/(JWT_JWKS_URL is not https)/);
    } finally {
      await endAll();
    }
  });
});
