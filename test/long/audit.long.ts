import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Site, total } from '../audit/chaos.ts';
import { Load, percentile } from '../audit/load.ts';
import { until } from '../kit/until.ts';

const SESSIONS = 200;
/** With the pace, some 400 commands a second. */
const PACE_MS = 450;
const COMMANDS = 100;
const CONTROL_COMMANDS = 30;
const ABSENT_MS = 60_000;
const COMPLETE_WITHIN_MS = 30_000;

const ms = (value: number) => `${value.toFixed(2)} ms`;

describe('the trail at full size', function () {
  this.timeout(0);

  /** p50 of commands where no trail is kept. */
  async function control(): Promise<number> {
    const site = await Site.open({ AUDIT_WORKER: 'none' });
    try {
      const load = new Load({ urls: site.urls, sessions: SESSIONS, commands: CONTROL_COMMANDS, paceMs: PACE_MS });
      await load.finish();
      return percentile(load.took, 0.5);
    } finally {
      await site.close();
    }
  }

  it('A-70 the trail of 200 sessions and 20,000 commands is complete after worker, relaying instance and PostgreSQL were killed with -9', async () => {
    const before = await control();
    const site = await Site.open();
    try {
      const load = new Load({ urls: site.urls, sessions: SESSIONS, commands: COMMANDS, paceMs: PACE_MS });
      await load.reached(4000);
      await site.killWorker();
      await load.reached(5000);
      await site.startWorker();
      await load.reached(8000);
      await site.killInstance(0);
      await load.reached(9000);
      await site.startInstance(0);
      await load.reached(12_000);
      await site.killPostgres();
      await load.reached(14_000);
      await site.startPostgres();
      await load.finish();
      const ended = performance.now();
      expect(load.acknowledged).to.be.at.least(SESSIONS * COMMANDS);
      await until('the trail is complete', async () => (await site.rows()) >= total(load.versions), COMPLETE_WITHIN_MS);
      const complete = performance.now() - ended;
      await site.check(load.versions);
      const after = await control();
      const p50 = percentile(load.took, 0.5);
      console.log(
        `      ${load.acknowledged} commands, p50 ${ms(p50)}, p99 ${ms(percentile(load.took, 0.99))}; complete ${ms(complete)} after the last`,
      );
      console.log(
        `      control without a trail, before and after: p50 ${ms(before)}, ${ms(after)}; ratio ${(p50 / ((before + after) / 2)).toFixed(2)}`,
      );
    } finally {
      await site.close();
    }
  });

  it('A-71 while PostgreSQL is away for 60 s commands are answered and memory stays flat, and the trail is complete within 30 s of its return', async () => {
    const site = await Site.open();
    try {
      const load = new Load({ urls: site.urls, sessions: SESSIONS, commands: 0, paceMs: PACE_MS });
      await load.reached(4000);
      const present = load.took.slice(1000);
      await site.killPostgres();
      const gone = performance.now();
      const from = load.acknowledged;
      // The first seconds fill the queue and the code's hot paths; from then on memory has no reason to grow.
      await wait(ABSENT_MS / 3);
      const memory = await site.memory();
      await wait(ABSENT_MS - (performance.now() - gone));
      const laterMemory = await site.memory();
      const absent = load.took.slice(from);
      await site.startPostgres();
      const back = performance.now();
      // The load goes on: whatever was written until now must arrive in time.
      const backlog = load.acknowledged;
      await until('the backlog is in the trail', async () => (await site.rows()) >= backlog, COMPLETE_WITHIN_MS);
      const caughtUp = performance.now() - back;
      await load.finish();
      await until('the trail is complete', async () => (await site.rows()) >= total(load.versions), COMPLETE_WITHIN_MS);
      await site.check(load.versions);
      console.log(`      ${absent.length} commands while it was away; the backlog was in the trail ${ms(caughtUp)} after its return`);
      for (const [name, took] of Object.entries({ present, absent })) {
        console.log(`      ${name}: p50 ${ms(percentile(took, 0.5))}, p99 ${ms(percentile(took, 0.99))}`);
      }
      console.log(
        `      resident memory after 20 s and 60 s, MiB: ${memory.map(Math.round).join(', ')} and ${laterMemory.map(Math.round).join(', ')}`,
      );
      expect(percentile(absent, 0.5)).to.be.below(percentile(present, 0.5) * 1.5);
      for (const [index, size] of laterMemory.entries()) expect(size).to.be.below((memory[index] ?? 0) * 1.3);
    } finally {
      await site.close();
    }
  });
});
