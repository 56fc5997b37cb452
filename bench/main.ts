/**
 * `npm run bench`: measures the service against the thinnest program that could do the same work. docs/PERFORMANCE.md
 * says how to read it.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildOther, buildPrograms, type OtherService } from './kit/build.ts';
import { machineFacts } from './kit/machine.ts';
import { within } from './kit/player.ts';
import { RESULTS, tableOf, writeJson } from './kit/report.ts';
import type { Row, RowResult } from './kit/row.ts';
import { Stage } from './kit/stage.ts';
import { auditDrainRow } from './rows/audit-drain.ts';
import { clockRow } from './rows/clock.ts';
import { deliveryRow } from './rows/delivery.ts';
import { expiryRow } from './rows/expiry.ts';
import { growthRow } from './rows/growth.ts';
import { memoryRow } from './rows/memory.ts';
import { outboxRow } from './rows/outbox.ts';
import { participantsRow } from './rows/participants.ts';
import { timeControlRow } from './rows/time-control.ts';
import { restRow } from './rows/rest.ts';
import { roomRows } from './rows/room.ts';
import { saturatedRow } from './rows/saturated.ts';
import { scalingRow } from './rows/scaling.ts';
import { startupRow } from './rows/startup.ts';
import { stormRow } from './rows/storm.ts';
import { switchRows } from './rows/switch.ts';

const ROWS: Row[] = [
  ...switchRows,
  outboxRow,
  participantsRow,
  timeControlRow,
  saturatedRow,
  deliveryRow,
  ...roomRows,
  expiryRow,
  memoryRow,
  growthRow,
  stormRow,
  auditDrainRow,
  startupRow,
  clockRow,
  restRow,
  scalingRow,
];
/** Rows that another commit's service can play as well. */
const AGAINST = ['switch', 'switch-keyed', 'participants', 'saturated'];
const USAGE = `npm run bench -- [--smoke] [--only <row>]… [--against <commit>] [--profile]

  --smoke    everything once and briefly: under a minute
  --only     one row, may be repeated: ${ROWS.map((row) => row.name).join(', ')}
  --against  another commit takes the control's place, built beside this tree: a ratio below 1 is faster than it was. Rows: ${AGAINST.join(', ')}
  --profile  also writes CPU profiles of the service to bench/results/ (open them in Chromium's developer tools); they slow it down`;
/** Longest that a row may take, so that every run ends. */
const LIMIT_MS = { smoke: 60_000, full: 6 * 60_000 };

let stage: Stage | undefined;
let other: OtherService | undefined;
let ending = false;

/** Ends every process that was started, then this one. */
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await stage?.close();
  await other?.remove();
  process.exit(code);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      smoke: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      profile: { type: 'boolean', default: false },
      against: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const { smoke, profile, against } = values;
  const rows = against === undefined ? ROWS : ROWS.filter(({ name }) => AGAINST.includes(name));
  const only = values.only ?? rows.filter((row) => row.onlyAsked !== true && !(smoke && row.fullOnly === true)).map((row) => row.name);
  const unknown = only.find((name) => !rows.some((row) => row.name === name));
  if (values.help === true || unknown !== undefined) {
    console.error(unknown === undefined ? USAGE : `no row ${unknown}${against === undefined ? '' : ' with --against'}\n\n${USAGE}`);
    return end(unknown === undefined ? 0 : 2);
  }
  const began = performance.now();
  const progress = (line: string) => console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const machine = await machineFacts();
  progress('compiling');
  if (against !== undefined) other = await buildOther(against, progress);
  const programs = { ...(await buildPrograms(progress)), against: other };
  const results: RowResult[] = [];
  const failed: string[] = [];
  for (const row of rows.filter(({ name }) => only.includes(name))) {
    const from = performance.now();
    stage = await Stage.open(programs);
    const file = profile ? path.join(RESULTS, `${stamp}-${row.name}.cpuprofile`) : undefined;
    const options = { smoke, profile: file, progress: (line: string) => progress(`${row.name}: ${line}`) };
    try {
      const measures = await within(smoke ? LIMIT_MS.smoke : LIMIT_MS.full, `the row ${row.name}`, row.run(stage, options));
      results.push({ name: row.name, title: row.title, seconds: (performance.now() - from) / 1000, measures });
    } catch (error) {
      // A row that fails does not end the others.
      if (!ending) console.error(error);
      failed.push(row.name);
    }
    await stage.close();
  }
  const json = await writeJson(stamp, machine, smoke, results);
  console.log(
    `\n${tableOf(results)}\n\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, Redis ${machine.redis}; load ${machine.load_before.toFixed(1)} as it began`,
  );
  console.log(
    `Ratios are service over ${other === undefined ? 'control' : other.commit}, the middle one of the rounds; the middle half of them lies between the two beside it. All figures: ${path.relative('.', json)}`,
  );
  if (failed.length > 0) console.error(`These rows could not be measured: ${failed.join(', ')}`);
  await end(failed.length > 0 ? 1 : 0);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(130));
main().catch((error: unknown) => {
  if (!ending) console.error(error);
  void end(1);
});
