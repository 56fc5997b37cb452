/** `npm run bench`: measures the service against the thinnest program that could do the same work. docs/PERFORMANCE.md says how to read it. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildPrograms } from './kit/build.ts';
import { machineFacts } from './kit/machine.ts';
import { RESULTS, tableOf, writeJson } from './kit/report.ts';
import type { Row, RowResult } from './kit/row.ts';
import { Stage } from './kit/stage.ts';
import { auditDrainRow } from './rows/audit-drain.ts';
import { deliveryRow } from './rows/delivery.ts';
import { expiryRow } from './rows/expiry.ts';
import { outboxRow } from './rows/outbox.ts';
import { participantsRow } from './rows/participants.ts';
import { roomRows } from './rows/room.ts';
import { saturatedRow } from './rows/saturated.ts';
import { switchRows } from './rows/switch.ts';

const ROWS: Row[] = [...switchRows, outboxRow, participantsRow, saturatedRow, deliveryRow, ...roomRows, auditDrainRow, expiryRow];
const USAGE = `npm run bench -- [--smoke] [--only <row>]… [--profile]

  --smoke    everything once and briefly: under a minute
  --only     one row, may be repeated: ${ROWS.map((row) => row.name).join(', ')}
  --profile  also writes CPU profiles of the service to bench/results/ (open them in Chromium's developer tools); they slow it down`;
/** Whatever happens, a run ends. */
const LIMIT_MS = { smoke: 120_000, full: 30 * 60_000 };

let stage: Stage | undefined;
let ending = false;

/** Ends every process that was started, then this one. */
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await stage?.close();
  process.exit(code);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      smoke: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  const { smoke, profile } = values;
  const only = values.only ?? ROWS.filter((row) => !(smoke && row.fullOnly === true)).map((row) => row.name);
  const unknown = only.find((name) => !ROWS.some((row) => row.name === name));
  if (values.help === true || unknown !== undefined) {
    console.error(unknown === undefined ? USAGE : `no row ${unknown}\n\n${USAGE}`);
    return end(unknown === undefined ? 0 : 2);
  }
  const limit = setTimeout(
    () => {
      console.error('bench: out of time');
      void end(1);
    },
    smoke ? LIMIT_MS.smoke : LIMIT_MS.full,
  );
  limit.unref();

  const began = performance.now();
  const progress = (line: string) => console.error(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const machine = await machineFacts();
  progress('compiling');
  const programs = await buildPrograms(progress);
  const results: RowResult[] = [];
  for (const row of ROWS.filter(({ name }) => only.includes(name))) {
    const from = performance.now();
    stage = await Stage.open(programs);
    const file = profile ? path.join(RESULTS, `${stamp}-${row.name}.cpuprofile`) : undefined;
    const measures = await row.run(stage, { smoke, profile: file, progress: (line) => progress(`${row.name}: ${line}`) });
    await stage.close();
    results.push({ name: row.name, title: row.title, seconds: (performance.now() - from) / 1000, measures });
  }
  const json = await writeJson(stamp, machine, smoke, results);
  console.log(
    `\n${tableOf(results)}\n\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, Redis ${machine.redis}; load ${machine.load_before.toFixed(1)} as it began`,
  );
  console.log(
    `Ratios are service over control, the middle one of the rounds; the middle half of them lies between the two beside it. All figures: ${path.relative('.', json)}`,
  );
  await end(0);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(130));
main().catch((error: unknown) => {
  if (!ending) console.error(error);
  void end(1);
});
