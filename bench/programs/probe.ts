/**
 * Loaded into every measured process, the service's and the control's alike (`node --import`), so that both are
 * measured in the same way.
 */
import { writeFile } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answer } from './answers.ts';

/** What a process has used so far. */
export interface Usage {
  /** User and system time, microseconds. */
  cpuUs: number;
  rssBytes: number;
}

/** What the process holds while it is idle. */
export interface SettledUsage extends Usage {
  /** JavaScript's heap with its external memory, after collections of garbage, bytes. */
  heapBytes: number;
  /** Armed timers and other handles that the event loop waits for. */
  resources: number;
}

process.on('disconnect', () => process.exit(1));

answer('usage', (): Usage => {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, rssBytes: process.memoryUsage.rss() };
});

answer('settled-usage', (): SettledUsage => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let times = 0; times < 3; times++) collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed + external, resources: process.getActiveResourcesInfo().length };
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
