import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { median } from '../../bench/kit/statistics.ts';
import { SNAPSHOTS } from '#contract';
import { RecordedSession } from '../audit/recorded-session.ts';
import { silent } from '../audit/kit.ts';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { EventStore } from '../../server/audit/store.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { NeighbourGames } from './neighbour-games.ts';

const PARTICIPANTS = 1_000;
const EVENTS = 100_000;
/** Events that are written at a time. */
const BATCH = 500;
const ROUNDS = 3;
/** Longest that a switch of another session may take while the history is read, ms at the 99th percentile. */
const P99_MS = 50;

describe(`a history of ${EVENTS} events of ${PARTICIPANTS} participants with ten viewers, and the neighbours`, function () {
  this.timeout(0);
  let cluster: Cluster;
  let app: InstanceProcess;
  let session: string;
  before(async () => {
    const url = await freshDatabase();
    const database = openDatabase(url, silent, { connections: 1, statementMs: 60_000 });
    const store = new EventStore(database, silent);
    const participants = Array.from({ length: PARTICIPANTS }, (_, index) => ({ participant_id: `p${index}`, total_time_ms: 86_400_000 }));
    const recorded = new RecordedSession(chess({ participants }), undefined, { byChanges: true }).do({ type: 'start' });
    session = recorded.state.session_id;
    for (let version = recorded.queued.length; version < EVENTS; version++) {
      recorded.do({ type: 'switch' });
      if (recorded.queued.length < BATCH && version < EVENTS - 1) continue;
      expect(await store.write(recorded.queued.splice(0), new AbortController().signal)).to.deep.equal([]);
      recorded.events.splice(0, recorded.events.length - 1);
    }
    await closeDatabase(database, silent);
    cluster = await openCluster({ DATABASE_URL: url });
    app = await cluster.process({ AUDIT_WORKER: 'off', TRUST_PROXY: '1' });
  });
  after(() => cluster.close());

  it(`TR-40 switches of other sessions stay under ${P99_MS} ms at the 99th percentile while ten viewers read a long history, whatever they ask for`, async () => {
    const games = await NeighbourGames.start(cluster, app);
    await games.p99();
    const alone = await games.p99();
    const beside: Record<string, number[]> = {};
    for (const snapshots of SNAPSHOTS) {
      const viewers = path.resolve(import.meta.dirname, '../clients/history-viewers.ts');
      const reading = spawn(process.execPath, ['--import', 'tsx', viewers, app.url, session, snapshots], { stdio: 'inherit' });
      await wait(1_500);
      beside[snapshots] = [];
      for (let round = 0; round < ROUNDS; round++) beside[snapshots].push(await games.p99());
      reading.kill('SIGKILL');
      await once(reading, 'exit');
    }
    const show = (list: number[]) => list.map((ms) => ms.toFixed(1)).join(' ');
    const told = Object.entries(beside).map(([snapshots, list]) => `${snapshots} ${show(list)}`);
    const load = loadavg().map((each) => each.toFixed(1));
    console.log(`      p99 of switches, ms: alone ${alone.toFixed(1)}; beside readers: ${told.join('; ')}; load ${load.join(' ')}`);
    for (const list of Object.values(beside)) expect(median(list)).to.be.below(P99_MS);
  });
});
