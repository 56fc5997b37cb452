/** Loaded into every measured process, the service's and the control's alike (`node --import`), so that both are asked in the same way. */
import { writeFile } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector/promises';
import { answer } from './answers.ts';

/** What a process has used so far. */
export interface Usage {
  /** User and system time, microseconds. */
  cpuUs: number;
  rssBytes: number;
}

process.on('disconnect', () => process.exit(1));

answer('usage', (): Usage => {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, rssBytes: process.memoryUsage.rss() };
});

let session: Session | undefined;

answer('start-profile', async () => {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
});

answer('stop-profile', async (file: string) => {
  const stopped: Profiler.StopReturnType | undefined = await session?.post('Profiler.stop');
  session?.disconnect();
  await writeFile(file, JSON.stringify(stopped?.profile));
});
