import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { CONTRACT_HEADER, CONTRACT_VERSION, type SessionState } from '#contract';
import type { App } from '../../server/app.ts';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { factsIn } from '../kit/stored.ts';
import { until } from '../kit/until.ts';
import { BRIDGE, NEWER } from './newer.ts';

/** Longer than the sweep takes to look a few times. */
const SWEEPS_MS = 700;

describe('an older and a newer version side by side on one Redis', () => {
  let cluster: Cluster;
  let older: App;
  let newer: App;
  beforeEach(async () => {
    cluster = await openCluster();
    older = await cluster.instance();
    newer = await cluster.instance({}, NEWER);
  });
  afterEach(() => cluster.close());

  const call = async (instance: App, method: string, path: string, body?: unknown) =>
    (await rest(instance, method, `/v1/sessions${path}`, body)).reply<SessionState>();
  const state = async (...args: Parameters<typeof call>): Promise<SessionState> => {
    const reply = await call(...args);
    if (!reply.ok) throw new Error(`${args[1]} ${args[2]}: ${reply.error.code}`);
    return reply.data;
  };
  const code = async (...args: Parameters<typeof call>) => {
    const reply = await call(...args);
    return reply.ok ? 'ok' : `${reply.error.code}${reply.error.retryable ? ' retryable' : ''}`;
  };
  const keysOf = (id: string) => createKeys(cluster.settings.KEY_PREFIX).session(id);
  const stored = async (id: string) => {
    const { session, dueSet } = keysOf(id);
    return { text: await cluster.redis().get(session), due: await cluster.redis().zscore(dueSet, id) };
  };

  it('U-1 a stored state begins with the number of its form, which no client sees', async () => {
    const made = await state(older, 'POST', '', chess());
    expect((await stored(made.session_id)).text).to.match(/\n\{"schema":1,"session_id":/);
    const later = await state(newer, 'POST', '', chess());
    expect((await stored(later.session_id)).text).to.match(/\n\{"schema":2,"session_id":/);
    for (const shown of [made, later, await state(newer, 'GET', `/${later.session_id}`)]) expect(shown).not.to.have.property('schema');
  });

  it('U-2 the newer version reads what the older one wrote, made into its own form, and plays on', async () => {
    const { session_id } = await state(older, 'POST', '', chess());
    await state(older, 'POST', `/${session_id}/start`);
    expect((await state(newer, 'GET', `/${session_id}`)).metadata).to.include({ upgraded_from: 1 });
    const switched = await call(newer, 'POST', `/${session_id}/switch`);
    expect(switched.ok && switched.data).to.include({ version: 3, active_participant_id: 'black' });
  });

  it('U-3 the older version refuses what the newer one wrote, as something to be tried again, and changes nothing', async () => {
    const { session_id } = await state(newer, 'POST', '', chess());
    await state(newer, 'POST', `/${session_id}/start`, { command_id: 'begin' });
    const before = await stored(session_id);
    for (const [method, path, body] of [
      ['GET', ''],
      ['POST', '/switch'],
      ['POST', '/pause'],
      ['POST', '/cancel'],
      ['POST', '/message', { message: 'hello' }],
      ['POST', '/start', { command_id: 'begin' }],
      ['DELETE', ''],
    ] as const) {
      expect(await code(older, method, `/${session_id}${path}`, body), `${method} ${path}`).to.equal('SERVICE_UNAVAILABLE retryable');
    }
    expect(await code(older, 'POST', '', chess({ session_id })), 'create').to.equal('SERVICE_UNAVAILABLE retryable');
    expect(await stored(session_id)).to.deep.equal(before);
    expect(await state(newer, 'GET', `/${session_id}`)).to.include({ version: 2, status: 'running' });
  });

  it('U-3 an older version answers SERVICE_UNAVAILABLE also where the newer version was faster in a race', async () => {
    const { session_id } = await state(older, 'POST', '', chess());
    await state(older, 'POST', `/${session_id}/start`);
    const race = Array.from({ length: 40 }, (_, index) => code(index % 2 ? older : newer, 'POST', `/${session_id}/switch`));
    const answers = await Promise.all(race);
    const committed = answers.filter((answer) => answer === 'ok').length;
    expect(await state(newer, 'GET', `/${session_id}`)).to.include({ version: 2 + committed });
    for (const answer of answers) expect(answer).to.be.oneOf(['ok', 'CONFLICT', 'SERVICE_UNAVAILABLE retryable']);
  });

  it('U-4 an older version leaves a deadline of a newer one to that, however long it is overdue, and the expiry is as of the deadline', async () => {
    const participants = [{ participant_id: 'solo', total_time_ms: 1_000 }];
    const { session_id } = await state(newer, 'POST', '', chess({ participants }));
    const { deadline_at } = await state(newer, 'POST', `/${session_id}/start`);
    await newer.close();
    const before = await stored(session_id);
    // The older instance's own deadlines are met meanwhile.
    const own = await state(older, 'POST', '', chess({ participants }));
    await state(older, 'POST', `/${own.session_id}/start`);
    await until(
      'the other game has run out',
      async () => (await factsIn(cluster.redis(), keysOf(own.session_id).session)).status === 'expired',
      8_000,
    );
    await wait(SWEEPS_MS);
    expect(await stored(session_id)).to.deep.equal(before);

    const again = await cluster.instance({}, NEWER);
    const expired = await until(
      'the game has run out',
      async () => {
        const found = await state(again, 'GET', `/${session_id}`);
        return found.status === 'expired' && found;
      },
      8_000,
    );
    expect(expired).to.include({ version: 3, updated_at: deadline_at });
  });

  it('U-5 players at the older instance hear what is done at the newer one', async () => {
    const client = await cluster.client(older);
    const { session_id } = await client.ok('session:create', chess());
    await state(newer, 'POST', `/${session_id}/start`);
    expect(await client.next('session:update', ({ version }) => version === 2)).to.deep.include({ event_type: 'session_started' });
    await client.refused('SERVICE_UNAVAILABLE', 'session:switch', { session_id });
    await state(newer, 'POST', `/${session_id}/switch`);
    await client.next('session:update', ({ version }) => version === 3);
  });

  it('U-7 the number of the contract is in a header of every HTTP answer and of the handshake', async () => {
    const header = CONTRACT_HEADER.toLowerCase();
    for (const path of ['/health', '/v1/time', '/v1/sessions/nobody', '/nowhere']) {
      expect((await rest(older, 'GET', path)).headers.get(header), path).to.equal(String(CONTRACT_VERSION));
    }
    const socket = new WebSocket(`${older.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const [response] = (await once(socket, 'upgrade')) as [IncomingMessage];
    expect(response.headers[header]).to.equal(String(CONTRACT_VERSION));
    socket.terminate();
  });

  it('U-6 a release that reads the newer form and writes the older one works beside both, and nobody is refused', async () => {
    const bridge = await cluster.instance({}, BRIDGE);
    for (const other of [older, newer]) {
      const { session_id } = await state(other, 'POST', '', chess());
      expect(await code(bridge, 'POST', `/${session_id}/start`)).to.equal('ok');
      expect(await code(other, 'POST', `/${session_id}/switch`)).to.equal('ok');
      expect(await code(bridge, 'POST', `/${session_id}/switch`)).to.equal('ok');
    }
  });
});
