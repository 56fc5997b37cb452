import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';

const GAMES = 10;
const ROUNDS = 5;
const ROUND_MS = 6_000;
/** Below the limits: eight a second of each session. */
const PAUSE_MS = 125;

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

  it('Q-30 its flood raises the p99 of switches in other sessions no more than twofold', async () => {
    const players = await Promise.all(Array.from({ length: GAMES }, () => cluster.client(app)));
    const games = await Promise.all(players.map(startGame));
    const measure = async () => {
      const took = await Promise.all(players.map((player, index) => play(player, games[index] ?? '')));
      return took.flat();
    };
    await measure();
    const alone: number[] = [];
    const beside: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(p99(await measure()));
      const flood = spawn(process.execPath, ['--import', 'tsx', path.resolve(import.meta.dirname, '../limits/flood-program.ts'), app.url], {
        stdio: 'inherit',
      });
      await wait(1_500);
      beside.push(p99(await measure()));
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

async function startGame(player: TestClient): Promise<string> {
  const { session_id } = await player.ok('session:create', chess());
  await player.ok('session:start', { session_id });
  return session_id;
}

/** Switches for a while. Returns how long each took, ms. */
async function play(player: TestClient, session_id: string): Promise<number[]> {
  const took: number[] = [];
  const end = performance.now() + ROUND_MS;
  while (performance.now() < end) {
    const began = performance.now();
    await player.ok('session:switch', { session_id });
    took.push(performance.now() - began);
    await wait(PAUSE_MS);
  }
  return took;
}

const p99 = (list: number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length * 0.99)] ?? 0;
const median = (list: number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
