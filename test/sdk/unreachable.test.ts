import { expect } from 'chai';
import { JWT, sign } from '../access/kit.ts';
import type { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { openHttpOnly } from '../kit/http-only.ts';
import { openTcpProxy } from '../kit/tcp-proxy.ts';
import { happens, seen, Stage } from './kit.ts';

/** Resolves when the store of a session says that, and why, nothing is heard of it. */
async function fails(client: SyncKairosClient, id: string, code: string): Promise<void> {
  const store = client.session(id);
  await happens(() => store.getError()?.code === code, store.subscribe, `${code} at the session`);
}

describe('SDK: a server that can’t be reached', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-83 while the server cannot be reached, each session has an error that says so', async () => {
    const { url } = await stage.instance();
    const { session_id: id } = await stage.client(url).createSession(chess());
    const proxy = await openTcpProxy(Number(new URL(url).port));
    proxy.cut();
    const client = stage.client(`http://127.0.0.1:${proxy.port}`);
    await fails(client, id, 'NETWORK_ERROR');
    expect(client.session(id).getError()?.message).to.contain(`http://127.0.0.1:${proxy.port}`);
    client.session('another').subscribe(() => undefined);
    expect(client.session('another').getError()?.code, 'one that is asked for later').to.equal('NETWORK_ERROR');
    proxy.mend();
    await seen(client, id, 1);
    expect(client.session(id).getError()).to.equal(null);
    proxy.cut();
    await fails(client, id, 'NETWORK_ERROR');
    expect(client.session(id).getSnapshot()?.version, 'what was known stays').to.equal(1);
    client.disconnect();
    expect(client.session(id).getError(), 'who closes it needs no reason').to.equal(null);
    await proxy.close();
  });

  it('J-83 while a token is missing, refused or cannot be had, each session has an error that says so', async () => {
    const { url } = await stage.instance(JWT);
    const { session_id: id } = await stage.client(url, { token: await sign({ sub: 'anna' }) }).createSession(chess());
    await fails(stage.client(url), id, 'UNAUTHORIZED');
    await fails(stage.client(url, { token: 'nonsense' }), id, 'UNAUTHORIZED');
    const signedOut = stage.client(url, {
      token: () => {
        throw new Error('nobody is signed in');
      },
    });
    await fails(signedOut, id, 'NETWORK_ERROR');
    expect(signedOut.session(id).getError()?.message).to.equal('There is no token: nobody is signed in');
  });

  it('J-83 after its link was revoked a session has an error that says so', async () => {
    const { url } = await stage.instance(JWT);
    const owner = stage.client(url, { token: await sign({ sub: 'anna' }) });
    const { session_id: id } = await owner.createSession(chess());
    const link = await owner.shareSession(id, { role: 'viewer' });
    const guest = stage.client(url, { token: link.token });
    await seen(guest, id, 1);
    await owner.revokeShare(id, link.link_id);
    await fails(guest, id, 'UNAUTHORIZED');
  });

  it('J-95 where no WebSocket can be had, sessions are read over REST until there is one, and the connection’s state says so', async () => {
    const { url } = await stage.instance();
    const proxy = await openHttpOnly(url);
    const [player, viewer] = [stage.client(url), stage.client(proxy.url)];
    const { session_id: id } = await player.createSession(chess());
    await seen(viewer, id, 1);
    expect(viewer.connection.getSnapshot()).to.equal('fallback');
    expect(viewer.session(id).getError()).to.equal(null);
    await player.startSession(id);
    const store = viewer.session(id);
    await new Promise<void>((resolve) => {
      const off = store.subscribe(() => {
        if (store.getSnapshot()?.version !== 2) return;
        off();
        resolve();
      });
    });
    expect((await viewer.switchCycle(id, 'white')).active_participant_id, 'commands go over REST').to.equal('black');
    await fails(viewer, 'nowhere', 'SESSION_NOT_FOUND');
    proxy.letSockets();
    await happens(() => viewer.connection.getSnapshot() === 'connected', viewer.connection.subscribe, 'a socket');
    proxy.asked.length = 0;
    await player.pauseSession(id);
    await seen(viewer, id, 4);
    expect(
      proxy.asked.filter((line) => line.includes(id)),
      'nothing is read any more',
    ).to.deep.equal([]);
    viewer.disconnect();
    proxy.close();
  });
});
