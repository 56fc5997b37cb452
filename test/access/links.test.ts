import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import { expect } from 'chai';
import type { SessionState, ShareData, SharePayload } from '#contract';
import { chess } from '../kit/games.ts';
import { keysLike } from '../kit/redis.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { as, bytes, JWT, knock, SECRET, sign } from './kit.ts';

describe('share links', () => {
  let cluster: Cluster;
  let a: { url: string };
  let b: { url: string };
  let anna: string;

  before(async () => {
    cluster = await openCluster(JWT);
    [a, b] = [await cluster.instance(), await cluster.instance()];
    anna = await sign({ sub: 'anna' });
  });
  after(() => cluster.close());

  const created = async (): Promise<string> => {
    const reply = (await as(anna, a, 'POST', '/v1/sessions', chess())).reply<SessionState>();
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.data.session_id;
  };
  const share = async (id: string, payload: Omit<SharePayload, 'session_id'>): Promise<ShareData> => {
    const answer = await as(anna, a, 'POST', `/v1/sessions/${id}/share`, payload);
    expect(answer.status, answer.text).to.equal(201);
    return (answer.json() as unknown as { data: ShareData }).data;
  };
  const revoke = async (id: string, link: string, at = a) => (await as(anna, at, 'DELETE', `/v1/sessions/${id}/share/${link}`)).status;

  it('G-30 a share link names its role and its end, and gives its holder that role over both transports', async () => {
    const id = await created();
    const before = Math.floor(Date.now() / 1_000);
    const link = await share(id, { role: 'participant', participant_id: 'white', expires_in: 120 });
    expect(link).to.have.all.keys('token', 'link_id', 'role', 'participant_id', 'expires_at');
    expect(link).to.include({ role: 'participant', participant_id: 'white' });
    expect(Date.parse(link.expires_at) / 1_000 - before).to.be.within(119, 180);
    const day = await share(id, { role: 'viewer' });
    expect(Date.parse(day.expires_at) / 1_000 - before).to.be.within(86_399, 86_460);
    const client = await cluster.client(b, { auth: { token: link.token } });
    expect((await client.ok('session:join', { session_id: id })).state.session_id).to.equal(id);
    expect((await as(link.token, b, 'GET', `/v1/sessions/${id}`)).status).to.equal(200);
    await client.refused('FORBIDDEN', 'session:get', { session_id: await created() });
    await client.refused('FORBIDDEN', 'session:create', chess());
  });

  it('G-31 a share link that cannot be made is refused by the field at fault', async () => {
    const id = await created();
    const owner = await cluster.client(a, { auth: { token: anna } });
    for (const [payload, field] of [
      [{ role: 'owner' }, 'role'],
      [{ role: 'participant' }, 'participant_id'],
      [{ role: 'viewer', expires_in: 59 }, 'expires_in'],
      [{ role: 'viewer', expires_in: 30 * 86_400 + 1 }, 'expires_in'],
    ] as const) {
      const error = await owner.raw('session:share', { session_id: id, ...payload });
      expect(error, field).to.have.nested.property('error.details[0].field', field);
    }
    await owner.refused('PARTICIPANT_NOT_FOUND', 'session:share', { session_id: id, role: 'participant', participant_id: 'nobody' });
    await owner.refused('FORBIDDEN', 'session:share', { session_id: 'unknown', role: 'viewer' });
    for (let index = 0; index < 100; index++) await owner.ok('session:share', { session_id: id, role: 'viewer' });
    await owner.refused('FORBIDDEN', 'session:share', { session_id: id, role: 'viewer' });
    const { links } = await owner.ok('session:links', { session_id: id });
    expect(links).to.have.length(100);
    await owner.ok('session:revoke', { session_id: id, link_id: links[0]?.link_id ?? '' });
    await owner.ok('session:share', { session_id: id, role: 'viewer' });
  });

  it('G-32 a revoked link is refused everywhere, its holders are disconnected on all instances, and others stay', async () => {
    const id = await created();
    const [link, other] = [await share(id, { role: 'viewer' }), await share(id, { role: 'viewer' })];
    const clients = await Promise.all([a, b, b].map((at) => cluster.client(at, { auth: { token: link.token } })));
    const staying = await cluster.client(b, { auth: { token: other.token } });
    for (const client of [...clients, staying]) await client.ok('session:join', { session_id: id });
    const gone = clients.map((client) => client.disconnected());
    const owner = await cluster.client(b, { auth: { token: anna } });
    expect((await owner.ok('session:links', { session_id: id })).links.map(({ link_id }) => link_id)).to.have.members([
      link.link_id,
      other.link_id,
    ]);
    expect(await revoke(id, link.link_id)).to.equal(204);
    expect(await Promise.all(gone)).to.deep.equal(clients.map(() => 'io server disconnect'));
    for (const client of clients) expect(await client.next('auth:expired')).to.include({ reason: 'revoked' });
    for (const at of [a, b]) {
      expect(await knock(at, link.token)).to.include({ code: 'UNAUTHORIZED', retryable: false });
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/events'],
        ['POST', '/switch'],
        ['DELETE', ''],
      ] as const) {
        const answer = await as(link.token, at, method, `/v1/sessions/${id}${path}`);
        expect([answer.status, answer.headers.get('www-authenticate')], path).to.deep.equal([401, 'Bearer realm="SyncKairos"']);
      }
      const client = await cluster.client(at, { auth: { token: anna } });
      await client.refused('UNAUTHORIZED', 'auth:refresh', { token: link.token });
    }
    expect((await owner.ok('session:links', { session_id: id })).links.map(({ link_id }) => link_id)).to.deep.equal([other.link_id]);
    await owner.ok('session:start', { session_id: id });
    await staying.next('session:update');
    expect(clients.flatMap((client) => client.seen('session:update'))).to.deep.equal([]);
    expect(await revoke(id, link.link_id), 'again').to.equal(204);
  });

  it('G-32 instances tell each other of a revocation at once, before their regular check', async () => {
    const id = await created();
    const link = await share(id, { role: 'viewer' });
    const [key = ''] = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:g/${id}`);
    const kept = await cluster.redis().hgetall(key);
    const client = await cluster.client(b, { auth: { token: link.token } });
    const gone = client.disconnected();
    expect(await revoke(id, link.link_id)).to.equal(204);
    // The link is listed again, so that a regular check finds nothing wrong.
    await cluster.redis().hset(key, kept);
    expect(await gone).to.equal('io server disconnect');
  });

  it('G-33 the next command under a revoked link is refused on any instance, also on one that was not told of the revocation', async () => {
    const id = await created();
    const link = await share(id, { role: 'controller' });
    const client = await cluster.client(b, { auth: { token: link.token } });
    await client.ok('session:start', { session_id: id });
    // As if the message between instances had been lost: only Redis knows.
    await cluster.redis().del((await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:g/${id}`))[0] ?? '');
    const gone = client.disconnected();
    await client.refused('UNAUTHORIZED', 'session:switch', { session_id: id });
    await client.refused('UNAUTHORIZED', 'session:join', { session_id: id });
    expect(await gone, 'found out by the instance itself').to.equal('io server disconnect');
  });

  it('G-34 a link ends with the deletion of its session, also where another session gets the same id', async () => {
    for (const tidy of [true, false]) {
      const id = await created();
      const link = await share(id, { role: 'controller' });
      const [key = ''] = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:g/${id}`);
      const kept = await cluster.redis().hgetall(key);
      expect((await as(anna, b, 'DELETE', `/v1/sessions/${id}`)).status).to.equal(204);
      await until('links are gone', async () => (await cluster.redis().exists(key)) === 0);
      // As if the instance had died before it could tidy up.
      if (!tidy) await cluster.redis().hset(key, kept);
      expect((await as(anna, a, 'POST', '/v1/sessions', chess({ session_id: id }))).status).to.equal(201);
      for (const path of ['', '/events', '/start']) {
        const answer = await as(link.token, b, path === '/start' ? 'POST' : 'GET', `/v1/sessions/${id}${path}`);
        expect([tidy, path, answer.status]).to.deep.equal([tidy, path, 401]);
      }
      expect((await (await cluster.client(a, { auth: { token: anna } })).ok('session:links', { session_id: id })).links).to.deep.equal([]);
    }
  });

  it('G-61 links belong to one incarnation of an id: the owner of another one neither lists, counts, revokes nor clears them', async () => {
    const id = await created();
    const links = await Promise.all(Array.from({ length: 100 }, async () => (await share(id, { role: 'viewer' })).link_id));
    const [key = ''] = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:g/${id}`);
    const [session = ''] = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:s/${id}`);
    // Finished and gone by its lifetime.
    await cluster.redis().del(session);
    const ben = await cluster.client(b, { auth: { token: await sign({ sub: 'ben' }) } });
    await ben.ok('session:create', chess({ session_id: id }));
    const { link_id } = await ben.ok('session:share', { session_id: id, role: 'viewer' });
    expect((await ben.ok('session:links', { session_id: id })).links.map((link) => link.link_id)).to.deep.equal([link_id]);
    for (const link of links.slice(0, 3)) await ben.ok('session:revoke', { session_id: id, link_id: link });
    expect(await cluster.redis().hlen(key)).to.equal(101);
    await ben.ok('session:delete', { session_id: id });
    await until('the links of his session are gone', async () => (await cluster.redis().hexists(key, link_id)) === 0);
    expect(new Set(await cluster.redis().hkeys(key))).to.deep.equal(new Set(links));
  });

  it('G-35 a holder of a link can make no link and cannot widen the one they have', async () => {
    const id = await created();
    const { token } = await share(id, { role: 'viewer' });
    const claims = decodeJwt(token);
    const forge = (change: object, secret = SECRET, typ = 'synckairos-link+jwt') =>
      new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'HS256', typ }).sign(bytes(secret));
    const [header, , signature] = token.split('.');
    const altered = `${header}.${Buffer.from(JSON.stringify({ ...claims, role: 'owner' })).toString('base64url')}.${signature}`;
    for (const forged of [
      altered,
      await forge({ role: 'controller' }),
      await forge({}),
      await forge({ sub: 'anna', sessions: { [id]: 'owner' } }, 'x'.repeat(32)),
    ]) {
      expect((await knock(a, forged))?.code).to.equal('UNAUTHORIZED');
      expect((await as(forged, a, 'GET', `/v1/sessions/${id}`)).status).to.equal(401);
    }
    // The token of a link is not accepted as that of a user, and the other way round.
    expect((await knock(a, await forge({}, SECRET, 'JWT')))?.code).to.equal('UNAUTHORIZED');
  });

  it('G-36 a link that Redis does not list is refused', async () => {
    const id = await created();
    const { token } = await share(id, { role: 'viewer' });
    const other = await cluster.instance({ KEY_PREFIX: 'elsewhere' });
    expect((await knock(other, token))?.code, 'another deployment with the same secret').to.equal('UNAUTHORIZED');
  });

  it('G-37 with a public key links are signed by LINK_SECRET, and there are none without it', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const JWT_PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const token = await sign({ sub: 'anna' }, privateKey, { alg: 'EdDSA' });
    const none = { JWT_SECRET: '', JWT_PUBLIC_KEY };
    const [without, withSecret] = [await cluster.instance(none), await cluster.instance({ ...none, LINK_SECRET: 'x'.repeat(32) })];
    const game = chess();
    await as(token, without, 'POST', '/v1/sessions', game);
    const refused = await as(token, without, 'POST', `/v1/sessions/${game.session_id}/share`, { role: 'viewer' });
    expect(refused.json()['error']).to.include({ code: 'SERVICE_UNAVAILABLE', retryable: false });
    const link = (await as(token, withSecret, 'POST', `/v1/sessions/${game.session_id}/share`, { role: 'viewer' })).json()[
      'data'
    ] as ShareData;
    expect(await knock(withSecret, link.token)).to.equal(undefined);
    expect((await knock(without, link.token))?.code).to.equal('UNAUTHORIZED');
  });

  it('G-38 the list of a session’s links is in the session’s partition and expires with the last of them', async () => {
    const id = await created();
    const link = await share(id, { role: 'viewer', expires_in: 60 });
    const [key = ''] = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:g/${id}`);
    const [session = ''] = await keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:s/${id}`);
    expect(key.split(':g/')[0]).to.equal(session.split(':s/')[0]);
    expect(await cluster.redis().pexpiretime(key)).to.equal(Date.parse(link.expires_at));
    const longer = await share(id, { role: 'viewer', expires_in: 600 });
    await share(id, { role: 'viewer', expires_in: 60 });
    expect(await cluster.redis().pexpiretime(key)).to.equal(Date.parse(longer.expires_at));
  });
});
