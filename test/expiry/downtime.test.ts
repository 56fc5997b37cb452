import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { HistoryData, SessionState } from '#contract';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const STOPPED_MS = 10_000;
const CYCLES = 13;

describe('all instances stopped for ten seconds', () => {
  let stopped: Cluster;
  let control: Cluster;

  before(async () => {
    [stopped, control] = (await Promise.all(
      [0, 1].map(async () => openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() })),
    )) as [Cluster, Cluster];
  });
  after(async () => {
    await stopped.close();
    await control.close();
  });

  /** Everything that happened in the first cycles, with instants counted from the start and without names. */
  const historyOf = async (cluster: Cluster, url: string, session_id: string) => {
    const history = await until(`the trail of ${CYCLES} cycles`, async () => {
      const answer = (await rest({ url }, 'GET', `/v1/sessions/${session_id}/events`)).reply<HistoryData>();
      const ended = answer.ok && answer.data.events.length >= 2 + CYCLES;
      return ended && answer.data.events.slice(1, 2 + CYCLES);
    });
    const start = Date.parse(history[0]?.timestamp ?? '');
    const relative = (key: string, value: unknown) => {
      if (key === 'session_id' || key === 'epoch' || key === 'created_at') return undefined;
      return (key.endsWith('_at') || key === 'timestamp') && typeof value === 'string' ? Date.parse(value) - start : value;
    };
    return JSON.parse(JSON.stringify(history, relative)) as { timestamp: number; version: number; state_snapshot: SessionState }[];
  };

  it('E-33 after ten seconds without instances, a per_cycle game has the state, versions and trail that it would have had', async () => {
    const game = chess({ sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true });
    const began = async (cluster: Cluster) => {
      const instances = [await cluster.instance(), await cluster.instance()];
      const url = instances[0]?.url ?? '';
      await rest({ url }, 'POST', '/v1/sessions', game);
      await rest({ url }, 'POST', `/v1/sessions/${game.session_id}/start`);
      return { instances, url };
    };
    const [down, up] = await Promise.all([began(stopped), began(control)]);
    await Promise.all(down.instances.map((instance) => instance.close()));
    await wait(STOPPED_MS);
    const again = await stopped.instance();

    const told = await historyOf(stopped, again.url, game.session_id);
    expect(told).to.deep.equal(await historyOf(control, up.url, game.session_id));
    expect(told.map((event) => event.timestamp)).to.deep.equal(Array.from({ length: CYCLES + 1 }, (_, n) => n * 1_000));
    expect(told.map((event) => event.version)).to.deep.equal(Array.from({ length: CYCLES + 1 }, (_, n) => n + 2));
  });
});
