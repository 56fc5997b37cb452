import { expect } from 'chai';
import { CODE_LETTERS, type CodeData, type OpenedCodeData, type SessionState, type ShareLink } from '#contract';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { rest, type RestAnswer } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { errorOf } from '../kit/socket-client.ts';
import { as, JWT, sign } from './kit.ts';

type Instance = { url: string };

function dataOf<Data>(answer: RestAnswer, status: number): Data {
  const reply = answer.reply<Data>();
  if (answer.status !== status || !reply.ok) throw new Error(`${answer.status}: ${answer.text.slice(0, 300)}`);
  return reply.data;
}

/** Opens a code as a device of this address does. */
const open = (instance: Instance, code: string, address = '192.0.2.1'): Promise<RestAnswer> =>
  rest(instance, 'GET', `/j/${code}`, undefined, { 'x-forwarded-for': address });

/** A code that differs from another one in its last letter, so that nobody has made it. */
const wrong = (code: string): string =>
  code.slice(0, -1) + CODE_LETTERS.charAt((CODE_LETTERS.indexOf(code.slice(-1)) + 1) % CODE_LETTERS.length);

/** How often a request is answered before a limit refuses it. Some tries may come back meanwhile. */
async function triesUntilRefused(send: (index: number) => Promise<RestAnswer>): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) if ((await send(tries)).status === 429) return tries;
  throw new Error('no limit refused 200 tries');
}

