import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { SessionState } from '#contract';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';
import { freshDirectory } from '../kit/services.ts';
import { until } from '../kit/until.ts';

/** Longer than a gap between marks that counts as an outage. */
const BLOCK_MS = 5_000;
const BLOCKABLE = pathToFileURL(path.resolve(import.meta.dirname, '../kit/blockable.mjs')).href;

describe('an instance whose event loop is blocked', () => {
  let cluster: Cluster;
  let blockFile: string;
  beforeEach(async () => {
    blockFile = await freshDirectory('blocked');
    cluster = await openCluster({ NODE_OPTIONS: `--import=${BLOCKABLE}`, BLOCK_MS: String(BLOCK_MS), BLOCK_FILE: blockFile });
  });
  afterEach(() => cluster.close());

  const call = async (at: { url: string }, way: string, method = 'GET', body?: unknown): Promise<SessionState> => {
    const reply = (await rest(at, method, `/v1/sessions${way}`, body)).reply<SessionState>();
    if (!reply.ok) throw new Error(`${method} ${way}: ${JSON.stringify(reply.error)}`);
    return reply.data;
  };
  const keys = () => createKeys(cluster.settings.KEY_PREFIX);
  const outages = () => cluster.redis().lrange(keys().outages, 0, -1);
  const lastMark = async () => Number(await cluster.redis().get(keys().mark));

  const games = async (at: { url: string }) => {
    for (const outage_policy of ['credit', 'pause'] as const) {
      await call(at, '', 'POST', chess({ session_id: outage_policy, outage_policy }));
      await call(at, `/${outage_policy}/start`, 'POST');
    }
  };
  const freeze = async (instance: InstanceProcess) => {
    const mark = await lastMark();
    await until('a mark', async () => (await lastMark()) > mark);
    instance.signal('SIGSTOP');
    const stopped = performance.now();
    await until('it was stopped for long enough', async () => performance.now() - stopped > BLOCK_MS, BLOCK_MS + 2_000);
    instance.signal('SIGCONT');
  };

  it('O-10 an instance with a blocked event loop is alive: no outage is recorded, no game credited or paused, and its commands are answered afterwards', async () => {
    const instance = await cluster.process();
    await games(instance);
    const mark = await lastMark();
    await until('a mark', async () => (await lastMark()) > mark);
    instance.signal('SIGUSR2');
    await until('its loop is blocked', async () => existsSync(blockFile));
    const blocked = await lastMark();
    // It waits for the loop.
    const switched = await call(instance, '/credit/switch', 'POST');
    expect((await lastMark()) - blocked, 'ms of marks while the loop was blocked').to.be.above(BLOCK_MS - 2_000);
    expect(switched).to.include({ status: 'running', version: 3 });
    expect(await call(instance, '/pause')).to.include({ status: 'running', version: 2 });
    const after = await lastMark();
    await until('a mark by itself', async () => (await lastMark()) > after);
    expect(await outages()).to.deep.equal([]);
  });

  it('O-11 a stopped instance serves nobody: one outage is recorded, and each game’s policy is applied', async () => {
    const instance = await cluster.process();
    await games(instance);
    await freeze(instance);
    expect(await call(instance, '/credit')).to.include({ status: 'running', version: 3 });
    expect(await call(instance, '/pause')).to.include({ status: 'paused', version: 3 });
    const after = await lastMark();
    await until('a mark by itself', async () => (await lastMark()) > after);
    expect(await outages()).to.have.length(1);
  });

  it('O-11 an instance that is stopped while another one serves causes no outage', async () => {
    const [instance, other] = [await cluster.process(), await cluster.process()];
    await games(instance);
    await freeze(instance);
    for (const at of [instance, other]) {
      expect(await call(at, '/credit')).to.include({ status: 'running', version: 2 });
      expect(await call(at, '/pause')).to.include({ status: 'running', version: 2 });
    }
    expect(await outages()).to.deep.equal([]);
  });
});
