import { expect } from 'chai';
import { inSeconds, JWT, sign, sovereign } from '../access/kit.ts';
import { chess } from '../kit/games.ts';
import { SyncKairosError } from '../../client-sdk/src/index.ts';
import { renewalDue } from '../../client-sdk/src/token.ts';
import { happens, seen, Stage } from './kit.ts';

const codeOf = (error: unknown): string => (error instanceof SyncKairosError ? error.code : String(error));

describe('SDK: tokens', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-50 a token goes into the handshake and into REST', async () => {
    const { url } = await stage.instance(JWT);
    const client = stage.client(url, { token: await sovereign() });
    const { session_id: id } = await client.createSession(chess());
    const direct = stage.client(url, { token: sovereign, socketUrl: 'http://127.0.0.1:9' });
    expect((await direct.startSession(id)).status, 'without a socket').to.equal('running');
    expect(direct.connection.getSnapshot()).to.not.equal('connected');
    await seen(client, id, 2);
  });

  it('J-50 a bad token is an error and no endless attempt', async () => {
    const { url } = await stage.instance(JWT);
    const client = stage.client(url, { token: 'nonsense' });
    const errors: string[] = [];
    client.on('error', (error) => errors.push(error.code));
    client.connect();
    await happens(() => client.connection.getSnapshot() === 'failed', client.connection.subscribe, 'giving up');
    expect(errors).to.deep.equal(['UNAUTHORIZED']);
    expect(await client.createSession(chess()).catch(codeOf)).to.equal('UNAUTHORIZED');
  });

  it('J-51 a token that the server takes no longer is renewed, and the command goes through', async () => {
    const { url } = await stage.instance(JWT);
    let asked = 0;
    const token = async (): Promise<string> => {
      asked += 1;
      return asked === 1 ? sign({ sessions: { '*': 'owner' }, exp: inSeconds(-100) }) : sovereign();
    };
    const client = stage.client(url, { token, socketUrl: 'http://127.0.0.1:9', reconnectAttempts: 0 });
    expect((await client.createSession(chess())).version).to.equal(1);
    expect(asked).to.be.within(2, 3);
  });

  it('J-51 a token is renewed before its end, over the same connection', async () => {
    const { url } = await stage.instance(JWT);
    let asked = 0;
    const token = (): Promise<string> => {
      asked += 1;
      return sign({ sub: 'anna', exp: inSeconds(asked === 1 ? 3 : 3_600) });
    };
    const client = stage.client(url, { token });
    const lost: string[] = [];
    client.on('disconnected', ({ reason }) => lost.push(reason));
    const { session_id: id } = await client.createSession(chess());
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect((await client.startSession(id)).status).to.equal('running');
    expect(asked).to.equal(2);
    expect(lost).to.deep.equal([]);
  });

  it('J-51 knows the end of a JWT, and of nothing else', () => {
    const jwt = (claims: object): string => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
    expect(renewalDue(jwt({ exp: 1_000 }), 900_000), 'half a minute ahead').to.equal(70_000);
    expect(renewalDue(jwt({ exp: 1_000 }), 980_000), 'a short one at its half').to.equal(10_000);
    expect(renewalDue(jwt({ exp: 1_000, name: 'Zoë ÿ' }), 1_001_000)).to.equal(0);
    for (const other of [undefined, 'opaque', 'a.b.c', jwt({}), jwt({ exp: 'soon' })]) expect(renewalDue(other, 0)).to.equal(null);
  });

  it('J-52 a session is shared for watching only, and the link is taken back', async () => {
    const { url } = await stage.instance(JWT);
    const owner = stage.client(url, { token: await sign({ sub: 'anna' }) });
    const { session_id: id } = await owner.createSession(chess());
    const { token, link_id: linkId } = await owner.shareSession(id, { role: 'viewer' });
    const guest = stage.client(url, { token, reconnectAttempts: 0 });
    await seen(guest, id, 1);
    expect(await guest.startSession(id).catch(codeOf)).to.equal('FORBIDDEN');
    expect((await owner.getShareLinks(id)).map((link) => link.link_id)).to.deep.equal([linkId]);
    await owner.revokeShare(id, linkId);
    await happens(() => guest.connection.getSnapshot() === 'failed', guest.connection.subscribe, 'the guest to be sent away');
    expect(await owner.getShareLinks(id)).to.deep.equal([]);
  });
});
