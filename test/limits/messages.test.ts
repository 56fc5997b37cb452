import { expect } from 'chai';
import { metric } from '../clients/metric.ts';
import { as, JWT, sign } from '../access/kit.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { openTcpProxy } from '../kit/tcp-proxy.ts';
import { every } from './every.ts';

/** 1 Mbit/s. */
const SLOW_LINE = 125_000;
const FOUR_KIB = 'x'.repeat(4_000);

describe('messages to a room', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  const open = async (settings: Record<string, string> = {}) => {
    cluster = await openCluster({ ...JWT, ...settings });
    const app = await cluster.instance({ RATE_LIMIT_SOCKET: '' });
    const owner = await sign({ sub: 'owner' });
    const { session_id } = chess();
    expect((await as(owner, app, 'POST', '/v1/sessions', chess({ session_id }))).status).to.equal(201);
    expect((await as(owner, app, 'POST', `/v1/sessions/${session_id}/start`)).status).to.equal(200);
    const tokenOf = (participant_id: string) => sign({ sub: participant_id, participant_id, sessions: { [session_id]: 'participant' } });
    const connect = async (participant: string, url = app.url) => cluster.client({ url }, { auth: { token: await tokenOf(participant) } });
    return { app, owner, session_id, tokenOf, connect };
  };

  it('Q-58 twenty sockets of one participant don’t cut off an opponent on a slow line', async () => {
    const { app, session_id, connect } = await open();
    const line = await openTcpProxy(Number(new URL(app.url).port));
    try {
      line.bytesPerSecond = SLOW_LINE;
      const opponent = await connect('white', `http://127.0.0.1:${line.port}`);
      await opponent.ok('session:join', { session_id });
      const flooding = await Promise.all(Array.from({ length: 20 }, () => connect('black')));
      const codes = new Map<string, number>();
      const flood = (socket: TestClient) =>
        every(21, 250, async () => {
          const reply = await socket.command('session:message', { session_id, message: FOUR_KIB });
          const code = reply.ok ? 'ok' : reply.error.code;
          codes.set(code, (codes.get(code) ?? 0) + 1);
        });
      await Promise.all(flooding.map(flood));
      await opponent.ok('session:switch', { session_id });
      expect(opponent.socket.connected).to.equal(true);
      expect(await metric(app, 'synckairos_slow_readers_disconnected_total')).to.equal(0);
      expect([...codes.keys()].toSorted()).to.deep.equal(['RATE_LIMIT_EXCEEDED', 'ok']);
      expect((await rest(app, 'GET', '/metrics')).text).to.match(/synckairos_rate_limited_total\{limit="messages"\} [1-9]/);
    } finally {
      await line.close();
    }
  });

  it('Q-58 a sender of too many messages takes nothing from others, and only their messages are refused', async () => {
    const { app, owner, session_id, connect, tokenOf } = await open();
    const [white, black] = [await connect('white'), await connect('black')];
    const began = performance.now();
    const replies = await Promise.all(
      Array.from({ length: 40 }, () => black.command('session:message', { session_id, message: FOUR_KIB })),
    );
    const refused = replies.flatMap((reply) => (reply.ok ? [] : [reply.error]));
    // A burst of ten to twenty, and as many again for each second that it takes to send them.
    const seconds = Math.floor((performance.now() - began) / 1_000);
    expect(refused).to.have.length.within(Math.max(1, 20 - 20 * seconds), 30);
    for (const error of refused) {
      expect(error).to.include({ code: 'RATE_LIMIT_EXCEEDED', retryable: true });
      expect((error.details as { retry_after_ms: number }).retry_after_ms).to.be.within(1, 1_000);
    }
    const again = await connect('black');
    await again.refused('RATE_LIMIT_EXCEEDED', 'session:message', { session_id, message: 'by another socket' });
    const byRest = await as(await tokenOf('black'), app, 'POST', `/v1/sessions/${session_id}/message`, { message: 'by REST' });
    expect([byRest.status, Number(byRest.headers.get('retry-after'))]).to.deep.equal([429, 1]);
    await white.ok('session:message', { session_id, message: 'mine' });
    await again.ok('session:join', { session_id });
    await white.ok('session:switch', { session_id });
    await black.ok('session:switch', { session_id });
    for (const command of ['pause', 'resume', 'complete']) {
      expect((await as(owner, app, 'POST', `/v1/sessions/${session_id}/${command}`)).status, command).to.equal(200);
    }
  });

  it('Q-58 a refused message is not counted', async () => {
    const { app, session_id, connect } = await open();
    const white = await connect('white');
    const stranger = await cluster.client(app, { auth: { token: await sign({ sub: 'stranger' }) } });
    for (let i = 0; i < 40; i++) await stranger.refused('FORBIDDEN', 'session:message', { session_id, message: FOUR_KIB });
    for (let i = 0; i < 10; i++) await white.ok('session:message', { session_id, message: FOUR_KIB });
  });
});
