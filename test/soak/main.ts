/**
 * Keeps many sessions busy for a while and fails if anything grows that has no reason to: `npm run test:soak --
 * --minutes 10 --sessions 2000`. What is compared, and what is allowed: scales.ts.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { closeDatabase, openDatabase } from '../../server/audit/database.ts';
import { verify } from '../../server/audit/verify.ts';
import { SESSIONS_MAX } from '../../server/engine/session-cache.ts';
import { Site } from '../audit/chaos.ts';
import { silent } from '../audit/kit.ts';
import { redisUrl, stopServices } from '../kit/services.ts';
import { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { Weights } from '../kit/weights.ts';
import { metric } from '../clients/metric.ts';
import { createMany, playSessions, type Soak } from './sessions.ts';
import { Scales } from './scales.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    sessions: { type: 'string', default: '2000' },
    'pace-ms': { type: 'string', default: '6000' },
  },
});
const sessions = Number(options.sessions);
const paceMs = Number(options['pace-ms']);
const totalMs = Number(options.minutes) * 60_000;
if (!(sessions > 0 && paceMs > 0 && totalMs > 0)) throw new Error('--minutes, --sessions and --pace-ms must be numbers above 0');

const SOCKETS = 40;
const RHYTHM_MS = 3_000;
const BROKEN_EACH_TURN = 4;
const SAMPLE = 100;
const TRAIL_WITHIN_MS = 60_000;
/** Nothing of these is anybody's fault but the server's. */
const NEVER = ['INTERNAL_ERROR', 'STATE_DESERIALIZATION_ERROR', 'UNKNOWN_COMMAND', 'VALIDATION_ERROR'];

const weights = await Weights.open();
/** Sessions that are over stay in Redis for ten seconds, so that coming and going evens out soon. */
const site = await Site.open({ SESSION_TTL_SECONDS: '10', ...weights.settings });
const faults: string[] = [];
const soak: Soak = { clients: [], paceMs, stopped: false, outcomes: new Map(), ended: new Map() };
const redis = new Redis(await redisUrl());
const scales = new Scales(redis, site.prefix, weights);

try {
  // An instance remembers that many sessions, and then no more: it must be full before anything can be said of its
  // growth.
  console.log(`creating ${SESSIONS_MAX} sessions at each instance`);
  await Promise.all(site.urls.map((url) => createMany(url, SESSIONS_MAX)));
  for (let n = 0; n < SOCKETS; n++) {
    const client = await TestClient.connect(site.urls[n % 2] ?? '', { reconnection: true });
    // It would keep every event until asked for it.
    client.socket.offAny();
    soak.clients.push(client);
  }
  const places = Array.from({ length: sessions }, (_, place) => playSessions(soak, place));
  for (const place of places) place.catch((error: unknown) => faults.push(String(error)));

  const begun = performance.now();
  const warmMs = Math.min(totalMs * 0.4, Math.max(60_000, 10 * paceMs));
  let isWarm = false;
  for (let turn = 0; performance.now() - begun < totalMs; turn++) {
    await wait(RHYTHM_MS);
    // Some connections after the others break; the stock client comes back.
    for (let n = 0; n < BROKEN_EACH_TURN; n++) soak.clients[(turn * BROKEN_EACH_TURN + n) % SOCKETS]?.socket.io.engine.close();
    const held = await scales.weigh();
    if (!isWarm && performance.now() - begun > warmMs) {
      isWarm = true;
      scales.begin();
    }
    const answers = [...soak.outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
    const seconds = Math.round((performance.now() - begun) / 1000);
    if (turn % 5 === 0) console.log(`${seconds} s${isWarm ? '' : ' (warming up)'}: ${answers}; Redis ${JSON.stringify(held)}`);
  }
  const verdicts = scales.verdicts();
  soak.stopped = true;
  await Promise.all(places);

  for (const { name, early, late, allowed, grows } of verdicts) {
    console.log(`${grows ? 'GROWS' : 'steady'}  ${name}: ${early} → ${late} (up to ${Math.round(allowed)})`);
    if (grows) faults.push(`${name} grew from ${early} to ${late}`);
  }
  for (const code of NEVER) if (soak.outcomes.has(code)) faults.push(`${soak.outcomes.get(code)} answers were ${code}`);
  await checkTrail();
} finally {
  for (const client of soak.clients) client.close();
  redis.disconnect();
  await site.close();
  await stopServices();
}
console.log(faults.length === 0 ? 'nothing grew, nothing was lost' : `FAILED\n${faults.join('\n')}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Of those that a command ended, as many rows as versions, unbroken; nothing left on the way, no job failed. */
async function checkTrail(): Promise<void> {
  const database = openDatabase(site.databaseUrl, silent, { connections: 2, statementMs: 10_000 });
  try {
    const step = Math.max(1, Math.floor(soak.ended.size / SAMPLE));
    const sample = [...soak.ended].filter((_, index) => index % step === 0);
    const jobs = async (...statuses: string[]) => {
      const counts = statuses.map((status) => metric({ url: site.urls[0] ?? '' }, `synckairos_db_write_queue_size{status="${status}"}`));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count);
    };
    const isIdle = async () => (await scales.weighRedis()).outbox + (await jobs('waiting', 'active', 'delayed')) === 0;
    await until('nothing is on its way to the trail', isIdle, TRAIL_WITHIN_MS).catch((error: Error) => faults.push(error.message));
    const failed = await jobs('failed');
    if (failed > 0) faults.push(`${failed} jobs failed`);
    for (const [id, version] of sample) {
      const verified = await verify(database, id);
      const isWhole = verified !== 'unknown' && verified.rows === version && verified.findings.length === 0;
      if (!isWhole) faults.push(`${id}: ${version} versions, the trail has ${JSON.stringify(verified)}`);
    }
    console.log(`${sample.length} of ${soak.ended.size} ended sessions compared with the trail, row by row`);
  } finally {
    await closeDatabase(database, silent);
  }
}
