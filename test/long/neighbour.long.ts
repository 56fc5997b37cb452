import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { median } from '../../bench/kit/statistics.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';
import { NeighbourGames } from './neighbour-games.ts';

const ROUNDS = 5;

describe('a client at full speed and its neighbours', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let app: InstanceProcess;
  before(async function () {
    this.timeout(60_000);
    cluster = await openCluster();
    // With the limits as they are by default.
    app = await cluster.process({ RATE_LIMIT_GENERAL: '', RATE_LIMIT_SWITCH: '', RATE_LIMIT_SOCKET: '' });
  });
  after(() => cluster.close());

  it('Q-30 a client at full speed raises the p99 of switches in other sessions no more than twofold', async () => {
    const games = await NeighbourGames.start(cluster, app);
    await games.p99();
    const alone: number[] = [];
    const beside: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await games.p99());
      const flood = spawn(process.execPath, ['--import', 'tsx', path.resolve(import.meta.dirname, '../limits/flood-program.ts'), app.url], {
        stdio: 'inherit',
      });
      await wait(1_500);
      beside.push(await games.p99());
      flood.kill('SIGKILL');
      await once(flood, 'exit');
    }
    const show = (list: number[]) => list.map((ms) => ms.toFixed(1)).join(' ');
    console.log(
      `      p99 of switches, ms: alone ${show(alone)}; beside the flood ${show(beside)}; load ${loadavg()
        .map((each) => each.toFixed(1))
        .join(' ')}`,
    );
    expect(median(beside) / median(alone), 'ratio of the medians').to.be.at.most(2);
  });
});