describe('join codes', () => {
  let cluster: Cluster;
  let a: Instance;
  let b: Instance;
  beforeEach(async () => {
    cluster = await openCluster({ TRUST_PROXY: '1' });
    [a, b] = [await cluster.instance(), await cluster.instance()];
  });
  afterEach(() => cluster.close());

  const created = async (): Promise<string> => dataOf<SessionState>(await rest(a, 'POST', '/v1/sessions', chess()), 201).session_id;
  const make = (payload: object, address = '192.0.2.9'): Promise<RestAnswer> =>
    rest(a, 'POST', '/v1/codes', payload, { 'x-forwarded-for': address });

  it('CO-160 a code of six letters leads whoever types it in, on any instance, to what it was made for, and ends when it says', async () => {
    const session_id = await created();
    const { code, expires_at, ...made } = dataOf<CodeData>(await make({ session_id, way: 'play', participant_id: 'black' }), 201);
    expect(code).to.match(/^[CFHJKLMQRTWXY]{6}$/);
    expect(made).to.deep.equal({ way: 'play', participant_id: 'black' });
    const expected: OpenedCodeData = { session_id, way: 'play', participant_id: 'black', token: null };
    for (const written of [code, code.toLowerCase(), `${code.slice(0, 3)}%20-${code.slice(3)}`]) {
      const answer = await open(b, written);
      expect(dataOf<OpenedCodeData>(answer, 200)).to.deep.equal(expected);
      expect(answer.headers.get('cache-control')).to.equal('no-store');
    }
    const key = createKeys(cluster.settings.KEY_PREFIX).code(code);
    expect(await cluster.redis().pexpiretime(key)).to.equal(Date.parse(expires_at));
    await cluster.redis().del(key);
    const gone = await open(b, code);
    expect(gone.status).to.equal(404);
    errorOf(gone.reply(), 'NOT_FOUND');
  });

  it('CO-161 a code asked for again is the same while it is valid for half of the time at least; another way in has another one', async () => {
    const session_id = await created();
    const codeOf = async (payload: object): Promise<string> => dataOf<CodeData>(await make({ session_id, ...payload }), 201).code;
    const watch = await codeOf({ way: 'watch' });
    expect(await codeOf({ way: 'watch' })).to.equal(watch);
    expect(await codeOf({ way: 'join' })).not.to.equal(watch);
    expect(await codeOf({ way: 'watch', expires_in: 86_400 })).not.to.equal(watch);
    expect(await codeOf({ way: 'watch', expires_in: 60 })).not.to.equal(watch);
  });

  it('CO-162 a code for nobody, for nothing, or for no session is refused by the field that is wrong', async () => {
    const session_id = await created();
    for (const [payload, field] of [
      [{ session_id, way: 'play' }, 'participant_id'],
      [{ session_id, way: 'watch', participant_id: 'white' }, 'participant_id'],
      [{ session_id, way: 'control' }, 'way'],
      [{ session_id, way: 'watch', expires_in: 59 }, 'expires_in'],
      [{ way: 'watch' }, 'session_id'],
    ] as const) {
      const answer = await make(payload);
      expect(answer.status, field).to.equal(400);
      expect(JSON.stringify(errorOf(answer.reply(), 'VALIDATION_ERROR').details)).to.contain(`"field":"${field}"`);
    }
    expect((await make({ session_id, way: 'play', participant_id: 'nobody' })).status).to.equal(404);
    errorOf((await make({ session_id: 'nowhere', way: 'watch' })).reply(), 'SESSION_NOT_FOUND');
  });

  it('CO-163 an address that sends too many wrong codes waits, on every instance and for right ones too; slips and right codes cost nothing', async () => {
    const { code } = dataOf<CodeData>(await make({ session_id: await created(), way: 'watch' }), 201);
    for (let times = 0; times < 25; times += 1) {
      expect((await open(a, code)).status).to.equal(200);
      // A vowel is in no code.
      expect((await open(a, code.replace(/^./, 'A'))).status).to.equal(404);
    }
    expect(await triesUntilRefused((index) => open(index % 2 === 0 ? a : b, wrong(code)))).to.be.at.least(20);
    const refused = await open(b, code);
    expect(refused.status).to.equal(429);
    errorOf(refused.reply(), 'RATE_LIMIT_EXCEEDED');
    expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 30);
    expect((await open(b, code, '192.0.2.2')).status).to.equal(200);
  });

  it('CO-163 all addresses together have a limit of wrong codes, so that many addresses guess no faster', async () => {
    const { code } = dataOf<CodeData>(await make({ session_id: await created(), way: 'watch' }), 201);
    const key = createKeys(cluster.settings.KEY_PREFIX).allWrongCodes;
    // All but two of the tries are taken.
    const later = (Date.now() + 298 * 10_000) * 1_000;
    await cluster.redis().set(key, later);
    expect(await triesUntilRefused((index) => open(a, wrong(code), `192.0.2.${10 + index}`))).to.be.at.least(2);
    expect((await open(b, code, '192.0.2.6')).status).to.equal(429);
  });

  it('CO-164 a sender makes sixty codes at once and then one every ten seconds', async () => {
    const session_id = await created();
    expect(await triesUntilRefused(() => make({ session_id, way: 'watch' }))).to.be.at.least(60);
    expect((await make({ session_id, way: 'watch' }, '192.0.2.10')).status).to.equal(201);
  });

  it('CO-165 with roles a code gives the token of a share link, never of one that controls, and ends when the link is revoked', async () => {
    const c = await cluster.instance(JWT);
    const anna = await sign({ sub: 'anna' });
    const { session_id } = dataOf<SessionState>(await as(anna, c, 'POST', '/v1/sessions', chess()), 201);
    const codeFor = (payload: object, token = anna): Promise<RestAnswer> => as(token, c, 'POST', '/v1/codes', { session_id, ...payload });
    errorOf((await codeFor({ way: 'join' })).reply(), 'FORBIDDEN');
    expect((await codeFor({ way: 'watch' }, await sign({ sub: 'ben' }))).status).to.equal(403);
    const watch = dataOf<CodeData>(await codeFor({ way: 'watch' }), 201);
    const play = dataOf<CodeData>(await codeFor({ way: 'play', participant_id: 'white' }), 201);
    const tokenOf = async ({ code }: CodeData): Promise<string> => dataOf<OpenedCodeData>(await open(c, code), 200).token ?? '';
    const [watcher, white] = [await tokenOf(watch), await tokenOf(play)];
    expect((await as(watcher, c, 'GET', `/v1/sessions/${session_id}`)).status).to.equal(200);
    for (const token of [watcher, white]) expect((await as(token, c, 'POST', `/v1/sessions/${session_id}/cancel`)).status).to.equal(403);
    await as(anna, c, 'POST', `/v1/sessions/${session_id}/start`);
    expect((await as(watcher, c, 'POST', `/v1/sessions/${session_id}/switch`)).status).to.equal(403);
    expect((await as(white, c, 'POST', `/v1/sessions/${session_id}/switch`)).status).to.equal(200);

    const links = dataOf<{ links: ShareLink[] }>(await as(anna, c, 'GET', `/v1/sessions/${session_id}/share`), 200).links;
    expect(links.map(({ role, expires_at }) => [role, expires_at]).toSorted()).to.deep.equal(
      [
        ['participant', play.expires_at],
        ['viewer', watch.expires_at],
      ].toSorted(),
    );
    const { link_id = '' } = links.find(({ role }) => role === 'viewer') ?? {};
    await as(anna, c, 'DELETE', `/v1/sessions/${session_id}/share/${link_id}`);
    expect((await open(c, watch.code)).status).to.equal(404);
    expect(dataOf<CodeData>(await codeFor({ way: 'watch' }), 201).code).not.to.equal(watch.code);
  });
});
