import { expect } from 'chai';
import { JWT, sign } from '../access/kit.ts';
import { chess } from '../kit/games.ts';
import { type HttpOnly, openHttpOnly } from '../kit/http-only.ts';
import { rest } from '../kit/rest.ts';
import { happens, seen, Stage } from './kit.ts';

describe('SDK: no WebSocket on the way', function () {
  let stage: Stage;
  let proxy: HttpOnly | undefined;
  beforeEach(() => (stage = new Stage()));
  afterEach(async () => {
    proxy?.close();
    proxy = undefined;
    await stage.close();
  });

  it('J-110 while a handshake is not answered, sessions and the time are read over REST', async () => {
    const { url } = await stage.instance();
    const { session_id: id } = await stage.client(url).createSession(chess());
    proxy = await openHttpOnly(url, { answers: false });
    const viewer = stage.client(proxy.url);
    await seen(viewer, id, 1);
    await happens(() => viewer.connection.getSnapshot() === 'fallback', viewer.connection.subscribe, 'fallback');
    await happens(
      () => viewer.getClockStatus().state === 'synced',
      (again) => viewer.on('timeSynced', again),
      'the time',
    );
  });

  it('J-111 reading over REST leaves half of the requests of the address to commands', async () => {
    const { url } = await stage.instance({ RATE_LIMIT_GENERAL: '60' });
    const { session_id: id } = await stage.client(url).createSession(chess());
    proxy = await openHttpOnly(url);
    const path = proxy.url;
    const viewers = Array.from({ length: 12 }, () => stage.client(path));
    await Promise.all(viewers.map((viewer) => seen(viewer, id, 1)));
    await Promise.all(
      viewers.map((viewer) =>
        happens(
          () => viewer.getClockStatus().state === 'synced',
          (again) => viewer.on('timeSynced', again),
          'the time',
        ),
      ),
    );
    expect((await viewers[0]?.startSession(id))?.status).to.equal('running');
    expect(proxy.asked.filter((line) => line.endsWith(' 429'))).to.deep.equal([]);
    const left = Number((await rest({ url }, 'GET', '/time')).headers.get('RateLimit-Remaining'));
    expect(left, `after ${proxy.asked.length} requests`).to.be.above(0);
  });

  it('J-113 a client that sees nothing because of the limit of its address is told so', async () => {
    const { url } = await stage.instance({ RATE_LIMIT_GENERAL: '1' });
    const { session_id: id } = await stage.client(url).createSession(chess());
    await rest({ url }, 'GET', '/time');
    proxy = await openHttpOnly(url);
    const viewer = stage.client(proxy.url);
    const store = viewer.session(id);
    await happens(() => store.getError()?.code === 'RATE_LIMIT_EXCEEDED', store.subscribe, 'the reason');
    expect(viewer.connection.getSnapshot(), 'the server answers').to.equal('fallback');
  });

  it('J-112 a viewer’s link reads over REST what it may see over a socket, and no more', async () => {
    const { url } = await stage.instance(JWT);
    proxy = await openHttpOnly(url);
    const owner = stage.client(url, { token: await sign({ sub: 'anna' }) });
    const [{ session_id: id }, { session_id: other }] = [await owner.createSession(chess()), await owner.createSession(chess())];
    const link = await owner.shareSession(id, { role: 'viewer' });
    const viewer = stage.client(proxy.url, { token: link.token });
    await seen(viewer, id, 1);
    expect(await viewer.getHistory(id).catch((error: { code: string }) => error.code), 'no trail is kept').to.equal('SERVICE_UNAVAILABLE');
    for (const ask of [() => viewer.startSession(id), () => viewer.getSession(other)]) {
      expect(await ask().catch((error: { code: string }) => error.code)).to.equal('FORBIDDEN');
    }
    await owner.revokeShare(id, link.link_id);
    const store = viewer.session(id);
    await new Promise<void>((resolve) => {
      const off = store.subscribe(() => {
        if (store.getError()?.code !== 'UNAUTHORIZED') return;
        off();
        resolve();
      });
    });
    expect(store.getError()?.message).to.contain('revoked');
  });
});
