import { expect } from 'chai';
import type { ShareData } from '#contract';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { as, JWT, sign } from './kit.ts';

describe('the sender of a message', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('C-70 a message names its sender as the history does, on every instance and over either transport', async () => {
    cluster = await openCluster(JWT);
    const [app, other] = [await cluster.instance(), await cluster.instance()];
    const owner = await sign({ sub: 'anna' });
    const { session_id } = chess();
    expect((await as(owner, app, 'POST', '/v1/sessions', chess({ session_id }))).status).to.equal(201);
    const payload = { role: 'participant', participant_id: 'black' };
    const share = (await as(owner, app, 'POST', `/v1/sessions/${session_id}/share`, payload)).json() as unknown as { data: ShareData };
    const white = await sign({ sub: 'ben', participant_id: 'white', sessions: { [session_id]: 'participant' } });
    const listener = await cluster.client(other, { auth: { token: share.data.token } });
    await listener.ok('session:join', { session_id });

    const player = await cluster.client(app, { auth: { token: white } });
    await player.ok('session:message', { session_id, message: { text: 'hello', actor: { role: 'owner' } } });
    const { arrived_at_ms, server_time_ms, ...told } = await listener.next('session:message');
    expect(arrived_at_ms).to.be.at.most(server_time_ms);
    expect(server_time_ms).to.be.a('number');
    expect(told).to.deep.equal({
      session_id,
      message: { text: 'hello', actor: { role: 'owner' } },
      actor: { role: 'participant', sub: 'ben', participant_id: 'white' },
    });
    await listener.ok('session:message', { session_id, message: 'by a link' });
    expect((await listener.next('session:message')).actor).to.deep.equal({
      role: 'participant',
      participant_id: 'black',
      link_id: share.data.link_id,
    });
    expect((await as(owner, app, 'POST', `/v1/sessions/${session_id}/message`, { message: 'by REST' })).status).to.equal(200);
    expect((await listener.next('session:message')).actor).to.deep.equal({ role: 'owner', sub: 'anna' });
  });

  it('C-71 where nobody is asked who they are, a message is told without `actor`', async () => {
    cluster = await openCluster();
    const app = await cluster.instance();
    const [player, listener] = [await cluster.client(app), await cluster.client(app)];
    const { session_id } = await player.ok('session:create', chess());
    await listener.ok('session:join', { session_id });
    const frame = new Promise<string>((resolve) => {
      listener.socket.io.engine.on('packet', ({ data }: { data?: string }) => {
        if (data?.startsWith('2["session:message"') === true) resolve(data);
      });
    });
    expect((await rest(app, 'POST', `/v1/sessions/${session_id}/message`, { message: 1 })).status).to.equal(200);
    expect(await frame).to.match(
      new RegExp(`^2\\["session:message",\\{"session_id":"${session_id}","message":1,"arrived_at_ms":\\d+,"server_time_ms":\\d+\\}\\]$`),
    );
  });
});
