import { createHmac, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import type { RefreshData } from '#contract';
import { chess } from '../kit/games.ts';
import { RawWebSocket } from '../kit/raw-websocket.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { as, bytes, inSeconds, knock, SECRET, sign } from './kit.ts';

const ISSUER = 'https://club.example/';
const AUDIENCE = 'synckairos';
const GOOD = { iss: ISSUER, aud: AUDIENCE, sub: 'anna' };

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token written by hand, with any header and signature. */
const byHand = (header: object, claims: object, signature: (text: string) => string) => {
  const text = `${base64url(header)}.${base64url(claims)}`;
  return `${text}.${signature(text)}`;
};
const hmac = (key: string | Buffer) => (text: string) => createHmac('sha256', key).update(text).digest('base64url');

describe('tokens', () => {
  let cluster: Cluster;
  let app: { url: string };
  let keyed: { url: string };
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const claims = { ...GOOD, exp: inSeconds(3_600), sessions: { '*': 'owner' as const } };

  before(async () => {
    cluster = await openCluster({ AUTH_MODE: 'jwt', JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE });
    app = await cluster.instance({ JWT_SECRET: SECRET });
    keyed = await cluster.instance({ JWT_PUBLIC_KEY: pem.replaceAll('\n', '\\n') });
  });
  after(() => cluster.close());

  /**
   * Refused by the handshake, by every kind of route and by a refresh, always alike, and told nothing of why beyond a
   * sentence.
   */
  async function refusedEverywhere(what: string, token: string, at = app, good?: string): Promise<void> {
    const refused = await knock(at, token);
    expect(refused, `${what}: handshake`).to.include({ code: 'UNAUTHORIZED', retryable: false });
    expect(refused?.message, what)
      .to.match(/^UNAUTHORIZED/)
      .and.not.contain(token.split('.')[1] || token || 'nothing');
    expect((await knock(at, undefined, { authorization: `Bearer ${token}` }))?.code, `${what}: header`).to.equal('UNAUTHORIZED');
    const routes: [string, string, unknown?][] = [
      ['POST', '', chess()],
      ['GET', '/x'],
      ['DELETE', '/x'],
      ['GET', '/x/events'],
      ['GET', '/x/share'],
      ['DELETE', '/x/share/y'],
      ...['start', 'switch', 'pause', 'resume', 'adjust', 'complete', 'cancel', 'message', 'share'].map(
        (verb): [string, string, unknown] => ['POST', `/x/${verb}`, {}],
      ),
    ];
    for (const [method, path, body] of routes) {
      const answer = await as(token, at, method, `/v1/sessions${path}`, body);
      expect(answer.status, `${what}: ${method} ${path}`).to.equal(401);
      expect(answer.headers.get('www-authenticate')).to.match(/^Bearer/);
      expect(answer.reply(), what).to.have.nested.property('error.code', 'UNAUTHORIZED');
    }
    const client = await cluster.client(at, { auth: { token: good ?? (await sign(GOOD)) } });
    if (token !== '') await client.refused('UNAUTHORIZED', 'auth:refresh', { token });
    expect(client.socket.connected, what).to.equal(true);
    client.close();
  }

  it('G-1 a good token is accepted in the handshake’s auth or header, and in the header of a request', async () => {
    const token = await sign(GOOD);
    expect(await knock(app, token)).to.equal(undefined);
    expect(await knock(app, undefined, { authorization: `Bearer ${token}` })).to.equal(undefined);
    expect((await as(token, app, 'POST', '/v1/sessions', chess())).status).to.equal(201);
    expect((await rest(app, 'GET', `/v1/sessions/x?token=${token}`)).status, 'never in a query string').to.equal(401);
  });

  const forged: Record<string, () => Promise<string> | string> = {
    'no token': () => '',
    'no token at all': () => 'hello',
    'three parts of nothing': () => '..',
    'another secret': () => sign(GOOD, bytes('another secret of somebody who would like to be us')),
    expired: () => sign({ ...GOOD, exp: inSeconds(-60) }),
    'without an end': () => sign({ ...GOOD, exp: undefined }),
    'not valid yet': () => sign({ ...GOOD, nbf: inSeconds(60) }),
    'for another audience': () => sign({ ...GOOD, aud: 'somebody-else' }),
    'for no audience': () => sign({ iss: ISSUER, sub: 'anna' }),
    'of another issuer': () => sign({ ...GOOD, iss: 'https://evil.example/' }),
    'of no issuer': () => sign({ aud: AUDIENCE, sub: 'anna' }),
    'alg none': () => byHand({ alg: 'none' }, claims, () => ''),
    'alg None': () => byHand({ alg: 'None' }, claims, () => ''),
    'alg none with a signature': () => byHand({ alg: 'none' }, claims, hmac(SECRET)),
    'without an algorithm': () => byHand({}, claims, hmac(SECRET)),
    'another HMAC': () => sign(GOOD, bytes(SECRET), { alg: 'HS512' }),
    'a private key of its own': () => sign(GOOD, privateKey, { alg: 'RS256' }),
    'a key in its own header': () =>
      byHand({ alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }, claims, hmac(Buffer.from('AAAA', 'base64url'))),
    'a critical header': () => byHand({ alg: 'HS256', crit: ['x'], x: 1 }, claims, hmac(SECRET)),
    'the type of a link': () =>
      byHand({ alg: 'HS256', typ: 'synckairos-link+jwt' }, { ...claims, sid: 'x', jti: 'y', role: 'controller' }, hmac(SECRET)),
    'altered claims': async () => {
      const [header, , signature] = (await sign(GOOD)).split('.');
      return `${header}.${base64url(claims)}.${signature}`;
    },
    'no sub': () => sign({ ...GOOD, sub: undefined }),
    'an empty sub': () => sign({ ...GOOD, sub: '' }),
    'a sub that is a number': () => byHand({ alg: 'HS256' }, { ...claims, sub: 5 }, hmac(SECRET)),
    'an unknown role': () => byHand({ alg: 'HS256' }, { ...claims, sessions: { x: 'admin' } }, hmac(SECRET)),
    'a pattern with two stars': () => byHand({ alg: 'HS256' }, { ...claims, sessions: { 'a*b*': 'owner' } }, hmac(SECRET)),
    'a list of sessions': () => byHand({ alg: 'HS256' }, { ...claims, sessions: ['x'] }, hmac(SECRET)),
    'a participant that is no id': () => byHand({ alg: 'HS256' }, { ...claims, participant_id: 'a b' }, hmac(SECRET)),
    'an exp that is a text': () => byHand({ alg: 'HS256' }, { ...claims, exp: 'tomorrow' }, hmac(SECRET)),
  };
  for (const [what, make] of Object.entries(forged)) {
    it(`G-2 a bad token is refused everywhere: ${what}`, async () => refusedEverywhere(what, await make()));
  }

  it('G-2 a token that is far too long is refused everywhere, and is not even read in a frame', async () => {
    const token = await sign({ ...GOOD, sub: 'anna', padding: 'x'.repeat(9_000) });
    expect((await knock(app, undefined, { authorization: `Bearer ${token}` }))?.code).to.equal('UNAUTHORIZED');
    expect((await as(token, app, 'GET', '/v1/sessions/x')).status).to.equal(401);
    const socket = await RawWebSocket.open(app.url);
    socket.text(`40${JSON.stringify({ token })}`);
    await socket.ended();
    expect(socket.closing?.code).to.equal(1009);
  });

  it('R-73 a token that is too long for a frame is accepted in the Authorization header', async () => {
    const token = await sign({ ...GOOD, sub: 'anna', padding: 'x'.repeat(5_500) });
    expect(token).to.have.length.within(7_000, 8_192);
    expect(await knock(app, undefined, { authorization: `Bearer ${token}` })).to.equal(undefined);
  });

  it('G-3 with a public key, a token signed by HS256 with the key’s text as secret is refused, and so is an unsigned one', async () => {
    const good = await sign(GOOD, privateKey, { alg: 'RS256' });
    expect(await knock(keyed, good)).to.equal(undefined);
    for (const text of [pem, pem.trim(), publicKey.export({ type: 'spki', format: 'der' })]) {
      await refusedEverywhere('HS256 by the public key', byHand({ alg: 'HS256' }, claims, hmac(text)), keyed, good);
    }
    await refusedEverywhere('PS256', await sign(GOOD, privateKey, { alg: 'PS256' }), keyed, good);
    await refusedEverywhere('RS512', await sign(GOOD, privateKey, { alg: 'RS512' }), keyed, good);
    await refusedEverywhere(
      'none',
      byHand({ alg: 'none' }, claims, () => ''),
      keyed,
      good,
    );
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    await refusedEverywhere('another key', await sign(GOOD, other, { alg: 'RS256' }), keyed, good);
  });

  it('G-4 a socket is told that its token ends and is disconnected at exp, and its commands are refused from then on', async () => {
    const [soon, later] = [await sign({ ...GOOD, exp: inSeconds(2) }), await sign(GOOD)];
    const [brief, lasting] = [await cluster.client(app, { auth: { token: soon } }), await cluster.client(app, { auth: { token: later } })];
    const gone = brief.disconnected();
    expect(await brief.next('auth:expired')).to.include({ reason: 'expired' });
    expect(await gone).to.equal('io server disconnect');
    expect(lasting.socket.connected).to.equal(true);
    // A token is accepted for a few seconds after its end, since clocks differ, and not later.
    expect(await knock(app, await sign({ ...GOOD, exp: inSeconds(-3) }))).to.equal(undefined);
    expect((await knock(app, await sign({ ...GOOD, exp: inSeconds(-7) })))?.code).to.equal('UNAUTHORIZED');
  });

  it('G-4 a socket stays connected where its exp lies beyond what a timer or a date can hold', async () => {
    for (const exp of [inSeconds(40 * 86_400), 1e12, 1e300]) {
      const client = await cluster.client(app, { auth: { token: await sign({ ...GOOD, exp }) } });
      const data: RefreshData = await client.ok('auth:refresh', { token: await sign({ ...GOOD, exp }) });
      expect(Date.parse(data.expires_at ?? '')).to.equal(Math.min(exp * 1_000, 8.64e15));
      expect(client.socket.connected).to.equal(true);
    }
  });

  it('G-5 auth:refresh keeps a socket beyond the exp of its first token', async () => {
    const client = await cluster.client(app, { auth: { token: await sign({ ...GOOD, exp: inSeconds(2) }) } });
    const exp = inSeconds(3_600);
    expect(await client.ok('auth:refresh', { token: await sign({ ...GOOD, exp }) })).to.deep.equal({
      expires_at: new Date(exp * 1_000).toISOString(),
    });
    const other = await cluster.client(app, { auth: { token: await sign({ ...GOOD, sub: 'ben', exp: inSeconds(3) }) } });
    await other.disconnected();
    expect(client.socket.connected).to.equal(true);
    expect((await client.success('session:create', chess())).data.owner_id).to.equal('anna');
  });

  it('G-5 auth:refresh accepts a token of the same user only, whose rights replace the former ones at once, in rooms too', async () => {
    const boss = await sign({ ...GOOD, sessions: { '*': 'owner' } });
    const game = chess();
    const { session_id } = game;
    expect((await as(boss, app, 'POST', '/v1/sessions', game)).status).to.equal(201);
    const viewer = (sessions: Record<string, 'viewer' | 'controller'>) => sign({ ...GOOD, sessions });
    const client: TestClient = await cluster.client(app, { auth: { token: await viewer({ [session_id]: 'viewer' }) } });
    await client.ok('session:join', { session_id });
    await client.refused('FORBIDDEN', 'session:start', { session_id });
    await client.refused('FORBIDDEN', 'auth:refresh', { token: await sign({ ...GOOD, sub: 'ben' }) });
    await client.ok('auth:refresh', { token: await viewer({ [session_id]: 'controller' }) });
    await client.ok('session:start', { session_id });
    await client.next('session:update', ({ event_type }) => event_type === 'session_started');
    await client.ok('auth:refresh', { token: await viewer({ another: 'controller' }) });
    await client.refused('FORBIDDEN', 'session:get', { session_id });
    await as(boss, app, 'POST', `/v1/sessions/${session_id}/pause`);
    await as(boss, app, 'POST', `/v1/sessions/${session_id}/message`, { message: 'after the pause' });
    // The answer to this command comes after everything that was sent to the room before.
    await client.ok('time:sync', {});
    expect(client.seen('session:update')).to.deep.equal([]);
    expect(client.seen('session:message')).to.deep.equal([]);
  });

  it('G-6 with AUTH_MODE=none tokens are ignored, states have no owner, and share links are refused', async () => {
    const open = await cluster.instance({ AUTH_MODE: 'none' });
    const client = await cluster.client(open, { auth: { token: 'hello' } });
    const state = await client.ok('session:create', chess());
    expect(state).to.not.have.any.keys('owner_id', 'participants_may_pause');
    const { session_id } = state;
    expect((await client.refused('FORBIDDEN', 'session:share', { session_id, role: 'viewer' })).message).to.contain('AUTH_MODE=none');
    await client.refused('FORBIDDEN', 'session:links', { session_id });
    await client.refused('FORBIDDEN', 'session:revoke', { session_id, link_id: 'x' });
    expect(await client.ok('auth:refresh', { token: 'hello' })).to.deep.equal({ expires_at: null });
    expect((await as('hello', open, 'GET', `/v1/sessions/${session_id}`)).status).to.equal(200);
  });

  it('G-7 the time, health, metrics and the documents need no token', async () => {
    for (const path of ['/health', '/ready', '/metrics', '/time', '/v1/time'])
      expect((await rest(app, 'GET', path)).status, path).to.equal(200);
    expect((await rest(app, 'GET', '/v1/openapi.json')).status).to.not.equal(401);
  });
});
